import type { Machine, Step } from "./instructions.ts";

/** Characters one behind the other that nothing leads into: they can be compared at once. */
export interface Word {
  readonly text: Uint8Array;
  /** The step behind them. */
  readonly next: number;
}

/** Bytes from which on it pays. */
const WORD_BYTES_MIN = 3;
const WORD_BYTES_MAX = 0xffff;

/** The one character that a step takes, or null. */
function characterOf(step: Step): string | null {
  if (step.op !== "set" || step.ranges.length !== 1 || step.ranges[0][0] !== step.ranges[0][1]) return null;
  return String.fromCodePoint(step.ranges[0][0]);
}

/** The words of a machine by their first steps. `joined`: several steps lead to this one. */
export function findWords({ steps }: Machine, joined: (at: number) => boolean): Map<number, Word> {
  const inner = new Set(
    steps.flatMap((step) => step.op === "set" && characterOf(step) !== null && !joined(step.next) ? [step.next] : []),
  );
  const words = new Map<number, Word>();
  steps.forEach((first, at) => {
    if (inner.has(at) || characterOf(first) === null) return;
    let text = "", next = at;
    for (let step = first; step.op === "set" && (next === at || !joined(next)); step = steps[next]) {
      const character = characterOf(step);
      if (character === null) break;
      text += character;
      next = step.next;
    }
    const bytes = new TextEncoder().encode(text);
    if (bytes.length >= WORD_BYTES_MIN && bytes.length <= WORD_BYTES_MAX) words.set(at, { text: bytes, next });
  });
  return words;
}
