import type { FunctionReference } from "../../core/user_function.ts";

/** A function that a script declares. */
export interface UserFunction {
  /** As the script writes it. */
  readonly name: string;
  readonly reference: FunctionReference;
}

/** Functions of a script by their names in lower case; null for one that is declared with problems, of which calls say no more. */
export type UserFunctions = ReadonlyMap<string, UserFunction | null>;

export const NO_FUNCTIONS: UserFunctions = new Map();
