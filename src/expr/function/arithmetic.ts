import { type DataType, decimal, DOUBLE, INT64, TIMESTAMP } from "../../core/schema.ts";
import type { CallSite } from "../call.ts";
import { adapt, rescale, widenTo } from "../cast.ts";
import { example, type FunctionDefinition } from "../definition.ts";
import { asDecimal, decimalResult, isNumber, nameOf, PRECISION_MAX } from "../type.ts";
import type { TypedValue, Value } from "../value.ts";
import { isWide, ROUNDING, wideArithmetic } from "../wide.ts";
import { round } from "./round.ts";

/** Operators, by the codes of the kernels. */
const OPERATORS = { add: 0, sub: 1, mul: 2, div: 3, mod: 4 } as const;
type Operator = keyof typeof OPERATORS;

const SUMMARIES: Record<Operator, string> = {
  add: "a + b; a timestamp and int64 milliseconds give a timestamp",
  sub: "a - b; two timestamps give int64 milliseconds",
  mul: "a * b",
  div: "a / b; int64 truncates; division of int64 or decimals by 0 is NULL",
  mod: "Remainder of a / b with the sign of a",
};

const EXAMPLES: Record<Operator, readonly [string, string]> = {
  add: ["add(TIMESTAMP '2024-02-29', 1000)", "TIMESTAMP '2024-02-29T00:00:01.000Z'"],
  sub: ["sub(9, 11)", "-2"],
  mul: ["mul(9223372036854775807, 2)", "NULL"],
  div: ["div(-7, 2)", "-3"],
  mod: ["mod(-7, 2)", "-1"],
};

function timestampResult(op: Operator, a: DataType, b: DataType): DataType | null {
  const pair = `${a.kind} ${op} ${b.kind}`;
  if (pair === "timestamp add int64" || pair === "int64 add timestamp" || pair === "timestamp sub int64") {
    return TIMESTAMP;
  }
  return pair === "timestamp sub timestamp" ? INT64 : null;
}

function apply(call: CallSite, op: Operator): Value | null {
  const [first, second] = call.args;
  if (first.type === null && second.type === null) return call.nullOf(INT64);
  const a = adapt(call, first, second.type), b = adapt(call, second, first.type);
  const known = (value: Value | null, other: Value | null): TypedValue => {
    if (value?.type) return value as TypedValue;
    return call.nullOf(other?.type && isNumber(other.type) ? other.type : INT64);
  };
  const x = known(a, b), y = known(b, a), code = OPERATORS[op];
  const time = timestampResult(op, x.type, y.type);
  if (time) return call.emit("expr_int", code, time, [x, y], true);
  for (const [i, value] of [x, y].entries()) {
    if (!isNumber(value.type)) {
      const both = `${nameOf(x.type)} and ${nameOf(y.type)}`;
      return call.fail(
        i,
        `${op} cannot take ${both}`,
        "What fits: int64, double, decimal; cast the argument to one of them",
      );
    }
  }
  if (x.type.kind === "double" || y.type.kind === "double") {
    return call.emit("expr_double", code, DOUBLE, [widenTo(call, x, DOUBLE), widenTo(call, y, DOUBLE)]);
  }
  if (x.type.kind === "int64" && y.type.kind === "int64") return call.emit("expr_int", code, INT64, [x, y], true);
  return decimalArithmetic(call, op, x, y);
}

/** Cells are combined as they are, int64 as decimals of scale 0; see decimalResult for the types. */
function decimalArithmetic(call: CallSite, op: Operator, a: TypedValue, b: TypedValue): TypedValue {
  const type = decimalResult(op, a.type, b.type), { precision, scale } = asDecimal(type);
  const scaleA = a.type.scale ?? 0, scaleB = b.type.scale ?? 0;
  if (isWide(type) || isWide(a.type) || isWide(b.type)) return wideOperation(call, op, type, [a, b]);
  switch (op) {
    case "add":
    case "sub": {
      const wide = decimal(precision, scale);
      const sides = [a, b].map((side) => (side.type.scale ?? 0) === scale ? side : rescale(call, side, wide, 0));
      return call.emit("expr_int", OPERATORS[op] | precision << 8, type, sides, true);
    }
    case "mul":
      return call.emit("expr_decimal_mul", (scaleA + scaleB - scale) | precision << 8, type, [a, b], true);
    case "div":
      return call.emit("expr_decimal_div", (scale + scaleB - scaleA) | precision << 8, type, [a, b], true);
    case "mod":
      return call.emit(
        "expr_decimal_mod",
        (scale - scaleA) | (scale - scaleB) << 8 | precision << 16,
        type,
        [a, b],
        true,
      );
  }
}

