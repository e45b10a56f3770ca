import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { ROW_KINDS, type RowKind } from "../../src/core/batch.ts";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { BOOL, type Column, DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import { anyTable } from "../kernel/rows.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });

Deno.test("a view gives back the values, kinds and header that the builder got", () => {
  fc.assert(
    fc.property(
      anyTable(100),
      fc.array(fc.constantFrom(...ROW_KINDS)),
      fc.nat(),
      ({ columns, rows }, kinds, number) => {
        const builder = new FrameBuilder(columns);
        const kindOf = (row: number): RowKind => kinds[row] ?? "+I";
        rows.forEach((values, row) => builder.append(values, kindOf(row)));
        const frame = builder.finish({ number, timeMax: number });
        assert.equal(frame.byteLength % 64, 0);
        const view = new FrameView(frame);
        assert.deepEqual(view.info, { number, schema: 0, timeMin: Infinity, timeMax: number });
        assert.equal(view.rows, rows.length);
        assert.deepEqual(view.types.map((type) => type.kind), columns.map(({ type }) => type.kind));
        rows.forEach((values, row) => {
          assert.deepEqual(values.map((_, i) => view.value(row, i)), values);
          assert.equal(view.kind(row), kindOf(row));
        });
        assert.equal(builder.rows, 0);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("typed accessors and Arrow buffers read the same cells", () => {
  const builder = new FrameBuilder([column("a", INT64), column("b", DOUBLE), column("c", BOOL), column("d", STRING)]);
  builder.append([1n, 1.5, true, "añb"]);
  builder.append([null, -0, false, ""]);
  builder.append([3, NaN, null, "z"]);
  const view = new FrameView(builder.finish());
  assert.deepEqual([view.isNull(0, 0), view.isNull(0, 1), view.isNull(1, 1)], [false, true, false]);
  assert.deepEqual([view.int64(0, 0), view.int64(0, 1), view.int64(0, 2)], [1n, 0n, 3n]);
  assert.ok(Object.is(view.double(1, 1), -0));
  assert.deepEqual([view.bool(2, 0), view.bool(2, 1)], [true, false]);
  assert.equal(view.text(3, 0), "añb");
  const text = view.buffers(3);
  assert.deepEqual([...text.data as Int32Array], [0, 4, 4, 5]);
  assert.equal(text.validity, null);
  assert.equal(view.buffers(0).nulls, 1);
  assert.deepEqual([...view.buffers(0).validity!], [0b101]);
});

Deno.test("a value that its column cannot hold is refused with the column's name, and the row is not added", () => {
  const builder = new FrameBuilder([column("n", INT64), column("t", STRING)]);
  assert.throws(() => builder.append([1.5, "a"]), /Cannot put number 1.5 into column n of type int64/);
  assert.throws(() => builder.append([2n ** 63n, "a"]), /column n/);
  assert.throws(() => builder.append([1n, 5]), /column t/);
  assert.equal(builder.rows, 0);
  assert.equal(new FrameView(builder.finish()).rows, 0);
});

Deno.test("a view refuses bytes that are no frame and damaged heads", () => {
  fc.assert(
    fc.property(anyTable(20), fc.nat(), fc.nat(255), ({ columns, rows }, at, value) => {
      const builder = new FrameBuilder(columns);
      rows.forEach((values) => builder.append(values));
      const frame = builder.finish();
      new Uint8Array(frame)[at % frame.byteLength] = value;
      let view: FrameView;
      try {
        view = new FrameView(frame);
      } catch (error) {
        assert.match(String(error), /Cannot read a frame/);
        return;
      }
      // whatever is accepted can be read to its last cell
      if (view.rows > 1000) return;
      for (let row = 0; row < view.rows; row++) for (let i = 0; i < view.columns; i++) view.value(row, i);
    }),
    { numRuns: 500 },
  );
  assert.throws(() => new FrameView(new ArrayBuffer(10)), /no header/);
  assert.throws(() => new FrameView(new ArrayBuffer(64)), /magic/);
});
