import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { EngineRun } from "./engine_run.ts";

type Json = Record<string, unknown>;
type Row = readonly [ts: number, key: string, value: number];

const FUNCTIONS = new URL("../data/user_functions/", import.meta.url);
const user = (name: string, takes: string[], returns: string, args: readonly unknown[], file = "score.ts") => ({
  call: name,
  args,
  function: { module: new URL(file, FUNCTIONS).href, export: name, takes, returns },
});
const key = { column: "key" }, value = { column: "value" }, lit = (literal: unknown) => ({ literal });

/** Tests of rows, with what they are in plain TypeScript. */
const TESTS: readonly { readonly where: Json; readonly passes: (row: Row) => boolean }[] = [
  { where: { call: "regexp", args: [key, lit("a.*b")] }, passes: ([, key]) => /a.*b/.test(key) },
  { where: { call: "like", args: [key, lit("%b%c%")] }, passes: ([, key]) => /b.*c/.test(key) },
  { where: { call: "ge", args: [value, lit(3)] }, passes: ([, , value]) => value >= 3 },
  { where: user("even", ["int64"], "bool", [value]), passes: ([, , value]) => value % 2 === 0 },
];

/** Columns, likewise. A label fails for negative values and is NULL then. */
const COLUMNS: readonly { readonly expr: Json; readonly of: (row: Row) => string }[] = [
  {
    expr: { call: "regexp_replace", args: [key, lit("[ab]"), lit("é")] },
    of: ([, key]) => `"${key.replace(/[ab]/g, "é")}"`,
  },
  {
    expr: user("label", ["string", "int64"], "string", [key, value]),
    of: ([, key, value]) => value < 0 ? "null" : `"${key}-${value}"`,
  },
  { expr: { call: "add", args: [value, lit(1)] }, of: ([, , value]) => `${value + 1}n` },
];

interface Shape {
  readonly tests: readonly number[];
  readonly columns: readonly number[];
}

const anyShape: fc.Arbitrary<Shape> = fc.record({
  tests: fc.uniqueArray(fc.nat(TESTS.length - 1), { maxLength: 3 }),
  columns: fc.array(fc.nat(COLUMNS.length - 1), { minLength: 1, maxLength: 3 }),
});
const anyRow: fc.Arbitrary<Row> = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 }),
  fc.integer({ min: -2, max: 9 }),
);

/** Filters one behind the other, then a projection to a view of the pipeline's name. */
function planOf(name: string, wheres: readonly Json[], exprs: readonly Json[]): Json {
  const filters = wheres.map((where, i) => ({
    id: `f${i}`,
    op: "filter",
    input: [i === 0 ? "s" : `f${i - 1}`],
    where,
  }));
  const columns = exprs.map((expr, i) => ({ as: `c${i}`, expr })), last = filters.at(-1)?.id ?? "s";
  return {
    rdx: 1,
    nodes: [
      { id: "s", op: "source", stream: "events", idle_timeout_ms: 0 },
      ...filters,
      { id: "p", op: "project", input: [last], columns },
      { id: "v", op: "sink", input: ["p"], sink: { kind: "view", name } },
    ],
  };
}

const shaped = (name: string, { tests, columns }: Shape) =>
  planOf(name, tests.map((i) => TESTS[i].where), columns.map((i) => COLUMNS[i].expr));
const rowsOf = ({ tests, columns }: Shape, rows: readonly Row[]) =>
  rows.filter((row) => tests.every((i) => TESTS[i].passes(row)))
    .map((row) => columns.map((i) => COLUMNS[i].of(row)).join(" ")).sort();

async function withEngine(tasks: number, use: (run: EngineRun) => Promise<void>): Promise<void> {
  const run = await EngineRun.start(tasks);
  try {
    await use(run);
  } finally {
    await run.engine.close();
  }
}

const live = { start: "latest" } as const;
const ticket = user("ticket", ["int64"], "int64", [value], "ticket.ts");
const labels = { call: "regexp_replace", args: [key, lit("[ab]"), lit("c")] };

