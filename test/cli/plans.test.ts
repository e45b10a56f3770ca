import assert from "node:assert/strict";
import { SimEngine } from "../sim/engine.ts";
import { call } from "./terminal.ts";

const PLAN = JSON.stringify({
  name: "hot",
  nodes: [
    { id: "in", op: "source", stream: "readings" },
    { id: "out", op: "sink", sink: { kind: "view", name: "hot" } },
  ],
});
const BAD = JSON.stringify({ name: "bad", nodes: [{ id: "in", op: "sauce" }] });
const SCHEMA = '{"columns":[{"name":"n","type":"int64"}]}';
const files = {
  "/home/me/p.json": PLAN,
  "/home/me/bad.json": BAD,
  "/home/me/s.json": SCHEMA,
  "/home/me/no.json": "{}",
};

/** An engine whose bounded pipelines are done at once. */
function finished(shown: Partial<SimEngine["pipelines"]["shown"]>): SimEngine {
  const engine = new SimEngine();
  engine.pipelines.shown = { progress: 1, state: "completed", rowsIn: 12_345, rowsOut: 2, ...shown };
  return engine;
}

Deno.test("check says ok for each plan, and what is wrong with a bad one, with exit 2", async () => {
  const { code, out, err, engine } = await call(["check", "p.json", "bad.json", "--stream", "readings=s.json"], {
    files,
  });
  assert.equal(code, 2);
  assert.equal(out, "p.json: ok\n");
  assert.match(err, /^bad\.json: .*\n {2}node in, nodes\[0\]\.op: Unknown op "sauce" \(Did you mean source\?\)\n$/);
  assert.deepEqual(engine.streams.list().map(({ name }) => name), ["readings"]);
  assert.equal(engine.closed, 1);
});

Deno.test("a stream's declaration that is wrong is exit 2 and names the place", async () => {
  const { code, err } = await call(["check", "p.json", "--stream", "readings=no.json"], { files });
  assert.equal(code, 2);
  assert.match(err, /columns is missing/);
});

Deno.test("explain shows the plan as text, or as JSON", async () => {
  assert.deepEqual((await call(["explain", "p.json"], { files })).out, "source in\nsink out\n");
  assert.deepEqual(JSON.parse((await call(["explain", "p.json", "--json"], { files })).out), { nodes: 2 });
});

Deno.test("run prints what the views hold as NDJSON, and the sum on stderr", async () => {
  const engine = finished({}), put = engine.pipelines.put.bind(engine.pipelines);
  engine.pipelines.put = async (name, plan, options) => {
    const answer = await put(name, plan, options);
    engine.simViews.get("hot")!.emit([[0n, 1n, "Oslo", 1n], [0n, 1n, "Rome", 2n]], Infinity);
    return answer;
  };
  const { code, out, err } = await call(["run", "p.json"], { files, engine });
  assert.equal(code, 0);
  assert.deepEqual(out.trimEnd().split("\n").map((line) => JSON.parse(line).city), ["Oslo", "Rome"]);
  assert.equal(err, "hot: completed, 12,345 rows in, 2 rows out\n");
  assert.equal(engine.closed, 1);
});

Deno.test("run of a plan that fails is exit 1 with its reason", async () => {
  const { code, err } = await call(["run", "p.json", "--quiet"], {
    files,
    engine: finished({ state: "failed", reason: "The disk is gone" }),
  });
  assert.equal(code, 1);
  assert.equal(err, "rdx: Plan hot failed: The disk is gone\n");
});

Deno.test("run with rows that could not be read prints the results, names the first, and is exit 65", async () => {
  const errors = [{ path: "in.csv", offset: 17, reason: "n is no int64" }];
  const { code, err } = await call(["run", "p.json", "--quiet"], { files, engine: finished({ deadRows: 3, errors }) });
  assert.equal(code, 65);
  assert.equal(err, "rdx: 3 rows could not be read: left out\n  in.csv, byte 17: n is no int64\n");
});

Deno.test("run of a plan whose inputs never end is a wrong call", async () => {
  const { code, err } = await call(["run", "p.json"], { files });
  assert.equal(code, 2);
  assert.match(err, /without an end/);
});

Deno.test("run of an impossible plan is exit 2 with the places", async () => {
  const { code, err } = await call(["run", "bad.json"], { files });
  assert.equal(code, 2);
  assert.match(err, /node in/);
});

Deno.test("run shows progress to a person who watches, and can be silent", async () => {
  const watch = async (args: string[]) => {
    const engine = finished({ state: "running", progress: 0.42, rowsInPerSecond: 1e6 });
    const get = engine.pipelines.get.bind(engine.pipelines);
    let looks = 0;
    engine.pipelines.get = (name) => looks++ === 0 ? get(name) : { ...get(name), state: "completed" };
    return (await call(["run", "p.json", ...args], { files, engine, watched: true })).err;
  };
  assert.match(await watch([]), /\rhot: {2}42 %, 12,345 rows in, 1,000,000 rows\/s.*\r +\rhot: completed/);
  assert.equal(await watch(["--quiet"]), "");
});

Deno.test("paths and the data directory are the caller's", async () => {
  const { options } = await call(["run", "p.json", "--workers", "3"], { files, engine: finished({}) });
  assert.deepEqual([options?.folder, options?.data, options?.workers, options?.durability], [
    "/home/me",
    "/home/me/rdx-data",
    3,
    "none",
  ]);
});
