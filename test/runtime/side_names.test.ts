import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const BAD = [{ ts: 1, key: "a", value: 1 }, { ts: 2, key: 7, value: 2 }];

Deno.test("names of dead and late rows are not for streams that others make, and nobody else writes those", async () => {
  await DurableRun.with(async (life) => {
    const { streams } = life.engine, wrong = { code: "invalid_plan", message: /end in \.dead and \.late/ };
    for (const name of ["events.dead", "events.late", "events.dead.late"]) {
      assert.throws(() => streams.put(name, EVENTS), wrong, name);
      await assert.rejects(life.send(name, BAD), wrong, name);
    }
    streams.put("events", EVENTS);
    streams.keepLate("events");
    await life.send("events", BAD);
    for (const name of ["events.dead", "events.late"]) {
      const letter = { offset: 0, line: 1, reason: "forged", raw: "{}", ts: 0 };
      await assert.rejects(life.send(name, [letter]), { code: "conflict", message: /takes no rows/ }, name);
    }
    assert.deepEqual([streams.get("events").deadOpen, (await life.rows("events.dead")).length], [1, 1]);
    // How long they are kept can be said all the same.
    const { name: _, ...dead } = streams.get("events.dead");
    assert.equal(streams.put("events.dead", { ...dead, retentionMs: 1000 }).stream.retentionMs, 1000);
  });
});

Deno.test("where an earlier version has left another stream of such a name, no bad row goes into it, and its sender is told", async () => {
  await DurableRun.with(async (life) => {
    for (const name of ["events", "dead", "late"]) life.engine.streams.put(name, EVENTS);
    await life.engine.close();
    using meta = new DatabaseSync(`${life.folder}/data/meta.sqlite`);
    for (const kind of ["dead", "late"]) {
      meta.prepare("UPDATE streams SET name = ? WHERE name = ?").run(`events.${kind}`, kind);
    }
    await life.start();
    const { streams } = life.engine, conflict = { code: "conflict", message: /holds other rows: delete it/ };
    await assert.rejects(life.send("events", BAD), conflict);
    assert.deepEqual([streams.get("events").end, streams.get("events.dead").end], [0, 0]);
    assert.throws(() => streams.keepLate("events"), conflict);
    assert.equal(streams.wantsLate("events"), false);
    // It is no part of the other.
    streams.delete("events");
    assert.deepEqual(streams.list().map(({ name }) => name), ["events.dead", "events.late"]);
    streams.put("events", EVENTS);
    streams.delete("events.dead");
    await life.send("events", BAD);
    assert.equal(streams.get("events").deadOpen, 1);
  });
});
