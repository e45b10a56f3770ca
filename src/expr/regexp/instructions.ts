import { REGEXP_INSTRUCTIONS_MAX } from "../../core/limits.ts";
import { type Assertion, type Node, type Pattern, PatternError } from "./node.ts";
import type { Ranges } from "./ranges.ts";

/** One step of a machine; `next` is where it goes on, by number. */
export type Step =
  | { readonly op: "match" }
  | { readonly op: "set"; readonly ranges: Ranges; next: number }
  /** Goes on at `next`, or if that fails at `other`. */
  | { readonly op: "split"; next: number; other: number }
  /** Notes the place: where group `slot / 2` begins, or ends where it is odd. */
  | { readonly op: "save"; readonly slot: number; next: number }
  | { readonly op: "assert"; readonly what: Assertion; next: number };

/** A machine that matches a pattern: Thompson's, "Regular Expression Search Algorithm" (1968), with priorities. */
export interface Machine {
  readonly steps: readonly Step[];
  readonly start: number;
}

/** Throws PatternError for a pattern that takes more than REGEXP_INSTRUCTIONS_MAX steps. */
export function build({ node }: Pattern): Machine {
  const steps: Step[] = [];
  const add = (step: Step): number => {
    if (steps.length === REGEXP_INSTRUCTIONS_MAX) {
      throw new PatternError(
        0,
        `The pattern takes more than ${REGEXP_INSTRUCTIONS_MAX} steps`,
        "Repeat less, or less often",
      );
    }
    return steps.push(step) - 1;
  };
  /** Adds the steps of `part`, behind which the machine goes on at `next`; the first of them. */
  const before = (part: Node, next: number): number => {
    switch (part.kind) {
      case "set":
        return add({ op: "set", ranges: part.ranges, next });
      case "assert":
        return add({ op: "assert", what: part.what, next });
      case "concat":
        return part.parts.reduceRight((then, one) => before(one, then), next);
      case "choice":
        return part.options.map((option) => before(option, next))
          .reduceRight((other, first) => add({ op: "split", next: first, other }));
      case "group": {
        const inside = before(part.node, add({ op: "save", slot: 2 * part.index + 1, next }));
        return add({ op: "save", slot: 2 * part.index, next: inside });
      }
      case "repeat":
        return repeated(part, next);
    }
  };
  const optional = (inside: number, next: number, greedy: boolean): Step =>
    greedy ? { op: "split", next: inside, other: next } : { op: "split", next, other: inside };
  const repeated = ({ node: inner, min, max, greedy }: Extract<Node, { kind: "repeat" }>, next: number): number => {
    let then = next, copies = min;
    if (max === Infinity) {
      const loop = add({ op: "split", next: -1, other: -1 }), inside = before(inner, loop);
      steps[loop] = optional(inside, next, greedy);
      // With a copy that must be there the loop begins in it
      then = min > 0 ? inside : loop;
      copies = Math.max(0, min - 1);
    } else {
      for (let i = min; i < max; i++) then = add(optional(before(inner, then), next, greedy));
    }
    for (let i = 0; i < copies; i++) then = before(inner, then);
    return then;
  };
  const start = before(node, add({ op: "match" }));
  return { steps, start };
}

/** Every step that can be reached from `from` without a character; `through` says which assertions are passed. */
export function reach(
  steps: readonly Step[],
  from: Iterable<number>,
  through: (what: Assertion) => boolean,
): Set<number> {
  const found = new Set(from);
  for (const at of found) {
    const step = steps[at];
    if (step.op === "split") found.add(step.next).add(step.other);
    else if (step.op === "save" || (step.op === "assert" && through(step.what))) found.add(step.next);
  }
  return found;
}
