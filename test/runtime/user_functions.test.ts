import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { FUNCTION_LOAD_MS_MAX } from "../../src/core/limits.ts";
import { EngineRun } from "./engine_run.ts";

const FUNCTIONS = new URL("../data/user_functions/", import.meta.url);
const user = (name: string, takes: string[], returns: string, args: readonly unknown[], file = "score.ts") => ({
  call: name,
  args,
  function: { module: new URL(file, FUNCTIONS).href, export: name, takes, returns },
});
const value = { column: "value" };
const label = user("label", ["string", "int64"], "string", [{ column: "key" }, value]);

/** Rows of `events` that pass `where`, with columns made of them, to a view of the pipeline's name. */
function planOf(name: string, columns: Record<string, unknown>, where?: unknown) {
  return {
    rdx: 1,
    nodes: [
      { id: "s", op: "source", stream: "events", idle_timeout_ms: 0 },
      ...(where === undefined ? [] : [{ id: "f", op: "filter", input: ["s"], where }]),
      {
        id: "p",
        op: "project",
        input: [where === undefined ? "s" : "f"],
        columns: Object.entries(columns).map(([as, expr]) => ({ as, expr })),
      },
      { id: "v", op: "sink", input: ["p"], sink: { kind: "view", name } },
    ],
  };
}

async function withEngine(tasks: number, use: (run: EngineRun) => Promise<void>): Promise<void> {
  const run = await EngineRun.start(tasks);
  try {
    await use(run);
  } finally {
    await run.engine.close();
  }
}

Deno.test("user functions filter rows and make columns, in workers, with any number of them", async () => {
  for (const tasks of [1, 2]) {
    await withEngine(tasks, async (run) => {
      const columns = {
        label,
        score: user("score", ["int64", "double"], "double", [value, { literal: 0.5 }]),
        tenth: user("tenth", ["timestamp"], "timestamp", [{ column: "ts" }]),
      };
      await run.put("scored", planOf("scored", columns, user("even", ["int64"], "bool", [value])));
      await run.send([11, "a", 2], [12, "b", 3], [25, "é", 4]);
      await run.taken("scored", 3);
      assert.deepEqual(run.viewRows("scored").sort(), ['"a-2" 1 10n', '"é-4" 2 20n'].sort());
    });
  }
});

Deno.test("a user function is a key of windows: rows of one key meet in one task", async () => {
  await withEngine(2, async (run) => {
    const plan = planOf("p", { ts: { column: "ts" }, value, kind: user("even", ["int64"], "bool", [value]) });
    const nodes = [
      ...plan.nodes.slice(0, 2),
      { id: "w", op: "window", input: ["p"], window: { kind: "tumble", size_ms: 10 } },
      { id: "a", op: "aggregate", input: ["w"], keys: ["kind"], aggs: [{ fn: "sum", arg: "value", as: "total" }] },
      { id: "v", op: "sink", input: ["a"], sink: { kind: "view", name: "kinds" } },
    ];
    await run.put("kinds", { rdx: 1, nodes });
    await run.send([1, "a", 2], [2, "b", 3], [3, "c", 4], [4, "d", 5], [20, "e", 0]);
    await run.until(() => run.viewRows("kinds").length === 2);
    assert.deepEqual(run.viewRows("kinds").map((row) => row.split(" ").slice(2)), [["false", "8n"], ["true", "6n"]]);
  });
});

Deno.test("rows for which a function fails have NULL and are counted; the pipeline goes on", async () => {
  await withEngine(2, async (run) => {
    await run.put("labels", planOf("labels", { label }));
    await run.send([1, "a", 1], [2, "b", -2], [3, "c", 3]);
    await run.send([4, "d", -4], [5, "e", 5]);
    await run.taken("labels", 5);
    assert.deepEqual(run.viewRows("labels").sort(), ['"a-1"', '"c-3"', '"e-5"', "null", "null"]);
    const { state, functionErrors } = run.engine.pipelines.get("labels");
    assert.deepEqual([state, functionErrors], ["running", 2]);
    assert.equal(run.metric('rdx_function_errors_total{pipeline="labels"}'), 2);
  });
});

