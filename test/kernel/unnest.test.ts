import assert from "node:assert/strict";
import { arrayOf, INT64, JSON_VALUE, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { FIRE_ROWS_MAX, UNNEST_BYTES } from "../../src/core/limits.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { Unnester } from "../../src/kernel/unnest.ts";
import { loadOperators, VARIANTS } from "./load.ts";
import { anyJson } from "./nested_json.ts";
import { randomOf, SEED } from "./function/run.ts";
import { selectionOf, valueAt, vectorOf } from "./vectors.ts";

/** Row number, kind, what stands beside the array, the item as JSON, its number. */
type Out = readonly [number, number, Value, Value, Value];

interface Rows {
  readonly beside: readonly Value[];
  readonly lists: readonly (readonly unknown[] | null)[];
  readonly kinds: readonly number[] | null;
  readonly selected: readonly number[] | null;
}

function reference({ beside, lists, kinds, selected }: Rows, outer: boolean): Out[] {
  return [...selected ?? lists.keys()].flatMap((row): Out[] => {
    const list = lists[row] ?? [], kind = kinds?.[row] ?? 0;
    if (list.length === 0) return outer ? [[row, kind, beside[row], null, null]] : [];
    return list.map((item, i) => [row, kind, beside[row], item === null ? null : JSON.stringify(item), BigInt(i + 1)]);
  });
}

function unnested(kernel: Kernel, unnester: Unnester, { beside, lists, kinds, selected }: Rows, step: number): Out[] {
  const columns = [
    vectorOf(kernel, STRING, beside),
    vectorOf(kernel, arrayOf(JSON_VALUE), lists.map((list) => list && JSON.stringify(list))),
  ];
  const kindsAt = kinds ? kernel.arena(kinds.length) : 0, out: Out[] = [];
  if (kinds) kernel.copyIn(Uint8Array.from(kinds), kindsAt);
  const selection = selected ? selectionOf(kernel, selected) : 0;
  const rows = lists.length;
  unnester.push({ rows, columns, selection, selected: selected?.length ?? rows, kinds: kindsAt }, 1);
  for (;;) {
    const mark = kernel.mark(), next = unnester.next(step);
    if (!next) break;
    assert.ok(next.rows <= step && next.rows <= FIRE_ROWS_MAX);
    assert.deepEqual(next.columns.map(({ type }) => type), [STRING, arrayOf(JSON_VALUE), JSON_VALUE, INT64]);
    for (let row = 0; row < next.rows; row++) {
      const [text, list, item, number]: Value[] = next.columns.map((vector) => valueAt(kernel, vector, row));
      const cause = kernel.data.getUint32(next.causes + row * 4, true);
      assert.equal(list, lists[cause] && JSON.stringify(lists[cause]));
      out.push([cause, next.kinds === 0 ? 0 : kernel.bytes[next.kinds + row], text, item, number]);
    }
    kernel.release(mark);
  }
  kernel.reset();
  return out;
}

for (const variant of VARIANTS) {
  Deno.test(`each row comes once for each item of its array, as a plain reference has it (${variant}), seed ${SEED}`, () => {
    const kernel = loadOperators(variant), random = randomOf(SEED);
    const unnesters = [false, true].map((outer) => ({ outer, unnester: new Unnester(kernel, outer) }));
    let all = 0;
    for (let run = 0; run < 150; run++) {
      const count = random.below(80);
      const each = <T>(make: () => T): T[] => Array.from({ length: count }, make);
      const rows: Rows = {
        beside: each(() => random.below(4) === 0 ? null : "x".repeat(random.below(20))),
        lists: each(() =>
          random.below(6) === 0 ? null : Array.from({ length: random.below(9) }, () => anyJson(random, 2))
        ),
        kinds: random.below(2) === 0 ? null : each(() => random.below(4)),
        selected: random.below(2) === 0 ? null : each(() => 0).map((_, i) => i).filter(() => random.below(3) > 0),
      };
      for (const { outer, unnester } of unnesters) {
        const expected = reference(rows, outer);
        assert.deepEqual(unnested(kernel, unnester, rows, 1 + random.below(30)), expected);
        all += expected.length;
      }
    }
    unnesters.forEach(({ unnester }) => unnester.close());
    assert.ok(all > 5000, `${all} rows`);
  });
}

Deno.test("an array of a hundred thousand items comes in steps of bounded size", () => {
  const kernel = loadOperators(), unnester = new Unnester(kernel, false);
  const list = JSON.stringify(Array.from({ length: 100_000 }, (_, i) => i));
  unnester.push(
    { rows: 1, columns: [vectorOf(kernel, arrayOf(INT64), [list])], selection: 0, selected: 1, kinds: 0 },
    0,
  );
  let rows = 0;
  for (let next = unnester.next(Infinity); next; next = unnester.next(Infinity)) {
    assert.ok(next.rows <= FIRE_ROWS_MAX);
    const [, item, number] = next.columns.map((vector) => valueAt(kernel, vector, next!.rows - 1));
    rows += next.rows;
    assert.deepEqual([item, number], [String(rows - 1), BigInt(rows)]);
  }
  assert.equal(rows, 100_000);
  unnester.close();
});

Deno.test("items beside long texts come in batches whose texts are bounded", () => {
  const kernel = loadOperators(), unnester = new Unnester(kernel, false);
  const text = "x".repeat(1 << 20), list = JSON.stringify(Array.from({ length: 100 }, (_, i) => i));
  const columns = [vectorOf(kernel, STRING, [text, "y"]), vectorOf(kernel, arrayOf(INT64), [list, list])];
  unnester.push({ rows: 2, columns, selection: 0, selected: 2, kinds: 0 }, 1);
  const sizes: number[] = [];
  for (let next = unnester.next(Infinity); next; next = unnester.next(Infinity)) sizes.push(next.rows);
  assert.equal(sizes.reduce((sum, rows) => sum + rows, 0), 200);
  assert.ok(sizes.slice(0, -1).every((rows) => rows === UNNEST_BYTES >> 20), String(sizes));
  unnester.close();
});
