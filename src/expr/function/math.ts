import { DOUBLE, INT64 } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { widenTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { isWide, wideSign } from "../wide.ts";
import { plain } from "./plain.ts";

/** Functions of one number: name, code of fn_math, what it is, example. */
const UNARY: readonly (readonly [string, number, string, string, string])[] = [
  ["exp", 0, "e to the power of a", "exp(1)", "2.718281828459045"],
  ["ln", 1, "The natural logarithm; of 0 -Infinity, of negative numbers NaN", "ln(10)", "2.302585092994046"],
  ["log2", 2, "The logarithm to the base 2", "log2(8)", "3.0"],
  ["log10", 3, "The logarithm to the base 10", "log10(0.001)", "-3.0"],
  ["sin", 4, "The sine of an angle in radians", "sin(1)", "0.8414709848078965"],
  ["cos", 5, "The cosine of an angle in radians", "cos(1)", "0.5403023058681398"],
  ["tan", 6, "The tangent of an angle in radians", "tan(1)", "1.5574077246549023"],
  ["cot", 7, "The cotangent of an angle in radians", "cot(1)", "0.6420926159343306"],
  ["asin", 8, "The angle whose sine is a, from -pi/2 to pi/2; NaN beyond -1 and 1", "asin(1)", "1.5707963267948966"],
  ["acos", 9, "The angle whose cosine is a, from 0 to pi; NaN beyond -1 and 1", "acos(-1)", "3.141592653589793"],
  ["atan", 10, "The angle whose tangent is a, from -pi/2 to pi/2", "atan(1)", "0.7853981633974483"],
  ["sinh", 11, "The hyperbolic sine", "sinh(1)", "1.1752011936438014"],
  ["cosh", 12, "The hyperbolic cosine", "cosh(1)", "1.5430806348152437"],
  ["tanh", 13, "The hyperbolic tangent", "tanh(1)", "0.7615941559557649"],
  ["cbrt", 14, "The cube root, of negative numbers too", "cbrt(-27)", "-3.0"],
  ["radians", 15, "Degrees in radians", "radians(180)", "3.141592653589793"],
  ["degrees", 16, "Radians in degrees", "degrees(pi())", "180.0"],
];

const unary = UNARY.map(([name, code, summary, call, result]) =>
  plain({
    name,
    group: "math",
    signature: `${name}(a: number): double`,
    summary,
    example: example(call, result),
    params: ["number"],
    kernel: "fn_math",
    code,
    result: DOUBLE,
  })
);

/** A number that is the same everywhere. */
function constant(name: string, value: number, summary: string): FunctionDefinition {
  return {
    name,
    group: "math",
    signature: `${name}(): double`,
    summary,
    example: example(`${name}()`, String(value)),
    args: [0, 0],
    apply: (call) => call.constant(DOUBLE, String(value)),
  };
}

/** Codes of fn_math and fn_math_two. */
const LN = 1, LOG = 1;

function logarithm(call: CallSite) {
  const values = call.args.map((_, i) => call.want(i, "double", "int64", "decimal"));
  if (values.includes(null)) return null;
  const numbers = values.map((value) => widenTo(call, value!, DOUBLE));
  return numbers.length === 1
    ? call.emit("fn_math", LN, DOUBLE, numbers)
    : call.emit("fn_math_two", LOG, DOUBLE, numbers);
}

function sign(call: CallSite) {
  const value = call.want(0, "int64", "double", "decimal");
  if (value?.type.kind === "double") return call.emit("fn_sign", 1, DOUBLE, [value]);
  if (value !== null && isWide(value.type)) return wideSign(call, value);
  return value && call.emit("fn_sign", 0, INT64, [value]);
}

export const MATH_FUNCTIONS: readonly FunctionDefinition[] = [
  ...unary,
  {
    name: "log",
    group: "math",
    signature: "log(base?: number, a: number): double",
    summary: "The logarithm of a to a base, or the natural one",
    example: example("log(3, 81)", "4.0"),
    args: [1, 2],
    apply: logarithm,
  },
  plain({
    name: "power",
    aliases: ["pow"],
    group: "math",
    signature: "power(a: number, b: number): double",
    summary: "a to the power of b; NaN for a fraction of a negative number",
    example: example("power(2, -2)", "0.25"),
    params: ["number", "number"],
    kernel: "fn_math_two",
    code: 0,
    result: DOUBLE,
  }),
  plain({
    name: "atan2",
    group: "math",
    signature: "atan2(y: number, x: number): double",
    summary: "The angle of the vector (x, y), from -pi to pi",
    example: example("atan2(-1, -1)", "-2.356194490192345"),
    params: ["number", "number"],
    kernel: "fn_math_two",
    code: 2,
    result: DOUBLE,
  }),
  constant("pi", Math.PI, "The ratio of a circle's circumference to its diameter"),
  constant("e", Math.E, "The base of the natural logarithm"),
  {
    name: "sign",
    group: "math",
    signature: "sign(a: number): int64 | double",
    summary: "-1, 0 or 1, as a is below, at or above 0; a double of a double",
    example: example("sign(-0.5)", "-1.0"),
    args: [1, 1],
    apply: sign,
  },
  plain({
    name: "width_bucket",
    group: "math",
    signature: "width_bucket(a: number, low: number, high: number, count: int64): int64",
    summary:
      "The number, from 1, of the equal part of [low, high) that a lies in; 0 below, count + 1 from high on; high below low counts " +
      "downwards; NULL where there are no parts",
    example: example("width_bucket(5.35, 0.024, 10.06, 5)", "3"),
    params: ["number", "number", "number", "int64"],
    kernel: "fn_width_bucket",
    result: INT64,
    mayFail: true,
  }),
];
