import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { ChunkList } from "../../src/view/chunks.ts";
import { INT64 } from "../../src/core/schema.ts";
import { rangeOf, rowsOf } from "../contract/view.ts";

const COLUMNS = [{ name: "n", type: INT64, nullable: false }];

function contents(list: ChunkList): number[] {
  return rowsOf(list.chunks.map(({ frame, start, end }) => ({ frame, start, rows: end - start }))).map(([n]) =>
    Number(n)
  );
}

Deno.test("thousands of tiny outputs end up in few chunks, in order", () => {
  const list = new ChunkList(-1, -1);
  for (let n = 0; n < 5000; n++) list.append(list.open(rangeOf(COLUMNS, [[n]])));
  assert.ok(list.chunks.length < 48, `${list.chunks.length} chunks`);
  assert.deepEqual(contents(list), Array.from({ length: 5000 }, (_, n) => n));
});

Deno.test("rows that are dropped are the oldest, whatever the sizes of outputs", () => {
  const steps = fc.array(fc.tuple(fc.nat(40), fc.nat(30)), { maxLength: 60 });
  fc.assert(fc.property(steps, (steps) => {
    const list = new ChunkList(-1, -1), model: number[] = [];
    let n = 0;
    for (const [rows, drop] of steps) {
      const values = Array.from({ length: rows + 1 }, () => n++);
      list.append(list.open(rangeOf(COLUMNS, values.map((value) => [value]))));
      model.push(...values);
      const gone = Math.min(drop, list.rows);
      list.drop(gone);
      model.splice(0, gone);
      assert.equal(list.rows, model.length);
    }
    assert.deepEqual(contents(list), model);
  }));
});
