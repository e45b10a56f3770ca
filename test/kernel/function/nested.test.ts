import assert from "node:assert/strict";
import { type Column, INT64, JSON_VALUE, mapOf, parseType } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import type { Expression } from "../../../src/expr/mod.ts";
import { anyJson } from "../nested_json.ts";
import { randomOf, SEED, valuesOf } from "./run.ts";

type Items = readonly unknown[];

const col = (column: string): Expression => ({ column });
const call = (call: string, ...args: Expression[]): Expression => ({ call, args });
const text = (value: unknown): Value => value === undefined || value === null ? null : JSON.stringify(value);
const column = (name: string, type: string): Column => ({ name, type: parseType(type), nullable: true });

/** null, false, true, numbers, strings by code points, arrays, objects by their texts. */
function order(a: unknown, b: unknown): number {
  const rank = (x: unknown) =>
    x === null
      ? 0
      : typeof x === "boolean"
      ? 1
      : typeof x === "number"
      ? 2
      : typeof x === "string"
      ? 3
      : Array.isArray(x)
      ? 4
      : 5;
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === "number" || typeof a === "boolean") return Number(a) - Number(b);
  const [x, y] = [a, b].map((one) =>
    [...(typeof one === "string" ? one : JSON.stringify(one))].map((c) => c.codePointAt(0)!)
  );
  const at = x.findIndex((c, i) => c !== y[i]);
  return at < 0 ? x.length - y.length : x[at] - (y[at] ?? -1);
}

const same = (a: unknown, b: unknown) => order(a, b) === 0;
const has = (items: Items, item: unknown) => items.some((one) => same(one, item));
const distinct = (items: Items) => items.filter((item, i) => !has(items.slice(0, i), item));
const there = (items: Items) => items.filter((item) => item !== null).toSorted(order);
/** A place among n items: from 1, or from the end. */
const placeOf = (number: number, n: number) => number < 0 ? n + number : Math.max(0, number - 1);

/** What each function makes of two arrays and an item, in plain JavaScript. */
const REFERENCE: Readonly<Record<string, (a: Items, b: Items, item: unknown) => unknown>> = {
  "array_distinct a": distinct,
  "array_reverse a": (a) => a.toReversed(),
  "array_sort a": (a) => [...a.filter((one) => one === null), ...there(a)],
  "array_concat a b": (a, b) => [...a, ...b],
  "array_union a b": (a, b) => distinct([...a, ...b]),
  "array_except a b": (a, b) => distinct(a.filter((item) => !has(b, item))),
  "array_intersect a b": (a, b) => distinct(a.filter((item) => has(b, item))),
  "array_append a j": (a, _, item) => [...a, item],
  "array_prepend a j": (a, _, item) => [item, ...a],
  "array_remove a j": (a, _, item) => a.filter((one) => !same(one, item)),
  "array_max a": (a) => there(a).at(-1),
  "array_min a": (a) => there(a)[0],
  "element a": (a) => a.length === 1 ? a[0] : null,
};

Deno.test(`functions of arrays give what plain JavaScript gives, seed ${SEED}`, () => {
  const random = randomOf(SEED),
    columns = [column("a", "array<json>"), column("b", "array<json>"), column("j", "json")];
  const array = () => random.below(9) === 0 ? null : Array.from({ length: random.below(7) }, () => anyJson(random, 2));
  const rows = Array.from({ length: 1500 }, () => [array(), array(), anyJson(random, 2)] as const);
  const cells = rows.map((row) => row.map(text));
  for (const [name, reference] of Object.entries(REFERENCE)) {
    const [fn, ...args] = name.split(" "), expression = call(fn, ...args.map(col));
    const expected = rows.map(([a, b, item]) =>
      a === null || (args.includes("b") && b === null) ? null : text(reference(a, b ?? [], item))
    );
    assert.deepEqual(valuesOf(expression, columns, cells), expected, name);
  }
});

