import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { widen } from "./cast.ts";
import type { Known } from "./expression.ts";
import type { Apply } from "./functions.ts";
import { decimalOf, fitted, isDecimal } from "./value.ts";

type Strict = (type: DataType, compute: (...values: NonNullable<Value>[]) => Value) => Apply;
export type Operator = "add" | "sub" | "mul" | "div" | "mod";

/** Digits of the widest decimal, and places that are kept when there are too many. */
const PRECISION_MAX = 38, SCALE_KEPT = 6;

const doubles: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  mod: (a, b) => a % b,
};

/** Of whole numbers; null for a division by zero. */
const wholes: Readonly<Record<Operator, (a: bigint, b: bigint) => bigint | null>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => b === 0n ? null : a / b,
  mod: (a, b) => b === 0n ? null : a % b,
};

/** Half away from zero. */
export function divideRounded(value: bigint, by: bigint): bigint {
  const twice = 2n * (value % by), quotient = value / by;
  if (twice >= by) return quotient + 1n;
  return twice <= -by ? quotient - 1n : quotient;
}

/** Flink's rules for the types of results. */
export function decimalType(operator: Operator, a: DataType, b: DataType): DataType {
  const [p1, s1, p2, s2] = [a.precision ?? 19, a.scale ?? 0, b.precision ?? 19, b.scale ?? 0];
  const most = Math.max(s1, s2);
  switch (operator) {
    case "mul":
      return kept(p1 + p2, s1 + s2);
    case "div": {
      const scale = Math.max(SCALE_KEPT, s1 + p2 + 1);
      return kept(p1 - s1 + s2 + scale, scale);
    }
    case "mod":
      return kept(Math.max(1, Math.min(p1 - s1, p2 - s2) + most), most);
    default:
      return kept(Math.max(p1 - s1, p2 - s2) + most + 1, most);
  }
}

/** Whole digits go before places, but for six of these. */
function kept(precision: number, scale: number): DataType {
  if (precision <= PRECISION_MAX) return decimalOf(precision, scale);
  return decimalOf(PRECISION_MAX, Math.max(PRECISION_MAX - (precision - scale), Math.min(scale, SCALE_KEPT)));
}

function decimals(strict: Strict, operator: Operator, a: Known, b: Known): Known {
  const type = decimalType(operator, a.type, b.type), scale = type.scale ?? 0;
  const s1 = a.type.scale ?? 0, s2 = b.type.scale ?? 0, most = Math.max(s1, s2);
  const ten = (power: number) => 10n ** BigInt(power);
  return strict(type, (x, y) => {
    const left = x as bigint, right = y as bigint;
    if (operator === "mul") return fitted(divideRounded(left * right, ten(s1 + s2 - scale)), type);
    if (operator === "div") {
      if (right === 0n) return null;
      // The quotient with `scale` places; a negative divisor turns both signs
      const sign = right < 0n ? -1n : 1n;
      return fitted(divideRounded(sign * left * ten(scale + s2), sign * right * ten(s1)), type);
    }
    const value = wholes[operator](left * ten(most - s1), right * ten(most - s2));
    return value === null ? null : fitted(divideRounded(value, ten(most - scale)), type);
  })([a, b], null);
}

/** Whether this is a number without a type of its own, which takes that of a decimal beside it. */
function binary(strict: Strict, operator: Operator): Apply {
  return ([a, b]) => {
    const kinds = [a.type.kind, b.type.kind];
    if (kinds.includes("double")) {
      const double: DataType = { kind: "double" };
      const args = [widen(a, double), widen(b, double)];
      return strict(double, (x, y) => doubles[operator](x as number, y as number))(args, null);
    }
    if (isDecimal(a.type) || isDecimal(b.type)) return decimals(strict, operator, a, b);
    const times = kinds.filter((kind) => kind === "timestamp").length;
    const type: DataType = { kind: times === 1 ? "timestamp" : "int64" };
    return strict(type, (x, y) => {
      const result = wholes[operator](x as bigint, y as bigint);
      return result === null ? null : fitted(result, type);
    })([a, b], null);
  };
}

/** The operators, and those of one argument. */
export function arithmetic(strict: Strict): Readonly<Record<string, Apply>> {
  const signed = (change: (value: bigint) => bigint, double: (value: number) => number): Apply => ([value]) =>
    strict(value.type, (x) => typeof x === "bigint" ? fitted(change(x), value.type) : double(x as number))(
      [value],
      null,
    );
  return {
    add: binary(strict, "add"),
    sub: binary(strict, "sub"),
    mul: binary(strict, "mul"),
    div: binary(strict, "div"),
    mod: binary(strict, "mod"),
    neg: signed((value) => -value, (value) => -value),
    abs: signed((value) => value < 0n ? -value : value, Math.abs),
  };
}
