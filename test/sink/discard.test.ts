import assert from "node:assert/strict";
import { openEncoder } from "../../src/codec/encoder.ts";
import { systemClock } from "../../src/core/clock.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { discardSink } from "../../src/sink/discard.ts";
import { fileSink } from "../../src/sink/file.ts";
import { denoFiles } from "../../src/sink/file_deno.ts";
import { filesSink } from "../../src/sink/files.ts";
import { sqliteSink } from "../../src/sink/sqlite.ts";
import { stdoutSink } from "../../src/sink/stdout.ts";
import { webhookSink } from "../../src/sink/webhook.ts";
import { silentLog } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { sinkMetrics } from "../../src/telemetry/sink_metrics.ts";
import { sinkConformance } from "../contract/sink.ts";
import { MemoryFolder } from "./memory_folder.ts";

sinkConformance("discard", () => ({
  factory: discardSink(),
  options: { kind: "discard" },
  read: () => Promise.resolve(null),
}));

Deno.test("plans and sinks agree on the options of every kind", () => {
  const withoutTexts = (schema: unknown) =>
    JSON.parse(JSON.stringify(schema, (key, value) => key === "description" ? undefined : value));
  const files = filesSink(() => new MemoryFolder(), openEncoder, systemClock);
  const sqlite = sqliteSink(() => assert.fail("nothing is opened"), (path) => path);
  const webhook = webhookSink({
    openWeb: () => assert.fail("nobody is asked"),
    openEncoder,
    openLog: () => assert.fail("nothing is opened"),
    clock: systemClock,
    random: Math.random,
    metrics: sinkMetrics(new MetricRegistry()),
    log: silentLog,
  });
  const all = [
    webhook,
    discardSink(),
    fileSink(denoFiles((path) => path), openEncoder),
    files,
    sqlite,
    stdoutSink(openEncoder),
  ];
  for (const factory of all) {
    const { target, changes, guarantee, by } = STANDARD_SINKS.get(factory.kind)!;
    assert.deepEqual([factory.target, factory.changes, factory.guarantee, factory.by], [
      target,
      changes,
      guarantee,
      by,
    ]);
    assert.deepEqual(withoutTexts(factory.options), withoutTexts(STANDARD_SINKS.get(factory.kind)?.options));
  }
});
