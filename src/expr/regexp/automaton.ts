import { REGEXP_TABLE_ENTRIES_MAX } from "../../core/limits.ts";
import type { Alphabet } from "./alphabet.ts";
import { type Machine, reach, type Step } from "./instructions.ts";

/** States that stay what they are: nothing can match any more; something has. */
const DEAD = 0, MATCHED = 1;
/** Where a text begins. */
const FIRST = 2;

/** A deterministic automaton that says whether a text has a match anywhere. */
export interface Table {
  /** For each state the next one by class, and 1 if the end of the text makes a match. */
  readonly rows: readonly (readonly number[])[];
  /** The state within a text, where no match has begun. */
  readonly middle: number;
}

/**
 * The automaton of a machine by the subset construction. Null if it has more than REGEXP_TABLE_ENTRIES_MAX entries, or if an
 * assertion looks at the characters around a place, which states do not know.
 */
export function buildTable({ steps, start }: Machine, alphabet: Alphabet): Table | null {
  if (steps.some((step) => step.op === "assert" && step.what !== "start" && step.what !== "end")) return null;
  const accepts = steps.map((step) => new Set(step.op === "set" ? alphabet.of(step.ranges) : []));
  const matches = (reached: Set<number>) => [...reached].some((at) => steps[at].op === "match");
  // Within the text neither assertion holds; of those the end alone may still come
  const inside = (from: Iterable<number>) => reach(steps, from, () => false);
  const waits = (step: Step) => step.op === "set" || (step.op === "assert" && step.what === "end");
  const again = inside([start]), first = reach(steps, [start], (what) => what === "start");
  const states: Set<number>[] = [new Set(), new Set(), first], numbers = new Map<string, number>();
  const numberOf = (reached: Set<number>): number => {
    if (matches(reached)) return MATCHED;
    const kept = [...reached].filter((at) => waits(steps[at])).sort((a, b) => a - b);
    if (kept.length === 0) return DEAD;
    const key = kept.join(), known = numbers.get(key) ?? states.length;
    if (known === states.length) {
      numbers.set(key, known);
      states.push(new Set(kept));
    }
    return known;
  };
  const classes = Array.from({ length: alphabet.size }, (_, i) => i);
  const middle = numberOf(again), rows = [[...classes.map(() => DEAD), 0], [...classes.map(() => MATCHED), 1]];
  for (let at = FIRST; at < states.length; at++) {
    const row = classes.map((one) => {
      if (at === FIRST && matches(first)) return MATCHED;
      const moved = [...states[at]].flatMap((place) => {
        const step = steps[place];
        return step.op === "set" && accepts[place].has(one) ? [step.next] : [];
      });
      return numberOf(new Set([...inside(moved), ...again]));
    });
    const ended = reach(steps, states[at], (what) => what === "end" || (at === FIRST && what === "start"));
    rows.push([...row, matches(ended) ? 1 : 0]);
    if (rows.length * (alphabet.size + 1) > REGEXP_TABLE_ENTRIES_MAX) return null;
  }
  return { rows, middle };
}
