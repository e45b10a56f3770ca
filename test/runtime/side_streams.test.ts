import assert from "node:assert/strict";
import type { RdxError } from "../../src/core/errors.ts";
import { COLUMNS_MAX } from "../../src/core/limits.ts";
import { type Column, DOUBLE, INT64, makeSchema, STRING } from "../../src/core/schema.ts";
import { memoryLogs } from "../../src/log/memory.ts";
import { DEAD_COLUMNS } from "../../src/runtime/dead_letters.ts";
import { LATE_OWN_COLUMNS, lateColumns, sideDepth } from "../../src/runtime/late_columns.ts";
import { Streams } from "../../src/runtime/streams.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { SimClock } from "../sim/clock.ts";
import { frameOfRows, textOfRanges } from "./rows.ts";

const column = (name: string, type = INT64 as Column["type"]): Column => ({ name, type, nullable: true });

function streamsOf(unreadBytesMax = 1 << 20): Streams {
  const clock = new SimClock(), metrics = engineMetrics(new MetricRegistry());
  const decode = () => Promise.reject(new Error("Nothing is decoded here"));
  const streams = new Streams({ createLog: memoryLogs(clock, { unreadBytesMax }), clock, metrics, decode });
  const declaration = { time: null, delayMs: 0, futureSkewMs: 0, onError: "dead_letter", retentionMs: null } as const;
  streams.put("s", { ...declaration, columns: [column("a")] });
  return streams;
}

const code = (expected: string) => (thrown: RdxError) => thrown.code === expected;

Deno.test("how far a stream is from what was sent is told by its name", () => {
  const depths = ["s", "s.late", "s.dead.late", "s.late.x", "late"].map((stream) => sideDepth({ stream }));
  assert.deepEqual([...depths, sideDepth({ stream: null })], [0, 1, 2, 0, 0, 0]);
});

Deno.test("columns of late rows have free names in places that stay when the stream gets more columns", () => {
  const first = [column("$watermark"), column("$$watermark")],
    names = (all: readonly Column[]) => all.map(({ name }) => name);
  const own = ["$watermark", "$pipeline", "$nodes"];
  assert.deepEqual(names(lateColumns(first)), [...own, "$$watermark", "$$$watermark"]);
  assert.deepEqual(names(lateColumns([...first, column("$nodes")])).slice(0, 5), names(lateColumns(first)));
  const most = lateColumns(Array.from({ length: COLUMNS_MAX }, (_, i) => column(`c${i}`)));
  assert.equal(makeSchema(most).columns.length, COLUMNS_MAX);
});

Deno.test("late rows are wanted from the first time that somebody asks for them to the end of their stream", async () => {
  const streams = streamsOf(), late = frameOfRows(lateColumns([column("a")]), [[5n, "p", "n", 7n]]);
  assert.equal(streams.wantsLate("s"), false);
  await streams.late("s", [late], "p");
  assert.equal(streams.find("s.late"), null);
  assert.deepEqual(streams.seen("s.late")?.columns, [...LATE_OWN_COLUMNS, column("a")]);
  assert.equal(streams.seen("other.late"), null);
  assert.deepEqual([streams.keepLate("s").created, streams.keepLate("s").created], [true, false]);
  await streams.late("s", [late], "p");
  assert.deepEqual(textOfRanges((await streams.rows("s.late", 10)).ranges), ['5n "p" "n" 7n']);
  streams.delete("s.late");
  assert.equal(streams.wantsLate("s"), false);
  assert.throws(() => streams.keepLate("other"), code("not_found"));
});

Deno.test("a stream of late rows gets the columns that its stream has got", async () => {
  const streams = streamsOf();
  streams.keepLate("s");
  streams.put("s", { ...streams.get("s"), columns: [column("a"), column("b", STRING)] });
  const wide = frameOfRows(lateColumns([column("a"), column("b", STRING)]), [[5n, "p", "n", 7n, "x"]]);
  await streams.late("s", [wide], "p");
  const { columns, schemaVersion } = streams.get("s.late");
  assert.deepEqual([columns.at(-1)?.name, schemaVersion], ["b", 2]);
  streams.find("s")!.grow([column("a", DOUBLE)]);
  await streams.late("s", [wide], "p");
  assert.equal(streams.get("s.late").columns[3].type.kind, "double");
});

Deno.test("rows that a pipeline leaves out wait until their readers have room, but not for the pipeline itself", async () => {
  const streams = streamsOf(1);
  const letter = () => [frameOfRows(DEAD_COLUMNS, [[0n, 1n, null, "bad", "{}", 0n]])];
  await streams.bury("s", letter(), 1, "p");
  const dead = streams.find("s.dead")!, reader = dead.log.reader("earliest");
  dead.readers.add("q");
  let done = false;
  const waiting = streams.bury("s", letter(), 1, "p").then(() => done = true);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(done, false);
  await assert.rejects(streams.bury("s", letter(), 1, "q"), code("busy"));
  reader.next();
  reader.release(1);
  await waiting;
  assert.deepEqual([dead.info.rowsIn, streams.get("s").deadRows], [2, 2]);
  reader.close();
});

Deno.test("a stream that is deleted takes what was put aside of it along, but for what a pipeline reads", async () => {
  const streams = streamsOf();
  const letter = () => [frameOfRows(DEAD_COLUMNS, [[0n, 1n, null, "bad", "{}", 0n]])];
  const names = () => streams.list().map(({ name }) => name);
  await streams.bury("s", letter(), 1, "p");
  streams.keepLate("s");
  streams.keepLate("s.dead");
  assert.deepEqual(names(), ["s", "s.dead", "s.late", "s.dead.late"]);
  streams.find("s.late")!.readers.add("q");
  streams.delete("s");
  assert.deepEqual(names(), ["s.late"]);
});