Deno.test("pipelines with equal or unequal steps have the results that each has alone, also when one goes in the middle", async () => {
  for (const tasks of [1, 2]) {
    await withEngine(tasks, async (run) => {
      const anyParts = fc.array(fc.array(anyRow, { minLength: 1, maxLength: 40 }), { minLength: 2, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(fc.tuple(anyShape, anyShape, anyShape), anyParts, async (shapes, parts) => {
          // The first two have their tests in common at least.
          const all = [shapes[0], { ...shapes[1], tests: shapes[0].tests }, shapes[2]];
          for (const [i, shape] of all.entries()) {
            await run.put(`p${i}`, shaped(`p${i}`, shape), { ...live, state: "fresh" });
          }
          const [first, ...rest] = parts, sent = parts.flat();
          await run.send(...first);
          await run.taken("p2", first.length);
          const before = run.viewRows("p2").sort();
          await run.engine.pipelines.delete("p2");
          for (const part of rest) await run.send(...part);
          for (const name of ["p0", "p1"]) await run.taken(name, sent.length);
          assert.deepEqual(before, rowsOf(all[2], first));
          for (const i of [0, 1]) assert.deepEqual(run.viewRows(`p${i}`).sort(), rowsOf(all[i], sent), `p${i}`);
          for (const name of ["p0", "p1"]) await run.engine.pipelines.delete(name);
        }),
        { numRuns: 25 },
      );
    });
  }
});

Deno.test("what pipelines have in common is computed once while both are at the same rows, with any number of workers", async () => {
  for (const tasks of [1, 2]) {
    await withEngine(tasks, async (run) => {
      for (const name of ["a", "b"]) await run.put(name, planOf(name, [], [ticket, value]), live);
      for (let i = 0; i < 8; i++) {
        await run.send([i + 1, "k", i]);
        for (const name of ["a", "b"]) await run.taken(name, i + 1);
      }
      assert.deepEqual(run.viewRows("a").sort(), run.viewRows("b").sort());
    });
  }
});

Deno.test("a step with other values in front of it, or over other rows, is not shared", async () => {
  await withEngine(1, async (run) => {
    const odd = { call: "ge", args: [value, lit(5)] };
    await run.put("a", planOf("a", [], [ticket]), live);
    await run.put("b", planOf("b", [odd], [ticket]), live);
    await run.put(
      "c",
      planOf("c", [], [user("ticket", ["int64"], "int64", [{ call: "add", args: [value, lit(1)] }], "ticket.ts")]),
      live,
    );
    await run.send([1, "k", 3], [2, "k", 7]);
    for (const name of ["a", "b", "c"]) await run.taken(name, 2);
    const all = ["a", "b", "c"].flatMap((name) => run.viewRows(name));
    assert.equal(new Set(all).size, 5, all.join(", "));
  });
});

Deno.test("each pipeline tells the rows for which a function that they have in common gave no value", async () => {
  await withEngine(1, async (run) => {
    const label = user("label", ["string", "int64"], "string", [key, value]);
    for (const name of ["a", "b"]) await run.put(name, planOf(name, [], [label]), live);
    await run.send([1, "k", -3], [2, "k", 7], [3, "k", -1]);
    for (const name of ["a", "b"]) {
      await run.taken(name, 3);
      assert.deepEqual(run.viewRows(name).sort(), ['"k-7"', "null", "null"]);
      const told = run.engine.metrics().split("\n").filter((line) =>
        line.includes(`pipeline="${name}"`) && /function/.test(line)
      );
      assert.ok(told.some((line) => line.endsWith(" 2")), told.join("\n"));
    }
  });
});

Deno.test("EXPLAIN tells which pipelines have a step in common with one, as they come and go", async () => {
  await withEngine(1, async (run) => {
    const test = TESTS[0].where, cheap = TESTS[2].where;
    await run.put("a", planOf("a", [test], [labels]), live);
    await run.put("b", planOf("b", [test], [value]), live);
    await run.put("c", planOf("c", [cheap], [labels]), live);
    await run.put("d", planOf("d", [cheap], [value]), live);
    const told = (name: string) =>
      run.engine.pipelines.explain(name).text.split("\n")
        .filter((line) => line.includes("in common")).map((line) => line.replace(/.*common with (.*): .*/, "$1"));
    assert.deepEqual([told("a"), told("b"), told("c"), told("d")], [["c", "b"], ["a"], ["a"], []]);
    await run.engine.pipelines.delete("b");
    assert.deepEqual(told("a"), ["c"]);
    const { text } = run.engine.pipelines.explainPlan({ ...planOf("new", [test], [labels]), name: "new" });
    assert.match(text, /would be decoded once for this and a, c, d/);
    assert.match(text, /in common with a: which would be computed once/);
    assert.match(text, /in common with a, c: which would be computed once/);
    // What runs under the name of a plan makes room for it
    const again = run.engine.pipelines.explainPlan({ ...planOf("a", [test], [labels]), name: "a" }).text;
    assert.match(again, /would be decoded once for this and c, d/);
    assert.deepEqual(again.match(/in common with .*?:/g), ["in common with c:"]);
  });
});
