import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import { KeySet } from "../../src/store/key_set.ts";
import { anyTable } from "../kernel/rows.ts";

/** Bytes of a value, as text that tells types and NULL apart. */
function textOf(value: unknown): string {
  return value instanceof Uint8Array
    ? `bytes ${value.join()}`
    : Object.is(value, -0)
    ? "-0"
    : `${typeof value} ${value}`;
}

Deno.test("a set of keys has those that were added, whatever their types and NULLs", () => {
  fc.assert(
    fc.property(anyTable(60), fc.nat(), fc.nat(), ({ columns, rows }, keys, split) => {
      const count = 1 + keys % columns.length, set = new KeySet(), model = new Set<string>();
      const cut = split % (rows.length + 1);
      // Twice the same rows, in two frames of other sizes.
      for (const part of [rows.slice(0, cut), rows, rows.slice(cut)]) {
        const builder = new FrameBuilder(columns);
        for (const row of part) builder.append(row);
        const view = new FrameView(builder.finish());
        set.from(view, count);
        for (let row = 0; row < view.rows; row++) {
          const key = JSON.stringify(Array.from({ length: count }, (_, column) => textOf(view.value(row, column))));
          assert.equal(set.has(row), model.has(key), key);
          assert.equal(set.add(row), !model.has(key), key);
          assert.equal(set.has(row), true);
          model.add(key);
        }
      }
      assert.equal(set.size, model.size);
    }),
  );
});

Deno.test("a set of many keys, and of long ones, tells them apart", () => {
  const columns = [{ name: "n", type: INT64, nullable: false }, { name: "s", type: STRING, nullable: false }];
  const builder = new FrameBuilder(columns), set = new KeySet(), rows = 30_000;
  for (let i = 0; i < rows; i++) builder.append([BigInt(i % 100), i < 10 ? "x".repeat(9000 + i) : `${i}`]);
  const view = new FrameView(builder.finish());
  set.from(view, 2);
  for (let row = 0; row < rows; row++) assert.equal(set.add(row), true, `${row}`);
  for (let row = 0; row < rows; row++) assert.equal(set.add(row), false, `${row}`);
  assert.equal(set.size, rows);
});

Deno.test("every row has the one key of a table without columns for it", () => {
  const builder = new FrameBuilder([{ name: "n", type: INT64, nullable: false }]), set = new KeySet();
  builder.append([1n]);
  builder.append([2n]);
  set.from(new FrameView(builder.finish()), 0);
  assert.deepEqual([set.has(0), set.add(0), set.add(1), set.size], [false, true, false, 1]);
});
