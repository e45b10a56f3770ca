import assert from "node:assert/strict";
import { ArrowEncoder } from "../../src/codec/arrow_encoder.ts";
import { frameRows } from "../../src/core/frame_info.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { DecodeJob, DecodeResult } from "../../src/runtime/protocol.ts";
import { Bodies } from "../../src/runtime/task/bodies.ts";
import { zstdPacker } from "../../src/log/packer_deno.ts";
import { hostParts } from "../../workers/parts.ts";
import { kernelModule } from "../kernel/load.ts";
import { frameOfRows, textOfRanges } from "./rows.ts";

const COLUMNS: readonly Column[] = [
  { name: "device", type: STRING, nullable: true },
  { name: "ts", type: TIMESTAMP, nullable: false },
  { name: "n", type: INT64, nullable: true },
];
const ARRIVAL = Date.UTC(2024, 5, 1), SKEW = 1000;
const iso = (ms: number) => new Date(ms).toISOString();

function decode(body: string | Uint8Array, more: Partial<DecodeJob>): Extract<DecodeResult, { kind: "decoded" }> {
  const bodies = new Bodies(kernelModule(), hostParts(null), null);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  const bound = { column: 1, arrivalMs: ARRIVAL, skewMs: SKEW };
  const job = {
    stream: "s",
    schema: 1,
    columns: COLUMNS,
    format: "ndjson" as const,
    options: {},
    widen: false,
    sums: false,
  };
  const result = bodies.decode({ ...job, body: bytes, bound, ...more });
  assert.equal(result.kind, "decoded");
  return result as Extract<DecodeResult, { kind: "decoded" }>;
}

const texts = (frames: readonly ArrayBuffer[]) =>
  frames.flatMap((frame) => textOfRanges([{ frame, start: 0, rows: frameRows(frame) }]));
const reason = `Time ${iso(ARRIVAL + SKEW + 1)} is more than 1 s ahead of its arrival ${iso(ARRIVAL)}: ` +
  "set the sender's clock, or raise future_skew_ms of stream s (0: without bound)";

Deno.test("rows ahead of their request are rejected at their line, among other bad rows, and the others stay", () => {
  const rows = [ARRIVAL - 5, ARRIVAL + SKEW + 1, null, ARRIVAL + SKEW, ARRIVAL + SKEW + 1];
  const lines = rows.map((ts, n) => JSON.stringify({ n, device: `d${n}`, ts }));
  const result = decode(lines.join("\n"), {});
  assert.deepEqual(texts(result.frames), [`"d0" ${ARRIVAL - 5}n 0n`, `"d3" ${ARRIVAL + SKEW}n 3n`]);
  assert.deepEqual([result.rows, result.rejected, result.fatal], [2, 3, false]);
  assert.deepEqual(result.errors.map(({ line, field }) => [line, field]), [[2, "ts"], [3, "ts"], [5, "ts"]]);
  assert.equal(result.errors[0].reason, reason);
  assert.deepEqual(texts(result.dead).filter((_, i) => i !== 1), [
    `0n 2n "ts" ${JSON.stringify(reason)} ${JSON.stringify(lines[1])} 0n 0n "json" null null`,
    `0n 5n "ts" ${JSON.stringify(reason)} ${JSON.stringify(lines[4])} 0n 0n "json" null null`,
  ]);
});

Deno.test("CSV and JSON documents are judged alike", () => {
  const csv = `device,ts,n\r\na,${iso(ARRIVAL)},1\r\n"b\nb",${iso(ARRIVAL + SKEW + 1)},2\r\nc,${iso(0)},3\r\n`;
  const fromCsv = decode(csv, { format: "csv" });
  assert.deepEqual([fromCsv.rows, fromCsv.errors.map(({ line, reason }) => [line, reason])], [2, [[3, reason]]]);
  const json = JSON.stringify([{ ts: ARRIVAL + SKEW + 1 }, { ts: ARRIVAL, device: "],{" }], null, 1);
  const fromJson = decode(json, { format: "json" });
  assert.deepEqual([fromJson.rows, fromJson.errors.map(({ line, reason }) => [line, reason])], [1, [[2, reason]]]);
});

Deno.test("rows of later batches are found by their lines too", () => {
  const lines = Array.from({ length: 20_000 }, (_, n) => {
    const ts = n % 6000 === 5999 ? ARRIVAL + SKEW + 1 : ARRIVAL;
    return n % 2000 === 7 ? "no row" : JSON.stringify({ ts, n });
  });
  const { rows, errors, rejected } = decode(lines.join("\n"), {});
  assert.deepEqual([rows, rejected], [20_000 - 13, 13]);
  const ahead = [5999, 11_999, 17_999].map((n) => n + 1);
  assert.deepEqual(errors.filter((error) => error.reason === reason).map(({ line }) => line), ahead);
});

Deno.test("rows of an Arrow body are judged one by one, and counted instead of lines", () => {
  const writer = new ArrowEncoder(COLUMNS), rows = [ARRIVAL, ARRIVAL + SKEW + 1, ARRIVAL + SKEW];
  const frame = frameOfRows(COLUMNS, rows.map((ts, i) => [`d${i}`, BigInt(ts), null]));
  const parts = [writer.head(), writer.rows(frame, 0, 3), writer.tail()];
  const result = decode(new Uint8Array(parts.flatMap((part) => [...part])), { format: "arrow" });
  assert.deepEqual(texts(result.frames), [`"d0" ${ARRIVAL}n null`, `"d2" ${ARRIVAL + SKEW}n null`]);
  assert.deepEqual(result.errors.map(({ line, reason }) => [line, reason]), [[2, reason]]);
  const raw = JSON.stringify({ device: "d1", ts: iso(ARRIVAL + SKEW + 1), n: null });
  assert.deepEqual(texts(result.dead), [
    `0n 2n "ts" ${JSON.stringify(reason)} ${JSON.stringify(raw)} 0n 0n "json" null null`,
  ]);
});

Deno.test("without a bound no time is too late", () => {
  assert.equal(decode(JSON.stringify({ ts: ARRIVAL + 1e12 }), { bound: null }).rows, 1);
});

Deno.test("frames are packed where their log wants it, unless bad rows go with them", () => {
  const bodies = new Bodies(kernelModule(), hostParts(null), zstdPacker.pack);
  const lines = Array.from({ length: 500 }, (_, n) => JSON.stringify({ n, device: "d", ts: ARRIVAL }));
  const decoded = (rows: readonly string[], pack: boolean) => {
    const body = new TextEncoder().encode(rows.join("\n")), shape = { stream: "s", schema: 1, columns: COLUMNS };
    const how = { format: "ndjson" as const, options: {}, widen: false, bound: null, sums: true, pack };
    const result = bodies.decode({ ...shape, ...how, body });
    assert.equal(result.kind, "decoded");
    return result as Extract<DecodeResult, { kind: "decoded" }>;
  };
  const { packed, frames: [frame], sums } = decoded(lines, true);
  assert.ok(packed && packed.length < frame.byteLength);
  const unpacked = zstdPacker.unpack(new Uint8Array(packed.buffer, 0, packed.length), frame.byteLength);
  assert.deepEqual(new Uint8Array(unpacked), new Uint8Array(frame));
  assert.equal(sums.length, 1);
  assert.equal(decoded(lines, false).packed, undefined);
  assert.equal(decoded([...lines, "{"], true).packed, undefined);
});
