import assert from "node:assert/strict";
import { files, int64, pipeline, sqlite, stream, string, timestamp, webhook } from "../../src/builder/mod.ts";
import { parsePlan } from "../../src/plan/compile.ts";
import type { SinkOptions } from "../../src/plan/plan.ts";
import { CATALOG } from "../plan/catalog.ts";

Deno.test("sinks say their options as plans have them, and leave out what is not said", () => {
  const flights = stream("flights", { ts: timestamp(), origin: string(), distance: int64() }, { time: "ts" });
  const made: [SinkOptions, Record<string, unknown>][] = [
    [files("out"), { kind: "files", path: "out", format: "ndjson" }],
    [
      files("out", "csv", { compression: "gzip", rollRows: 10, rollBytes: 20, rollMs: 30, changelog: true }),
      {
        kind: "files",
        path: "out",
        format: "csv",
        compression: "gzip",
        roll_rows: 10,
        roll_bytes: 20,
        roll_ms: 30,
        changelog: true,
      },
    ],
    [sqlite("out.db", "t"), { kind: "sqlite", path: "out.db", table: "t" }],
    [sqlite("out.db", "t", { keys: ["origin"] }), { kind: "sqlite", path: "out.db", table: "t", keys: ["origin"] }],
    [webhook("https://there.example"), { kind: "webhook", url: "https://there.example" }],
    [
      webhook("https://there.example", {
        headers: { authorization: { env: "RDX_SECRET_THERE" } },
        format: "json",
        batchRows: 5,
        timeoutMs: 100,
        onRefused: "dead_letter",
        outbox: true,
      }),
      {
        kind: "webhook",
        url: "https://there.example",
        headers: { authorization: { env: "RDX_SECRET_THERE" } },
        format: "json",
        batch_rows: 5,
        timeout_ms: 100,
        on_refused: "dead_letter",
        outbox: true,
      },
    ],
  ];
  for (const [sink, options] of made) {
    const plan = pipeline("p").from(flights).to(sink).toPlan();
    assert.deepEqual(plan.nodes.at(-1)!.op === "sink" && plan.nodes.at(-1), {
      ...plan.nodes.at(-1),
      sink: options,
    });
    assert.deepEqual(parsePlan(plan, CATALOG.sinkKinds), plan);
  }
});