/** The same where an operand or the result has more than 18 digits. */
function wideOperation(
  call: CallSite,
  op: Operator,
  type: DataType,
  sides: readonly [TypedValue, TypedValue],
): TypedValue {
  const [a, b] = sides, scaleA = a.type.scale ?? 0, scaleB = b.type.scale ?? 0, { scale } = asDecimal(type);
  const most = Math.max(scaleA, scaleB), aligned = { x: most - scaleA, y: most - scaleB };
  switch (op) {
    case "mul":
      return wideArithmetic(call, OPERATORS.mul, type, sides, { drop: scaleA + scaleB - scale });
    case "div":
      return wideArithmetic(call, OPERATORS.div, type, sides, { x: scale + scaleB - scaleA });
    default:
      return wideArithmetic(call, OPERATORS[op], type, sides, { ...aligned, drop: most - scale });
  }
}

const binary: FunctionDefinition[] = (Object.keys(OPERATORS) as Operator[]).map((name) => ({
  name,
  group: "arithmetic",
  signature: `${name}(a: number, b: number): number`,
  summary: `${SUMMARIES[name]}; overflow of int64 and decimals is NULL`,
  example: example(...EXAMPLES[name]),
  args: [2, 2],
  apply: (call) => apply(call, name),
}));

/** -a and |a|: codes of expr_int_sign and expr_double_unary. */
function sign(call: CallSite, code: number): TypedValue | null {
  const value = call.want(0, "int64", "double", "decimal");
  if (value === null) return null;
  if (value.type.kind === "double") return call.emit("expr_double_unary", code, DOUBLE, [value]);
  if (isWide(value.type)) return call.emit("expr_wide_sign", code, value.type, [value]);
  return call.emit("expr_int_sign", code, value.type, [value], value.type.kind === "int64");
}

/** Codes of expr_double_unary. */
const FLOOR = 2, CEIL = 3, SQRT = 5;

function whole(call: CallSite, code: number, mode: number): TypedValue | null {
  const value = call.want(0, "int64", "double", "decimal");
  if (value === null || value.type.kind === "int64") return value;
  if (value.type.kind === "double") return call.emit("expr_double_unary", code, DOUBLE, [value]);
  const { precision, scale } = asDecimal(value.type), digits = Math.min(PRECISION_MAX, precision - scale + 1);
  return { ...rescale(call, value, decimal(digits, 0), 0, mode), nullable: value.nullable };
}

export const ARITHMETIC_FUNCTIONS: readonly FunctionDefinition[] = [
  ...binary,
  {
    name: "neg",
    aliases: ["negative"],
    group: "arithmetic",
    signature: "neg(a: number): number",
    summary: "-a; the smallest int64 has none: NULL",
    example: example("neg(5)", "-5"),
    args: [1, 1],
    apply: (call) => sign(call, 0),
  },
  {
    name: "abs",
    group: "arithmetic",
    signature: "abs(a: number): number",
    summary: "Absolute value; the smallest int64 has none: NULL",
    example: example("abs(-1.5)", "1.5"),
    args: [1, 1],
    apply: (call) => sign(call, 1),
  },
  {
    name: "floor",
    group: "arithmetic",
    signature: "floor(a: number): number",
    summary: "The largest whole number that is not above a",
    example: example("floor(-1.5)", "-2.0"),
    args: [1, 1],
    apply: (call) => whole(call, FLOOR, ROUNDING.floor),
  },
  {
    name: "ceil",
    aliases: ["ceiling"],
    group: "arithmetic",
    signature: "ceil(a: number): number",
    summary: "The smallest whole number that is not below a",
    example: example("ceil(1.2)", "2.0"),
    args: [1, 1],
    apply: (call) => whole(call, CEIL, ROUNDING.ceil),
  },
  {
    name: "round",
    group: "arithmetic",
    signature: "round(a: number, places?: int64 literal): number",
    summary: "a rounded to decimal places (0; negative: tens, hundreds, …), halves away from zero",
    example: example("round(-2.345, 2)", "-2.35"),
    args: [1, 2],
    apply: (call) => round(call, ROUNDING.halfUp),
  },
  {
    name: "truncate",
    aliases: ["trunc"],
    group: "arithmetic",
    signature: "truncate(a: number, places?: int64 literal): number",
    summary:
      "a without what is behind its decimal places (0; negative: tens, hundreds, …); of a double by its shortest text",
    example: example("truncate(42.329, 2)", "42.32"),
    args: [1, 2],
    apply: (call) => round(call, ROUNDING.truncate),
  },
  {
    name: "sqrt",
    group: "arithmetic",
    signature: "sqrt(a: number): double",
    summary: "Square root; NaN for negative numbers",
    example: example("sqrt(2.25)", "1.5"),
    args: [1, 1],
    apply: (call) => {
      const value = call.want(0, "double", "int64", "decimal");
      return value && call.emit("expr_double_unary", SQRT, DOUBLE, [widenTo(call, value, DOUBLE)]);
    },
  },
];
