import fc from "../deps/fast_check.ts";
import {
  BOOL,
  BYTES,
  type Column,
  type DataType,
  decimal,
  DOUBLE,
  formatType,
  INT64,
  isDecimal,
  STRING,
  TIMESTAMP,
} from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { Expression } from "../../src/expr/mod.ts";

const column = (name: string, type: DataType): Column => ({ name, type, nullable: true });

/** Columns of every kind for random expressions; two of most kinds, so that they can meet. */
export const COLUMNS: readonly Column[] = [
  column("int64_a", INT64),
  column("int64_b", INT64),
  column("double_a", DOUBLE),
  column("double_b", DOUBLE),
  column("decimal_a", decimal(18, 4)),
  column("decimal_b", decimal(9, 2)),
  column("decimal_c", decimal(18, 17)),
  column("decimal_d", decimal(38, 10)),
  column("decimal_e", decimal(38, 0)),
  column("decimal_f", decimal(24, 24)),
  column("bool_a", BOOL),
  column("bool_b", BOOL),
  column("timestamp_a", TIMESTAMP),
  column("timestamp_b", TIMESTAMP),
  column("string_a", STRING),
  column("string_b", STRING),
  column("bytes_a", BYTES),
  column("bytes_b", BYTES),
];

const anyInt64 = fc.oneof(
  fc.bigInt(-3n, 3n),
  fc.bigInt(-100_000n, 100_000n),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 62n, -(2n ** 31n), 2n ** 53n + 1n, 10n ** 18n),
);
const anyDouble = fc.oneof(
  fc.integer({ min: -5, max: 5 }).map((x) => x / 2),
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 2 ** 63, -(2 ** 63), 0.1, 1e21, 1e-7, 5e-324, 2 ** 53),
);
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 8 }).map((text) => new TextEncoder().encode(text.toWellFormed())),
);
const NUMERIC = [
  "1",
  "-7",
  " 42 ",
  "1e3",
  "-0.5",
  "3.14159",
  "1e400",
  "0x1",
  ".5",
  "5.",
  "-",
  "9223372036854775808",
  "12345.675",
  "123456789012345678901234567890.12345678",
  "-99999999999999999999999999999999999999",
  "99999999999999999999999999999999999999.5",
  "0.00000000000000000000000000000000000005",
  "1e37",
  "-1.5E-38",
  "000000000000000000000000000000000000000000012.50",
];
const OTHER = [
  "true",
  "F",
  "yes",
  "2024-02-29",
  "2023-02-29",
  "2024-02-29T12:34:56.789Z",
  "0001-01-01 00:00",
  "9999-12-31T23:59:59+05:30",
];
const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."aAbB %_\\"), maxLength: 6 }),
  fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.toWellFormed()),
  fc.string({ unit: fc.constantFrom("a", "é", "漢", "🙂", " "), maxLength: 40 }),
  fc.constantFrom("", ...NUMERIC, ...OTHER),
);
/** Years that Date can hold, most of them with four digits. */
const anyTimestamp = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt(-62_135_596_800_000n, 253_402_300_799_999n) },
  fc.bigInt(-8_640_000_000_000_000n + 366n * 86_400_000n, 8_640_000_000_000_000n),
);

/** Cells of so many digits: of every magnitude, and what lies around the edges of cells and types. */
function anyDecimal(precision: number): fc.Arbitrary<bigint> {
  const limit = 10n ** BigInt(precision) - 1n;
  const powers = Array.from({ length: precision }, (_, digits) => 10n ** BigInt(digits));
  const near = fc.tuple(fc.constantFrom(...powers), fc.bigInt(-1n, 1n), fc.boolean())
    .map(([power, by, negative]) => negative ? -power - by : power + by);
  const edges = [limit, -limit, 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 64n, -(2n ** 64n), 5n * 10n ** 18n];
  return fc.oneof(
    fc.bigInt(-limit, limit),
    fc.bigInt(-9n, 9n),
    near,
    fc.constantFrom(...edges.filter((edge) => edge <= limit && edge >= -limit)),
    fc.tuple(fc.bigInt(-limit, limit), fc.constantFrom(...powers)).map(([value, power]) => value / power),
  );
}

/** A value of a type, NULL aside; text is well-formed. */
export function anyCell(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "int64":
      return anyInt64;
    case "double":
      return anyDouble;
    case "decimal":
    case "decimal128":
      return anyDecimal(type.precision ?? 1);
    case "bool":
      return fc.boolean();
    case "timestamp":
      return anyTimestamp;
    case "string":
      return anyText;
    case "bytes":
      return anyBytes;
  }
}

