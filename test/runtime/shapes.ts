import fc from "../deps/fast_check.ts";
import { columnIndex } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { type Call, windowsReference } from "./reference.ts";
import { COLUMNS, type Row } from "./rows.ts";

type Json = Record<string, unknown>;
const column = (name: string): Json => ({ column: name });
const call = (name: string, ...args: unknown[]): Json => ({ call: name, args });
const literal = (value: unknown): Json => ({ literal: value });
const at = (name: string) => columnIndex(COLUMNS, name);

/** What a plan of these tests does; `planOf` writes it as a plan, `expected` computes it by hand. */
export interface Shape {
  readonly where: keyof typeof WHERE;
  /** `value` becomes one more. */
  readonly plusOne: boolean;
  readonly keys: readonly string[];
  readonly calls: readonly (readonly [Call, string | null])[];
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
  readonly twoPhase: boolean;
  readonly delayMs: number;
  /** Only windows of at least two rows. */
  readonly having: boolean;
  /** Behind the windows: the count, doubled, and the keys. */
  readonly tail: boolean;
  /** A second sink that takes the rows as they come. */
  readonly rows: boolean;
  /** A second aggregation, without keys, of all rows. */
  readonly total: boolean;
}

/** Counts by one key in short windows. */
export const COUNTS: Shape = {
  where: "all",
  plusOne: false,
  keys: ["number"],
  calls: [],
  sizeMs: 10,
  slideMs: 10,
  offsetMs: 0,
  twoPhase: false,
  delayMs: 1,
  having: false,
  tail: false,
  rows: true,
  total: false,
};

const WHERE: Record<"all" | "values" | "flags" | "texts", { json: Json | null; test: (row: Row) => boolean }> = {
  all: { json: null, test: () => true },
  values: { json: call("ge", column("value"), literal(0)), test: (row) => row[6] !== null && row[6] >= 0n },
  flags: { json: column("flag"), test: (row) => row[3] === true },
  texts: { json: call("eq", column("text"), literal("a")), test: (row) => row[2] === "a" },
};

const CALLS: readonly (readonly [Call, string | null])[] = [
  ["count", "value"],
  ["sum", "value"],
  ["min", "value"],
  ["max", "value"],
  ["avg", "value"],
  ["first", "value"],
  ["last", "value"],
  ["sum", "weight"],
  ["avg", "weight"],
  ["sum", "price"],
  ["max", "price"],
  ["min", "text"],
  ["max", "text"],
  ["first", "text"],
  ["last", "text"],
  ["count", "flag"],
];
const KEYS = ["number", "text", "flag", "price", "ratio"];
/** Length of the windows of the second aggregation. */
export const TOTAL_MS = 25;

/** Whether the row comes to the first aggregation. */
export function passes(shape: Shape, row: Row): boolean {
  return WHERE[shape.where].test(row);
}

export function anyShape(): fc.Arbitrary<Shape> {
  const lengths = fc.constantFrom([5, 5], [10, 10], [60, 60], [10, 5], [12, 4], [60, 10], [1, 1]);
  return fc.record({
    where: fc.constantFrom(...Object.keys(WHERE) as (keyof typeof WHERE)[]),
    plusOne: fc.boolean(),
    keys: fc.subarray(KEYS, { maxLength: 3 }),
    calls: fc.subarray([...CALLS], { maxLength: 5 }),
    lengths,
    offset: fc.integer({ min: 0, max: 59 }),
    twoPhase: fc.boolean(),
    delayMs: fc.constantFrom(0, 1, 3, 20),
    having: fc.boolean(),
    tail: fc.boolean(),
    rows: fc.boolean(),
    total: fc.boolean(),
  }).map(({ lengths: [sizeMs, slideMs], offset, ...shape }) => ({
    ...shape,
    sizeMs,
    slideMs,
    offsetMs: offset % slideMs,
  }));
}

/** Times mostly ascend, with steps back and gaps; few keys, so that rows meet. */
export function anyRows(rowsMax: number): fc.Arbitrary<Row[]> {
  const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null, freq: 6 });
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 3, arbitrary: fc.integer({ min: -40, max: 10 }) },
    { weight: 1, arbitrary: fc.integer({ min: 50, max: 400 }) },
  );
  const cells = fc.tuple(
    optional(fc.bigInt(-2n, 40n)),
    optional(fc.constantFrom("", "a", "b", "user-12345678", "é")),
    optional(fc.boolean()),
    optional(fc.bigInt(-300n, 300n)),
    optional(fc.constantFrom(0, -0, NaN, 1.5, Infinity)),
    optional(fc.bigInt(-50n, 50n)),
    optional(fc.integer({ min: -40, max: 40 }).map((quarters) => quarters / 4 + 0)),
  );
  return fc.tuple(
    fc.integer({ min: -500, max: 500 }),
    fc.array(fc.tuple(step, cells), { maxLength: rowsMax, size: "max" }),
  )
    .map(([start, rows]) => {
      let now = start;
      return rows.map(([step, cells]): Row => {
        const time = now + step;
        // A step back is one row out of order, not a clock that goes back.
        if (step > 0) now = time;
        return [BigInt(time), ...cells];
      });
    });
}

