import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { gatherRows } from "../../src/core/frame_gather.ts";
import { DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import { anyTable, type Table } from "../kernel/rows.ts";

function valuesOf(view: FrameView): unknown[] {
  return Array.from({ length: view.rows }, (_, row) => view.types.map((_, column) => view.value(row, column)));
}

function frameOf({ columns }: Table, rows: Table["rows"]): FrameView {
  const builder = new FrameBuilder(columns);
  for (const row of rows) builder.append(row);
  return new FrameView(builder.finish());
}

Deno.test("gathered rows are those that were picked, in that order, whatever the types and NULLs", () => {
  const picks = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 40 });
  fc.assert(
    fc.property(anyTable(40), fc.nat({ max: 3 }), picks, fc.nat(), fc.nat(), (table, cuts, picks, a, b) => {
      const size = Math.ceil(table.rows.length / (cuts + 1)) || 1;
      const views = Array.from(
        { length: cuts + 1 },
        (_, i) => frameOf(table, table.rows.slice(i * size, (i + 1) * size)),
      );
      const whole = picks.map(([frame, row]) => [frame % views.length, row] as const)
        .filter(([frame]) => views[frame].rows > 0).map(([frame, row]) => [frame, row % views[frame].rows] as const);
      const from = a % (whole.length + 1), to = from + b % (whole.length - from + 1);
      const frames = Int32Array.from(whole, ([frame]) => frame), rows = Int32Array.from(whole, ([, row]) => row);
      const gathered = new FrameView(gatherRows(views, { frames, rows }, from, to)), each = views.map(valuesOf);
      assert.deepEqual(valuesOf(gathered), whole.slice(from, to).map(([frame, row]) => each[frame][row]));
      gathered.types.forEach((_, i) => {
        const nulls = Array.from({ length: gathered.rows }, (_, row) => gathered.isNull(i, row)).filter(Boolean).length;
        assert.equal(gathered.buffers(i).nulls, nulls);
        assert.equal(gathered.buffers(i).validity === null, nulls === 0);
      });
    }),
  );
});

Deno.test("rows of frames with other columns are not gathered", () => {
  const make = (...types: (typeof INT64)[]) => {
    const builder = new FrameBuilder(types.map((type, i) => ({ name: `c${i}`, type, nullable: true })));
    builder.append(types.map(() => null));
    return new FrameView(builder.finish());
  };
  const picks = { frames: Int32Array.of(0), rows: Int32Array.of(0) };
  assert.throws(() => gatherRows([make(INT64, STRING), make(INT64, DOUBLE)], picks, 0, 1), TypeError);
  assert.throws(() => gatherRows([make(INT64), make(INT64, INT64)], picks, 0, 1), TypeError);
});