Deno.test(`items and slices by number are those of JavaScript, seed ${SEED}`, () => {
  const random = randomOf(SEED), columns = [column("a", "array<json>"), column("n", "int64"), column("m", "int64")];
  const rows = Array.from({ length: 1500 }, () => {
    const items = Array.from({ length: random.below(6) }, () => anyJson(random, 1));
    return { items, n: random.below(12) - 5, m: random.below(12) - 5 };
  });
  const cells = rows.map(({ items, n, m }) => [text(items), BigInt(n), BigInt(m)]);
  assert.deepEqual(
    valuesOf(call("element", col("a"), col("n")), columns, cells),
    rows.map(({ items, n }) => n < 1 ? null : text(items[n - 1])),
  );
  assert.deepEqual(
    valuesOf(call("array_slice", col("a"), col("n"), col("m")), columns, cells),
    rows.map(({ items, n, m }) =>
      text(items.slice(Math.max(0, placeOf(n, items.length)), Math.max(0, placeOf(m, items.length) + 1)))
    ),
  );
});

Deno.test(`members, keys, values and entries of objects are those of JavaScript, seed ${SEED}`, () => {
  const random = randomOf(SEED),
    columns: Column[] = [{ name: "m", type: mapOf(JSON_VALUE), nullable: true }, column("k", "string")];
  const rows = Array.from({ length: 1500 }, () => {
    const members = Array.from({ length: random.below(5) }, () => [`k${random.below(4)}é"`, anyJson(random, 2)]);
    return { map: Object.fromEntries(members), key: `k${random.below(4)}é"` };
  });
  const cells = rows.map(({ map, key }) => [text(map), key]);
  const check = (expression: Expression, of: (map: Record<string, unknown>, key: string) => unknown) =>
    assert.deepEqual(valuesOf(expression, columns, cells), rows.map(({ map, key }) => text(of(map, key))));
  check(call("element", col("m"), col("k")), (map, key) => map[key]);
  check(call("map_keys", col("m")), (map) => Object.keys(map));
  check(call("map_values", col("m")), (map) => Object.values(map));
  check(call("map_entries", col("m")), (map) => Object.entries(map).map(([key, value]) => ({ key, value })));
});

Deno.test("of equal keys the last counts, and names of object prototypes are ordinary keys", () => {
  const columns: Column[] = [{ name: "m", type: mapOf(INT64), nullable: true }];
  const cells = [['{"a":1,"__proto__":2,"a":3,"constructor":4}']];
  const value = (fn: string, ...args: Expression[]) => valuesOf(call(fn, col("m"), ...args), columns, cells)[0];
  assert.equal(value("element", { literal: "a" }), 3n);
  assert.equal(value("element", { literal: "__proto__" }), 2n);
  assert.equal(value("element", { literal: "toString" }), null);
  assert.equal(value("map_keys"), '["__proto__","a","constructor"]');
  assert.equal(value("map_values"), "[2,3,4]");
});

Deno.test("what is taken out is read as its type, and NULL where it is none", () => {
  const items = '["1",2.5,null,true,"2026-01-01T00:00:00Z",1767225600000,[1],"x",9223372036854775808]';
  const read = (type: string) => {
    const columns = [column("a", `array<${type}>`), column("n", "int64")];
    return valuesOf(
      call("element", col("a"), col("n")),
      columns,
      Array.from({ length: 9 }, (_, i) => [items, BigInt(i + 1)]),
    );
  };
  const time = 1767225600000n;
  assert.deepEqual(read("int64"), [1n, null, null, null, null, time, null, null, null]);
  assert.deepEqual(read("double"), [1, 2.5, null, null, null, Number(time), null, null, 2 ** 63]);
  assert.deepEqual(read("string"), [
    "1",
    "2.5",
    null,
    "true",
    "2026-01-01T00:00:00Z",
    String(time),
    "[1]",
    "x",
    "9223372036854775808",
  ]);
  assert.deepEqual(read("array<int64>"), [null, null, null, null, null, null, "[1]", null, null]);
  assert.deepEqual(read("timestamp").slice(4, 6), [time, time]);
  assert.deepEqual(read("bool")[3], true);
});

