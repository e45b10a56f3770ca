import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { arithmetic } from "./arithmetic.ts";
import { cast, common, widen } from "./cast.ts";
import type { Known } from "./expression.ts";
import { USER_FUNCTIONS } from "./user_functions.ts";
import { compareValues } from "./value.ts";

/** Makes a call of what its arguments are; `type` is the target of a cast. */
export type Apply = (args: readonly Known[], type: DataType | null) => Known;

const BOOL: DataType = { kind: "bool" }, STRING: DataType = { kind: "string" }, INT64: DataType = { kind: "int64" };

/** A function that is NULL when an argument is. */
function strict(type: DataType, compute: (...values: NonNullable<Value>[]) => Value): Apply {
  return (args) => ({
    type,
    of(row) {
      const values = args.map((arg) => arg.of(row));
      return values.some((value) => value === null) ? null : compute(...values as NonNullable<Value>[]);
    },
  });
}

/** A comparison of two values that are brought to one type first. */
function comparison(test: (order: number) => boolean): Apply {
  return ([a, b]) => {
    const type = common(a, b), x = widen(a, type), y = widen(b, type);
    return strict(BOOL, (left, right) => test(compareValues(left, right)))([x, y], null);
  };
}

const equal = comparison((order) => order === 0);

/** SQL's AND (`decides` false) and OR (true): one argument may decide, else NULL is unknown. */
function junction(decides: boolean): Apply {
  return (args) => ({
    type: BOOL,
    of(row) {
      const values = args.map((arg) => arg.of(row));
      if (values.includes(decides)) return decides;
      return values.includes(null) ? null : !decides;
    },
  });
}

/** A test that is never NULL. */
const sure = (test: (values: Value[]) => boolean): Apply => (args) => ({
  type: BOOL,
  of: (row) => test(args.map((arg) => arg.of(row))),
});

/** All of one type, the widest. */
function alike(args: readonly Known[]): { type: DataType; args: Known[] } {
  const type = args.reduce((all, arg) => all.untyped ? arg : { ...arg, type: common(all, arg) }).type;
  return { type, args: args.map((arg) => widen(arg, type)) };
}

const notDistinct: Apply = ([a, b]) => {
  const { args: [x, y] } = alike([a, b]);
  return sure(([v, w]) => v === null || w === null ? v === w : compareValues(v, w) === 0)([x, y], null);
};

/** Conditions and values by turns, then perhaps the value for all others. */
const cases: Apply = (args) => {
  const last = args.length % 2 === 1, count = Math.floor(args.length / 2);
  const conditions = Array.from({ length: count }, (_, i) => args[2 * i]);
  const results = [...Array.from({ length: count }, (_, i) => args[2 * i + 1]), ...(last ? [args.at(-1)!] : [])];
  const { type, args: values } = alike(results);
  return {
    type,
    of(row) {
      const hit = conditions.findIndex((condition) => condition.of(row) === true);
      if (hit >= 0) return values[hit].of(row);
      return last ? values[count].of(row) : null;
    },
  };
};

const coalesce: Apply = (args) => {
  const { type, args: values } = alike(args);
  return { type, of: (row) => values.map((value) => value.of(row)).find((value) => value !== null) ?? null };
};

/** The least (sign −1) or greatest (1) argument. */
const extreme = (sign: number): Apply => (args) => {
  const { type, args: values } = alike(args);
  return strict(type, (...all) => all.reduce((best, one) => compareValues(one, best) * sign > 0 ? one : best))(
    values,
    null,
  );
};

function likePattern(pattern: string): RegExp {
  const parts = [...pattern].map((char) => {
    if (char === "%") return "[^]*";
    return char === "_" ? "[^]" : char.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "u");
}

/** Each code point by itself; what has no one counterpart stays. */
const mapped = (text: Value, map: (letter: string) => string) =>
  [...String(text)].map((letter) => [...map(letter)].length === 1 ? map(letter) : letter).join("");
const lower = (text: Value) => mapped(text, (letter) => letter.toLowerCase());
const upper = (text: Value) => mapped(text, (letter) => letter.toUpperCase());

export const FUNCTIONS: Readonly<Record<string, Apply>> = {
  eq: equal,
  ne: comparison((order) => order !== 0),
  lt: comparison((order) => order < 0),
  le: comparison((order) => order <= 0),
  gt: comparison((order) => order > 0),
  ge: comparison((order) => order >= 0),
  between: ([x, low, high]) => FUNCTIONS.and([FUNCTIONS.le([low, x], null), FUNCTIONS.le([x, high], null)], null),
  in: ([x, ...values]) => FUNCTIONS.or(values.map((value) => equal([x, value], null)), null),
  is_not_distinct: notDistinct,
  is_distinct: (args) => FUNCTIONS.not([notDistinct(args, null)], null),
  and: junction(false),
  or: junction(true),
  not: strict(BOOL, (value) => !value),
  is_null: sure(([value]) => value === null),
  is_not_null: sure(([value]) => value !== null),
  is_true: sure(([value]) => value === true),
  is_false: sure(([value]) => value === false),
  is_not_true: sure(([value]) => value !== true),
  is_not_false: sure(([value]) => value !== false),
  ...arithmetic(strict),
  case: cases,
  coalesce,
  least: extreme(-1),
  greatest: extreme(1),
  cast: ([value], type) => cast(value, type!),
  to_timestamp: ([text]) => cast(text, { kind: "timestamp" }),
  length: strict(INT64, (text) => BigInt([...String(text)].length)),
  lower: strict(STRING, lower),
  upper: strict(STRING, upper),
  concat: strict(STRING, (...all) => all.join("")),
  starts_with: strict(BOOL, (text, part) => String(text).startsWith(String(part))),
  contains: strict(BOOL, (text, part) => String(text).includes(String(part))),
  like: strict(BOOL, (text, pattern) => likePattern(String(pattern)).test(String(text))),
  ...USER_FUNCTIONS,
};
