import type { CallSite } from "./call.ts";
import type { Value } from "./value.ts";

/** A function of the expression language: how it is listed, checked and lowered. */
export interface FunctionDefinition {
  readonly name: string;
  readonly group: "comparison" | "logic" | "arithmetic" | "conditional" | "string" | "time" | "conversion";
  /** Such as `add(a: number, b: number): number`. */
  readonly signature: string;
  readonly summary: string;
  /** Fewest and most arguments. */
  readonly args: readonly [number, number];
  /** Checks the types of a call and emits its instructions; null when problems were noted. */
  apply(call: CallSite): Value | null;
}
