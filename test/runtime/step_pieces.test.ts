import assert from "node:assert/strict";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import { piecesOf } from "../../src/runtime/task/step_pieces.ts";

const COLUMNS = [{ name: "n", type: INT64, nullable: false }, { name: "text", type: STRING, nullable: true }];

function frameOf(texts: readonly (string | null)[]): ArrayBuffer {
  const builder = new FrameBuilder(COLUMNS);
  texts.forEach((text, i) => builder.append([BigInt(i), text]));
  return builder.finish();
}

function rowsOf(frame: ArrayBuffer): unknown[] {
  const view = new FrameView(frame);
  return Array.from({ length: view.rows }, (_, row) => [view.value(row, 0), view.value(row, 1)]);
}

Deno.test("a frame comes in pieces of few enough bytes, with all rows in their order", () => {
  const frame = frameOf(Array.from({ length: 500 }, (_, i) => i % 7 === 0 ? null : "x".repeat(i * 3 % 400)));
  const pieces = [...piecesOf(frame, 10_000)];
  assert.ok(pieces.length > frame.byteLength / 10_000, `${pieces.length} pieces`);
  assert.ok(pieces.every(({ byteLength }) => byteLength <= 10_000));
  assert.deepEqual(pieces.flatMap(rowsOf), rowsOf(frame));
});

Deno.test("a frame of few bytes is handed on as it is, and so is a row that alone has too many", () => {
  const small = frameOf(["a", "b"]);
  assert.deepEqual([...piecesOf(small, small.byteLength)], [small]);
  const pieces = [...piecesOf(frameOf(["x".repeat(5000), "y"]), 500)];
  assert.deepEqual(pieces.map((piece) => rowsOf(piece).length), [1, 1]);
});