/** Up to 150 rows for `columns`, one value in five NULL. */
export function anyRows(columns: readonly Column[], rowsMax = 150): fc.Arbitrary<Value[][]> {
  const row = fc.tuple(...columns.map(({ type }) => fc.option(anyCell(type), { nil: null, freq: 5 })));
  return fc.array(row, { maxLength: rowsMax, size: "max" });
}

function literalOf(type: DataType, value: Value): Expression {
  const written = formatType(type);
  if (value === null || typeof value === "boolean") return { literal: value, type: written };
  if (value instanceof Uint8Array) return { literal: btoa(String.fromCharCode(...value)), type: written };
  if (typeof value === "number") return { literal: Object.is(value, -0) ? "-0" : String(value), type: written };
  if (typeof value === "string" || !isDecimal(type)) return { literal: String(value), type: written };
  const digits = String(value < 0n ? -value : value).padStart((type.scale ?? 0) + 1, "0"), scale = type.scale ?? 0;
  const whole = digits.slice(0, digits.length - scale), places = scale > 0 ? `.${digits.slice(-scale)}` : "";
  return { literal: `${value < 0n ? "-" : ""}${whole}${places}`, type: written };
}

function leaf(kind: DataType["kind"]): fc.Arbitrary<Expression> {
  const columns = COLUMNS.filter(({ type }) => type.kind === kind || (kind === "decimal" && isDecimal(type)));
  const literal = fc.constantFrom(...columns).chain(({ type }) =>
    fc.option(anyCell(type), { nil: null, freq: 8 }).map((value) => literalOf(type, value))
  );
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...columns.map(({ name }) => ({ column: name }))) }, literal);
}

type Arbitrary = fc.Arbitrary<Expression>;
type Tie = (kind: string) => Arbitrary;

const call = (name: string, ...args: Arbitrary[]): Arbitrary =>
  fc.tuple(...args).map((values) => ({ call: name, args: values }));
const anyOf = (names: readonly string[], ...args: Arbitrary[]): Arbitrary =>
  fc.tuple(fc.constantFrom(...names), ...args).map(([name, ...values]) => ({
    call: name,
    args: values as Expression[],
  }));
const castTo = (type: DataType, ...from: Arbitrary[]): Arbitrary =>
  fc.oneof(...from).map((value) => ({ call: "cast", args: [value], type: formatType(type) }));
const text = (...words: string[]): Arbitrary =>
  fc.constantFrom(...words).map((literal) => ({ literal, type: "string" }));
const places: Arbitrary = fc.integer({ min: -18, max: 18 }).map((literal) => ({ literal, type: "int64" }));

const COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge", "is_distinct", "is_not_distinct"];
const OPERATORS = ["add", "sub", "mul", "div", "mod"];
const CHOICES = ["coalesce", "nullif", "least", "greatest"];
const UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"];
const PARTS = [...UNITS, "dow", "isodow", "doy", "isoyear", "epoch", "epoch_ms"];

/** What gives a value of the same kind as its arguments. */
function choices(tie: Tie, kind: string): Arbitrary[] {
  return [
    anyOf(CHOICES, tie(kind), tie(kind)),
    call("case", tie("bool"), tie(kind), tie("bool"), tie(kind)),
    call("case", tie("bool"), tie(kind), tie(kind)),
  ];
}

function bools(tie: Tie): Arbitrary[] {
  const number = fc.oneof(tie("int64"), tie("double"), tie("decimal"));
  const same = (["timestamp", "string", "bytes", "bool"] as const).map((kind) =>
    anyOf(COMPARISONS, tie(kind), tie(kind))
  );
  const list = (kind: DataType["kind"], length: number) => Array.from({ length }, () => leaf(kind));
  return [
    anyOf(COMPARISONS, number, number),
    ...same,
    call("between", number, number, number),
    call("in", tie("int64"), ...list("int64", 3)),
    call("in", tie("int64"), ...list("int64", 12), leaf("double"), leaf("decimal")),
    call("in", tie("double"), ...list("double", 10)),
    call("in", tie("string"), ...list("string", 5)),
    call("in", tie("bytes"), ...list("bytes", 2)),
    call("in", tie("decimal"), ...list("decimal", 4), leaf("int64")),
    anyOf(["and", "or"], tie("bool"), tie("bool"), tie("bool")),
    anyOf(["not", "is_null", "is_true", "is_not_true", "is_false", "is_not_false"], tie("bool")),
    anyOf(["is_null", "is_not_null"], fc.oneof(tie("int64"), tie("double"), tie("string"))),
    anyOf(["starts_with", "ends_with", "contains", "like"], tie("string"), tie("string")),
    call("like", tie("string"), text("a%", "%a", "%a%", "a", "%", "_%_", "a_b%", "%é_", "", "%%", "_"), text("\\")),
    call("like", tie("string"), text("a%", "%a", "%a%", "a", "%", "_%_", "a_b%", "%é_", "", "%%", "_")),
    castTo(BOOL, number, tie("string")),
    ...choices(tie, "bool"),
  ];
}

