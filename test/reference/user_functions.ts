import type { FunctionReference } from "../../src/core/user_function.ts";
import type { Value } from "../../src/core/value.ts";
import type { Expression } from "../../src/expr/mod.ts";
import type { Apply } from "./functions.ts";

const USER = { twist: ["int64", "int64"], tag: ["string", "string"], odd: ["int64", "bool"] } as const;

function referenceOf(name: keyof typeof USER): FunctionReference {
  const [takes, returns] = USER[name], module = new URL("user_batch.ts", import.meta.url).href;
  return { module, export: name, takes: [takes], returns };
}

/** The functions of user_batch.ts. */
export const USER_REFERENCES: readonly FunctionReference[] = [
  referenceOf("twist"),
  referenceOf("tag"),
  referenceOf("odd"),
];

/** A call of a function of user_batch.ts. */
export function userCall(name: keyof typeof USER, arg: Expression): Expression {
  return { call: name, args: [arg], function: referenceOf(name) };
}

const int64 = (value: bigint) => BigInt.asIntN(64, value);

/** The same functions, one row at a time. */
function apply(kind: "int64" | "string" | "bool", of: (value: Value) => Value): Apply {
  return ([arg]) => ({ type: { kind }, of: (row) => of(arg.of(row)) });
}

export const USER_FUNCTIONS: Readonly<Record<keyof typeof USER, Apply>> = {
  twist: apply("int64", (value) => {
    if (typeof value !== "bigint" || value % 13n === 5n) return null;
    return int64(value * 3n - 1n);
  }),
  tag: apply("string", (value) => {
    if (value === null) return "none";
    return value === "" ? null : `${value}·${String(value).length}`;
  }),
  odd: apply("bool", (value) => typeof value === "bigint" && value % 2n !== 0n),
};