Deno.test("a changed plan goes on with other functions", async () => {
  await withEngine(1, async (run) => {
    await run.put("p", planOf("p", { label }));
    await run.send([1, "a", 1]);
    await run.taken("p", 1);
    await run.put("p", planOf("p", { label: user("even", ["int64"], "bool", [value]) }), { state: "fresh" });
    await run.taken("p", 1);
    assert.deepEqual(run.viewRows("p"), ["false"]);
  });
});

const REFUSED: readonly (readonly [why: string, expr: unknown, message: RegExp])[] = [
  [
    "its module is not there",
    user("f", ["int64"], "double", [value], "none.ts"),
    /^Cannot load user function f of none\.ts: .*none\.ts/,
  ],
  ["its module fails", user("f", ["int64"], "double", [value], "broken.ts"), /broken\.ts: this module does not work$/],
  [
    "its module has no such export",
    user("scores", ["int64"], "double", [value]),
    /^Cannot load user function scores of score\.ts: the module exports no scores, but even, label, score, tenth$/,
  ],
  [
    "it is no function",
    user("number", ["int64"], "double", [value], "wrong.ts"),
    /number of wrong\.ts: it is no function$/,
  ],
  [
    "it gives a Promise",
    user("slow", ["int64"], "double", [value], "wrong.ts"),
    /slow of wrong\.ts: It gave a Promise/,
  ],
  [
    "it gives another type",
    user("other", ["int64"], "double", [value], "wrong.ts"),
    /^Cannot use user function other of wrong\.ts: It gave a BigInt64Array: double is/,
  ],
];

Deno.test("a plan is refused with the reason when its function cannot be used, and what was there before goes on", async () => {
  await withEngine(2, async (run) => {
    await run.put("p", planOf("p", { label }));
    for (const [why, expr, message] of REFUSED) {
      await assert.rejects(run.put("p", planOf("p", { x: expr })), (thrown) => {
        assert.ok(thrown instanceof RdxError && thrown.code === "invalid_plan", `${why}: threw ${thrown}`);
        assert.match(thrown.message, message, why);
        return true;
      });
    }
    await run.send([1, "a", 1]);
    await run.taken("p", 1);
    assert.deepEqual(run.viewRows("p"), ['"a-1"']);
  });
});

Deno.test("a function whose module never comes to its end is refused after a while, and others can be deployed then", async () => {
  await withEngine(1, async (run) => {
    run.clock.shortened.set(FUNCTION_LOAD_MS_MAX, 50);
    const source = "await new Promise(() => {}); export const f = () => [];";
    const f = user("f", [], "int64", [], `data:text/javascript,${encodeURIComponent(source)}`);
    await assert.rejects(run.put("p", planOf("p", { f })), {
      code: "invalid_plan",
      message: "Cannot load user functions in 30 s: f of data:…; does one of them never end?",
    });
    run.clock.shortened.clear();
    await run.put("p", planOf("p", { label }));
    await run.send([1, "a", 1]);
    await run.taken("p", 1);
    assert.deepEqual(run.viewRows("p"), ['"a-1"']);
  });
});

Deno.test("functions of plans that are deployed again are not imported again", async () => {
  await withEngine(1, async (run) => {
    const source =
      "let n = 0n; export const next = (rows) => BigInt64Array.from({ length: rows }, () => rows === 0 ? 0n : ++n)";
    const next = user("next", [], "int64", [], `data:text/javascript,${encodeURIComponent(source)}`);
    await run.put("one", planOf("one", { next }));
    await run.send([1, "a", 1]);
    await run.taken("one", 1);
    await run.put("two", planOf("two", { next }));
    await run.taken("two", 1);
    assert.deepEqual([...run.viewRows("one"), ...run.viewRows("two")], ["1n", "2n"]);
  });
});