Deno.test("deep nesting and a value of a megabyte are read like any other", () => {
  const deep = `${"[".repeat(900)}1${"]".repeat(900)}`, long = `[${"7,".repeat(500_000)}8]`;
  const columns = [column("a", "array<json>")];
  assert.deepEqual(valuesOf(call("element", col("a"), { literal: 1 }), columns, [[deep]]), [deep.slice(1, -1)]);
  assert.deepEqual(valuesOf(call("cardinality", col("a")), columns, [[long]]), [500_001n]);
  assert.deepEqual(valuesOf(call("array_max", col("a")), columns, [[long]]), ["8"]);
  assert.deepEqual(valuesOf(call("array_distinct", col("a")), columns, [[long]]), ["[7,8]"]);
});

/** From which type, what, to which type, what comes out. */
const CASTS: readonly (readonly [string, string, string, string | null])[] = [
  ["array<string>", '["1"," 2 ","x","1.5",null]', "array<int64>", "[1,2,null,null,null]"],
  ["array<double>", "[1,2.75,-3.9,1e3,1e30]", "array<int64>", "[1,2,-3,1000,null]"],
  ["array<int64>", "[1,-2]", "array<string>", '["1","-2"]'],
  ["array<bool>", "[true,false]", "array<string>", '["true","false"]'],
  ["array<bool>", "[true,false]", "array<decimal(4,1)>", "[1.0,0.0]"],
  ["array<bool>", "[true,false]", "array<double>", "[1,0]"],
  ["array<string>", '["yes","f","?",""]', "array<bool>", "[true,false,null,null]"],
  ["array<int64>", "[0,3]", "array<bool>", "[false,true]"],
  ["array<string>", '["1.005","-2","1e1","12345"]', "array<decimal(5,2)>", "[1.01,-2.00,10.00,null]"],
  ["array<decimal(5,2)>", "[1.25,-0.05]", "array<decimal(5,1)>", "[1.3,-0.1]"],
  ["array<string>", '["1.50","NaN","x"]', "array<double>", "[1.5,null,null]"],
  ["array<string>", '["12345678901234567890.5","x"]', "array<decimal(30,1)>", "[12345678901234567890.5,null]"],
  ["array<string>", '["2026-01-02","never"]', "array<timestamp>", '["2026-01-02T00:00:00.000Z",null]'],
  ["array<int64>", "[1000]", "array<timestamp>", '["1970-01-01T00:00:01.000Z"]'],
  ["array<array<string>>", '[["1"],[],null,["x","2"]]', "array<array<int64>>", "[[1],[],null,[null,2]]"],
  ["array<array<string>>", '[["a\\"b"]]', "array<string>", '["[\\"a\\\\\\"b\\"]"]'],
  ["map<string, string>", '{"a":"1","b":"x"}', "map<string, int64>", '{"a":1,"b":null}'],
  ["row<a int64, b string>", '{"b":"x","a":1}', "row<c string, d string>", '{"c":"1","d":"x"}'],
  ["row<a int64, b string>", '{"a":1,"c":2}', "row<b string, a int64, c int64>", '{"b":null,"a":1,"c":2}'],
  ["array<row<a string>>", '[{"a":"7"},{},3]', "array<row<a int64>>", '[{"a":7},{"a":null},null]'],
  ["array<int64>", "[]", "array<string>", "[]"],
  ["map<string, int64>", "{}", "map<string, string>", "{}"],
];

Deno.test("a cast of a nested value brings every part to its type; rows of as many fields meet by their order, others by name", () => {
  for (const [from, given, to, expected] of CASTS) {
    const found = valuesOf({ call: "cast", args: [col("a")], type: to }, [column("a", from)], [[given]]);
    assert.deepEqual(found, [expected], `${given}: ${from} as ${to}`);
  }
});