function int64s(tie: Tie): Arbitrary[] {
  return [
    anyOf(OPERATORS, tie("int64"), tie("int64")),
    anyOf(["neg", "abs", "floor", "ceil", "round"], tie("int64")),
    call("round", tie("int64"), places),
    anyOf(["length", "octet_length"], tie("string")),
    call("octet_length", tie("bytes")),
    call("date_part", text(...PARTS), leaf("timestamp")),
    call("sub", tie("timestamp"), tie("timestamp")),
    castTo(INT64, tie("double"), tie("decimal"), tie("bool"), tie("timestamp"), tie("string")),
    ...choices(tie, "int64"),
  ];
}

function doubles(tie: Tie): Arbitrary[] {
  const number = fc.oneof(tie("int64"), tie("double"), tie("decimal"));
  return [
    anyOf(OPERATORS, tie("double"), number),
    anyOf(OPERATORS, number, tie("double")),
    anyOf(["neg", "abs", "floor", "ceil", "round"], tie("double")),
    call("round", tie("double"), places),
    call("sqrt", number),
    castTo(DOUBLE, tie("int64"), tie("decimal"), tie("bool"), tie("string"), leaf("timestamp")),
    anyOf(["coalesce", "least", "greatest"], tie("double"), tie("int64")),
    ...choices(tie, "double"),
  ];
}

function decimals(tie: Tie): Arbitrary[] {
  const whole = fc.oneof(tie("int64"), tie("decimal"));
  return [
    anyOf(OPERATORS, tie("decimal"), whole),
    anyOf(OPERATORS, whole, tie("decimal")),
    anyOf(["neg", "abs", "floor", "ceil", "round"], tie("decimal")),
    call("round", tie("decimal"), places),
    castTo(decimal(12, 3), tie("int64"), tie("decimal"), tie("double"), tie("string"), tie("bool")),
    castTo(decimal(38, 6), tie("int64"), tie("decimal"), tie("double"), tie("string"), tie("bool")),
    castTo(decimal(19, 0), tie("int64"), tie("decimal"), tie("double"), tie("string")),
    castTo(decimal(30, 29), tie("decimal"), tie("double"), tie("string")),
    castTo(decimal(18, 0), tie("int64"), tie("decimal"), tie("double"), tie("string")),
    call("least", tie("decimal"), tie("int64")),
    ...choices(tie, "decimal"),
  ];
}

function strings(tie: Tie): Arbitrary[] {
  return [
    anyOf(["lower", "upper", "trim", "ltrim", "rtrim"], tie("string")),
    call("concat", tie("string"), tie("string")),
    call("concat", tie("string"), text("", "-", "é"), tie("string")),
    call("substring", tie("string"), tie("int64")),
    call("substring", tie("string"), tie("int64"), tie("int64")),
    anyOf(["to_base64"], fc.oneof(tie("string"), tie("bytes"))),
    castTo(STRING, tie("int64"), tie("double"), tie("decimal"), tie("bool"), leaf("timestamp"), tie("bytes")),
    ...choices(tie, "string"),
  ];
}

/** A random expression over COLUMNS that is well typed, nested up to four deep. */
export const anyExpression: Arbitrary = fc.letrec((tie) => {
  const to = tie as Tie,
    mixed = (kind: DataType["kind"], calls: Arbitrary[]) =>
      fc.oneof({ maxDepth: 3, depthIdentifier: "expression" }, leaf(kind), ...calls);
  return {
    any: fc.oneof(to("bool"), to("int64"), to("double"), to("decimal"), to("timestamp"), to("string"), to("bytes")),
    bool: mixed("bool", bools(to)),
    int64: mixed("int64", int64s(to)),
    double: mixed("double", doubles(to)),
    decimal: mixed("decimal", decimals(to)),
    timestamp: mixed("timestamp", [
      anyOf(["add"], leaf("timestamp"), fc.oneof(to("int64"))),
      call("sub", leaf("timestamp"), to("int64")),
      call("date_trunc", text(...UNITS), leaf("timestamp")),
      castTo(TIMESTAMP, to("int64"), to("string"), to("double")),
      ...choices(to, "timestamp"),
    ]),
    string: mixed("string", strings(to)),
    bytes: mixed("bytes", [castTo(BYTES, to("string")), ...choices(to, "bytes")]),
  };
}).any as Arbitrary;
