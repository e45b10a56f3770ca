import type { Ranges } from "./ranges.ts";

/** What an assertion asks of a place; the position is the kernel's code. `line` ends are line feeds; words are ASCII. */
export const ASSERTIONS = ["start", "end", "line_start", "line_end", "word", "not_word"] as const;
export type Assertion = typeof ASSERTIONS[number];

/** A regular expression, as it is written. */
export type Node =
  | { readonly kind: "set"; readonly ranges: Ranges }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "concat"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | {
    readonly kind: "repeat";
    readonly node: Node;
    readonly min: number;
    readonly max: number;
    readonly greedy: boolean;
  }
  | { readonly kind: "group"; readonly node: Node; readonly index: number };

export const EMPTY: Node = { kind: "concat", parts: [] };

/** A parsed pattern. Group 0 is all of it. */
export interface Pattern {
  readonly node: Node;
  /** Groups that are written, group 0 aside. */
  readonly groups: number;
}

/** What is wrong with a pattern, and where. */
export class PatternError extends Error {
  /** `at`: characters before the place. */
  constructor(readonly at: number, message: string, readonly hint?: string) {
    super(message);
  }
}
