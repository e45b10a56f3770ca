import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { ROW_KINDS } from "../../src/core/batch.ts";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { concatRanges } from "../../src/core/frame_concat.ts";
import { DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import { anyTable, type Table } from "../kernel/rows.ts";

function valuesOf(view: FrameView): unknown[] {
  return Array.from({ length: view.rows }, (_, row) => [
    view.kind(row),
    ...view.types.map((_, column) => view.value(row, column)),
  ]);
}

function frameOf({ columns }: Table, rows: Table["rows"], kinds: boolean): FrameView {
  const builder = new FrameBuilder(columns);
  rows.forEach((row, i) => builder.append(row, kinds ? ROW_KINDS[i % 4] : "+I"));
  return new FrameView(builder.finish());
}

Deno.test("joined ranges hold the rows of each, in order, whatever the types, NULLs and cuts", () => {
  const cut = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.boolean());
  fc.assert(
    fc.property(anyTable(60), fc.array(cut, { minLength: 1, maxLength: 5 }), (table, cuts) => {
      const ranges = cuts.map(([a, b, c, kinds]) => {
        const view = frameOf(table, table.rows.slice(a % (table.rows.length + 1)), kinds);
        const start = b % (view.rows + 1);
        return { view, start, rows: c % (view.rows - start + 1) };
      });
      const joined = new FrameView(concatRanges(ranges, { number: 7 }));
      assert.deepEqual(
        valuesOf(joined),
        ranges.flatMap(({ view, start, rows }) => valuesOf(view).slice(start, start + rows)),
      );
      assert.equal(joined.info.number, 7);
      joined.types.forEach((_, i) => {
        const nulls = Array.from({ length: joined.rows }, (_, row) => joined.isNull(i, row)).filter(Boolean).length;
        assert.equal(joined.buffers(i).nulls, nulls);
      });
    }),
    { numRuns: 300 },
  );
});

Deno.test("frames with different columns are not joined", () => {
  const view = (type: typeof INT64) => new FrameView(new FrameBuilder([{ name: "a", type, nullable: true }]).finish());
  const range = (type: typeof INT64) => ({ view: view(type), start: 0, rows: 0 });
  assert.throws(() => concatRanges([range(INT64), range(DOUBLE)]), TypeError);
  assert.throws(() => concatRanges([range(STRING), range(INT64)]), TypeError);
});
