import assert from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";
import { createApp } from "../../src/server/app.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS, windowsPlan } from "./engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;

function ask({ engine }: DurableRun, path: string): Promise<Response> {
  const { app } = createApp({ engine, autoCreate: false, token: null, loopback: true, clock: systemClock });
  return Promise.resolve(app.request(`http://127.0.0.1${path}`));
}

/** What is told of a path: its status, what kind of problem it is, and whether it says when to ask again. */
async function told(life: DurableRun, path: string): Promise<unknown[]> {
  const answer = await ask(life, path), { type } = await answer.json();
  return [answer.status, type, Number(answer.headers.get("retry-after")) > 0];
}

/** What is told of all views. */
async function listed(life: DurableRun): Promise<unknown[][]> {
  const { views } = await (await ask(life, "/v1/views")).json();
  return views.map((view: Record<string, unknown>) => [view.name, view.pipeline, view.state, view.rows]);
}

Deno.test("a view that goes on from a checkpoint is never taken for one that is not there", () =>
  DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("p", windowsPlan({ kind: "view", name: "v" }), HOW);
    for (let i = 0; i < 20; i++) await life.send("events", [{ ts: i * 40, key: "a", value: i }]);
    await life.settled();
    await life.checkpoint("p");
    const before = life.view("v");
    assert.ok(before.rows.length > 0);
    for (const path of ["/v1/views/v", "/v1/views/v/live", "/v1/pipelines/p/explain", "/v1/pipelines/p/flow"]) {
      await life.engine.close();
      await life.open();
      // Its checkpoint is not open yet
      assert.deepEqual(await told(life, path), [503, "/problems/unavailable", true], path);
      assert.deepEqual(await told(life, "/v1/views/other"), [404, "/problems/not_found", false]);
      assert.deepEqual(await listed(life), [["v", "p", "absent", 0]]);
      await life.engine.recovered;
      await life.settled();
      assert.deepEqual(await listed(life), [["v", "p", "ready", before.rows.length]]);
    }
    await life.settled();
    assert.deepEqual(life.view("v"), before);
    await life.engine.pipelines.delete("p");
    assert.throws(() => life.engine.views.get("v"), { code: "not_found" });
  }));

Deno.test("a view of a later plan is on its way back while what was done under an earlier plan is done again", () =>
  DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    for (const name of ["first", "second"]) {
      await life.engine.pipelines.put("p", windowsPlan({ kind: "view", name }), HOW);
      for (let i = 0; i < 20; i++) await life.send("events", [{ ts: i * 40, key: "a", value: i }]);
      await life.settled();
    }
    const before = life.view("second");
    await life.engine.close();
    await life.open();
    let ended = false;
    const recovered = life.engine.recovered.finally(() => ended = true), codes = new Set<string>();
    while (!ended) {
      try {
        life.engine.views.get("second");
        codes.add("there");
      } catch (thrown) {
        codes.add((thrown as { code: string }).code);
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await recovered;
    await life.settled();
    assert.ok(codes.has("unavailable") && !codes.has("not_found"), [...codes].join());
    assert.deepEqual(life.view("second"), before);
  }));
