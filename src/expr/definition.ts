import type { CallSite } from "./call.ts";
import type { Value } from "./value.ts";

/** What functions are listed by, in this order. */
export const GROUPS = [
  "comparison",
  "logic",
  "conditional",
  "arithmetic",
  "math",
  "bits",
  "string",
  "regexp",
  "time",
  "conversion",
  "encoding",
  "hash",
  "json",
  "array",
  "map",
] as const;

export type FunctionGroup = typeof GROUPS[number];

/** A call as SQL writes it, and the SQL literal of what it gives. */
export interface Example {
  readonly call: string;
  readonly result: string;
}

/** A function of the expression language: how it is listed, checked and lowered. */
export interface FunctionDefinition {
  readonly name: string;
  /** Further names in SQL; plans know the first alone. */
  readonly aliases?: readonly string[];
  readonly group: FunctionGroup;
  /** Such as `add(a: number, b: number): number`. */
  readonly signature: string;
  readonly summary: string;
  /** A test runs it. */
  readonly example: Example;
  /** Fewest and most arguments. */
  readonly args: readonly [number, number];
  /** Whether a call may name a type, as a cast does. */
  readonly typed?: boolean;
  /** Checks the types of a call and emits its instructions; null when problems were noted. */
  apply(call: CallSite): Value | null;
}

/** An example, for definitions. */
export function example(call: string, result: string): Example {
  return { call, result };
}
