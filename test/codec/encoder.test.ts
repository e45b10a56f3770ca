import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { OutputFormat } from "../../src/codec.ts";
import { ArrowEncoder } from "../../src/codec/arrow_encoder.ts";
import { openEncoder } from "../../src/codec/encoder.ts";
import { decodeArrow } from "../../src/core/arrow/reader.ts";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { renderRows } from "../../src/core/render.ts";
import { CsvRenderer } from "../../src/core/render_csv.ts";
import { type Column, INT64, STRING } from "../../src/core/schema.ts";

const COLUMNS: Column[] = [{ name: "n", type: INT64, nullable: true }, { name: "s", type: STRING, nullable: true }];

function frameOf(rows: readonly (readonly [bigint | null, string | null])[]): ArrayBuffer {
  const builder = new FrameBuilder(COLUMNS);
  for (const row of rows) builder.append(row);
  return builder.finish();
}

const rows = fc.array(fc.tuple(fc.option(fc.bigInt(-9n, 9n)), fc.option(fc.string({ unit: "grapheme" }))), {
  maxLength: 20,
});

/** All that an encoder gives for frames that are each cut in two. */
function encode(format: OutputFormat, frames: readonly ArrayBuffer[], cut: number): Uint8Array {
  const encoder = openEncoder(format, COLUMNS), parts = [encoder.head()];
  for (const frame of frames) {
    const { rows } = new FrameView(frame), at = cut % (rows + 1);
    parts.push(encoder.rows(frame, 0, at), encoder.rows(frame, at, rows - at));
  }
  parts.push(encoder.tail());
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const text = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

Deno.test("every encoder gives all rows of all calls, in order", () => {
  fc.assert(
    fc.property(fc.array(rows, { maxLength: 3 }), fc.nat(), (batches, cut) => {
      const frames = batches.map(frameOf), views = frames.map((frame) => new FrameView(frame));
      const objects = views.flatMap((view) => JSON.parse(`[${renderRows(view, COLUMNS)}]`));
      assert.deepEqual(JSON.parse(text(encode("json", frames, cut))), objects);
      const lines = text(encode("ndjson", frames, cut)).split("\n");
      assert.equal(lines.pop(), "");
      assert.deepEqual(lines.map((line) => JSON.parse(line)), objects);
      const csv = new CsvRenderer(COLUMNS);
      const expected = csv.header() + views.map((view) => csv.rows(view, 0, view.rows)).join("");
      assert.equal(text(encode("csv", frames, cut)), expected);
      const arrow = decodeArrow(encode("arrow", frames, cut));
      const back = arrow.frames.flatMap((frame) => JSON.parse(`[${renderRows(new FrameView(frame), COLUMNS)}]`));
      assert.deepEqual(back, objects);
    }),
    { numRuns: 200 },
  );
});

Deno.test("content types name the formats", () => {
  const types = (["ndjson", "json", "csv", "arrow"] as const).map((format) => openEncoder(format, COLUMNS).contentType);
  assert.deepEqual(types.map((type) => type.split(";")[0]), [
    "application/x-ndjson",
    "application/json",
    "text/csv",
    "application/vnd.apache.arrow.stream",
  ]);
});

Deno.test("the Arrow encoder carries row kinds when told to", () => {
  const builder = new FrameBuilder(COLUMNS), encoder = new ArrowEncoder(COLUMNS, { kinds: true });
  builder.append([1n, "a"], "-U");
  builder.append([1n, "b"], "+U");
  const parts = [encoder.head(), encoder.rows(builder.finish(), 1, 1), encoder.tail()];
  const { columns, frames } = decodeArrow(Uint8Array.from(parts.flatMap((part) => [...part])));
  assert.deepEqual(columns, COLUMNS);
  assert.deepEqual([new FrameView(frames[0]).kind(0), new FrameView(frames[0]).rows], ["+U", 1]);
});

Deno.test("every encoder writes row kinds last when told to", () => {
  const builder = new FrameBuilder(COLUMNS);
  builder.append([1n, "a"], "-U");
  builder.append([2n, "b"]);
  const frame = builder.finish();
  const written = (format: OutputFormat) => {
    const encoder = openEncoder(format, COLUMNS, { kinds: true });
    return text(encoder.head()) + text(encoder.rows(frame, 0, 2)) + text(encoder.tail());
  };
  const lines = ['{"n":1,"s":"a","$op":"-U"}', '{"n":2,"s":"b","$op":"+I"}'];
  assert.equal(written("ndjson"), `${lines.join("\n")}\n`);
  assert.equal(written("json"), `[\n${lines.join(",\n")}\n]\n`);
  assert.equal(written("csv"), "n,s,$op\r\n1,a,-U\r\n2,b,+I\r\n");
});
