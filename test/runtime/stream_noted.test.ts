import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import { memoryLogs } from "../../src/log/memory.ts";
import { Stream, type Verdict } from "../../src/runtime/stream.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { SimClock } from "../sim/clock.ts";

Deno.test("a schema that cannot be noted is not taken, so that no row comes under one that a restart would not know", () => {
  const clock = new SimClock(), columns = [{ name: "n", type: INT64, nullable: true }];
  const wider = [...columns, { name: "more", type: STRING, nullable: true }];
  const declaration = {
    columns,
    time: null,
    delayMs: 0,
    futureSkewMs: 0,
    onError: "reject",
    retentionMs: null,
  } as const;
  let full = true;
  const stream = new Stream({ name: "s", kind: "rows", declared: true, declaration }, {
    log: memoryLogs(clock)<Verdict>("s", columns),
    metrics: engineMetrics(new MetricRegistry()),
    clock,
    said: () => {},
    decode: () => Promise.reject(new Error("Nothing is decoded here")),
    dead: { hasRoom: () => true, put: () => Promise.resolve(), last: -1, rows: 0, open: 0 },
    changed: () => {
      if (full) throw new RdxError("no_space", "There is no room");
    },
  });
  for (const change of [() => stream.grow(wider), () => stream.declare({ ...declaration, columns: wider })]) {
    full = true;
    const { schemaVersion } = stream.info, before = stream.columns;
    assert.throws(change, { code: "no_space" });
    assert.deepEqual([stream.columns, stream.info.schemaVersion], [before, schemaVersion]);
  }
  full = false;
  stream.grow(wider);
  assert.deepEqual([stream.saved.columns, stream.saved.schemaVersion], [wider, 2]);
});
