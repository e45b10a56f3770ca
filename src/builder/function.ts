import { formatType } from "../core/schema.ts";
import type { BatchKind, FunctionReference } from "../core/user_function.ts";
import { nameProblem } from "../expr/mod.ts";
import type { ColumnSpec } from "./column.ts";
import { type Literals, type NumberKind, toExpression, Value } from "./expression.ts";

/** What a user function is, and where. */
export interface BatchFunctionSpec<T extends readonly ColumnSpec<BatchKind>[], R extends BatchKind> {
  /** The URL of its module: `import.meta.resolve("./score.ts")`. */
  readonly module: string;
  /** The name under which the module exports it; in plans it is called so too. */
  readonly name: string;
  /** Types of its arguments. Any of them may be NULL. */
  readonly takes: T;
  readonly returns: ColumnSpec<R>;
}

/** What an argument of kind `K` may be: a value of the kind, or what stands for one; a double may be any number. */
export type ArgumentOf<K extends BatchKind> =
  | Value<K extends "double" ? NumberKind : K>
  | Literals[K]
  | null;

/** A user function as expressions call it. */
export type BatchCall<T extends readonly ColumnSpec<BatchKind>[], R extends BatchKind> = (
  ...args: { readonly [I in keyof T]: T[I] extends ColumnSpec<infer K extends BatchKind> ? ArgumentOf<K> : never }
) => Value<R>;

/**
 * Declares a function of the user's own, which works on whole batches (see BatchFunction), so that pipelines can call it:
 *
 *     const score = batchFunction({ module: import.meta.resolve("./score.ts"), name: "score", takes: [int64(), double()], returns: double() });
 *     pipeline("p").from(bids).extend((r) => ({ score: score(r.price, r.weight) }))
 *
 * That the module has such a function is checked when the plan is deployed. Throws TypeError for the name of a function of the language.
 */
export function batchFunction<const T extends readonly ColumnSpec<BatchKind>[], R extends BatchKind>(
  spec: BatchFunctionSpec<T, R>,
): BatchCall<T, R> {
  const problem = nameProblem(spec.name);
  if (problem !== null) throw new TypeError(problem);
  const reference: FunctionReference = {
    module: spec.module,
    export: spec.name,
    takes: spec.takes.map(({ type }) => formatType(type)),
    returns: formatType(spec.returns.type),
  };
  return (...args) => new Value({ call: spec.name, args: args.map(toExpression), function: reference });
}
