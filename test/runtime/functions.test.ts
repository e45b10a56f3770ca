import assert from "node:assert/strict";
import { EngineRun, windowsPlan } from "./engine_run.ts";

const view = (name: string) => ({ kind: "view", name });

/** Rows with their keys turned round: a function that is not among the kernels. */
const turned = (name: string) => ({
  rdx: 1,
  nodes: [
    { id: "s", op: "source", stream: "events" },
    {
      id: "p",
      op: "project",
      input: ["s"],
      columns: [{ as: "key", expr: { call: "reverse", args: [{ column: "key" }] } }, {
        as: "value",
        expr: { column: "value" },
      }],
    },
    { id: "v", op: "sink", input: ["p"], sink: view(name) },
  ],
});

Deno.test("functions are loaded once, for the first plan that calls one, also when its pipeline goes on from another", async () => {
  const run = await EngineRun.start(2);
  try {
    await run.put("plain", windowsPlan(view("plain")));
    assert.equal(run.loads.length, 0);
    await run.put("turned", turned("turned"));
    await run.put("again", turned("again"));
    await run.put("plain", turned("plain"), { state: "fresh" });
    await run.send([1, "abc", 1], [2, "漢é", 2]);
    for (const name of ["turned", "again", "plain"]) {
      await run.taken(name, 2);
      assert.deepEqual(run.viewRows(name).sort(), ['"cba" 1n', '"é漢" 2n']);
    }
    assert.equal(run.loads.length, 1);
  } finally {
    await run.engine.close();
  }
});

Deno.test("a plan whose functions cannot be loaded is refused with the reason, and can be deployed once they can", async () => {
  const run = await EngineRun.start(1), load = run.loadExtension;
  try {
    run.loadExtension = () => Promise.reject(new Error("functions.wasm answers 404"));
    await assert.rejects(run.put("turned", turned("turned")), {
      message: "Cannot load the functions that the plan needs: functions.wasm answers 404",
    });
    run.loadExtension = load;
    await run.put("turned", turned("turned"));
    await run.send([1, "abc", 1]);
    await run.taken("turned", 1);
    assert.deepEqual(run.viewRows("turned"), ['"cba" 1n']);
  } finally {
    await run.engine.close();
  }
});