/** The plan over the stream `rows`; its sinks are `windows`, then `rows`, then `total`, as far as the shape has them. */
export function planOf(shape: Shape): Json {
  const nodes: Json[] = [{ id: "source", op: "source", stream: "rows", delay_ms: shape.delayMs, idle_timeout_ms: 0 }];
  const add = (id: string, op: string, input: string, more: Json) => {
    nodes.push({ id, op, input: [input], ...more });
    return id;
  };
  let last = "source";
  const { json } = WHERE[shape.where];
  if (json) last = add("where", "filter", last, { where: json });
  if (shape.plusOne) {
    const columns = [{ as: "value", expr: call("add", column("value"), literal(1)) }];
    last = add("plus_one", "project", last, { columns, keep: true });
  }
  const front = last;
  const { sizeMs: size_ms, slideMs: slide_ms, offsetMs: offset_ms } = shape;
  const tumbles = size_ms === slide_ms;
  last = add("window", "window", last, {
    window: tumbles ? { kind: "tumble", size_ms, offset_ms } : { kind: "hop", size_ms, slide_ms, offset_ms },
  });
  const aggs = [
    { fn: "count", as: "n" },
    ...shape.calls.map(([fn, arg], i) => ({ fn, arg: arg === null ? undefined : column(arg), as: `c${i}` })),
  ];
  last = add("aggregate", "aggregate", last, { keys: shape.keys, aggs, two_phase: shape.twoPhase });
  if (shape.having) last = add("having", "filter", last, { where: call("ge", column("n"), literal(2)) });
  if (shape.tail) {
    const columns = [
      { as: "twice", expr: call("mul", column("n"), literal(2)) },
      ...shape.keys.map((key) => ({ as: key, expr: column(key) })),
    ];
    last = add("tail", "project", last, { columns });
  }
  add("windows", "sink", last, { sink: { kind: "discard" } });
  if (shape.rows) add("rows", "sink", front, { sink: { kind: "discard" } });
  if (shape.total) {
    const all = add("all", "window", "source", { window: { kind: "tumble", size_ms: TOTAL_MS } });
    const aggs = [{ fn: "count", as: "n" }, { fn: "last", arg: column("text"), as: "last" }];
    const total = add("totals", "aggregate", all, { keys: [], aggs });
    add("total", "sink", total, { sink: { kind: "discard" } });
  }
  return { rdx: 1, name: "p", nodes };
}

/** What each sink gets in all, and how many rows are late. */
export function expected(shape: Shape, rows: readonly Row[]): { sinks: Value[][][]; late: number } {
  const passed = rows.map((row) => WHERE[shape.where].test(row));
  const front = rows.map((row): Row =>
    shape.plusOne && row[6] !== null ? row.with(6, row[6] + 1n) as unknown as Row : row
  );
  const spec = {
    ...shape,
    keyTypes: shape.keys.map((key) => COLUMNS[at(key)].type),
    calls: ["count", ...shape.calls.map(([fn]) => fn)] as Call[],
  };
  const windows = windowsReference(
    spec,
    front.map((row, i) => ({
      time: Number(row[0]),
      keys: shape.keys.map((key) => canonical(row[at(key)])),
      args: [true, ...shape.calls.map(([, arg]) => arg === null ? true : row[at(arg)])],
      passed: passed[i],
    })),
  );
  const kept = windows.rows.filter((row) => !shape.having || (row[2 + shape.keys.length] as bigint) >= 2n);
  const sinks = [shape.tail ? kept.map((row) => tailOf(shape, row)) : kept];
  if (shape.rows) sinks.push(front.filter((_, i) => passed[i]).map((row) => [...row]));
  if (!shape.total) return { sinks, late: windows.late };
  const totalSpec = { ...shape, sizeMs: TOTAL_MS, slideMs: TOTAL_MS, offsetMs: 0, keyTypes: [] };
  const total = windowsReference(
    { ...totalSpec, calls: ["count", "last"] },
    rows.map((row) => ({ time: Number(row[0]), keys: [], args: [true, row[2]], passed: true })),
  );
  return { sinks: [...sinks, total.rows], late: windows.late + total.late };
}

function tailOf({ keys }: Shape, row: readonly Value[]): Value[] {
  return [(row[2 + keys.length] as bigint) * 2n, ...row.slice(2, 2 + keys.length)];
}

/** Keys that are equal come out as one and the same. */
function canonical(value: Value): Value {
  return value === 0 ? 0 : value;
}
