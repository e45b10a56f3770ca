import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { type Batch, ROW_KINDS } from "../../../src/core/batch.ts";
import { RdxError } from "../../../src/core/errors.ts";
import { FrameBuilder, frameType, FrameView, NO_INFO } from "../../../src/core/frame.ts";
import { FRAME_COLUMN_SCALE, FRAME_COLUMN_TYPE, FRAME_HEADER_SIZE } from "../../../src/core/frame_layout.ts";
import { decimal, INT64, STRING } from "../../../src/core/schema.ts";
import { FrameReader, FrameWriter } from "../../../src/kernel/frame.ts";
import type { Kernel } from "../../../src/kernel/module.ts";
import { loadKernel, VARIANTS } from "../load.ts";
import { anyTable, type Table } from "../rows.ts";
import { selectionOf, valueAt, vectorOf } from "../vectors.ts";

const INFO = { number: 7, schema: 3, timeMin: -5, timeMax: 1_700_000_000_000 };

interface Case {
  readonly table: Table;
  /** The rows that are selected, or null: no selection. */
  readonly picked: readonly number[] | null;
  /** Positions in ROW_KINDS, or null: inserts. */
  readonly kinds: readonly number[] | null;
}

const anyCase: fc.Arbitrary<Case> = anyTable(150).chain((table) =>
  fc.record({
    table: fc.constant(table),
    picked: fc.option(fc.subarray(table.rows.map((_, row) => row))),
    kinds: fc.option(fc.array(fc.nat(3), { minLength: table.rows.length, maxLength: table.rows.length })),
  })
);

function batchOf(kernel: Kernel, { table, picked, kinds }: Case): Batch {
  const rows = table.rows.length, kindsAt = kinds ? kernel.arena(rows) : 0;
  if (kinds) kernel.copyIn(Uint8Array.from(kinds), kindsAt);
  return {
    rows,
    columns: table.columns.map(({ type }, i) =>
      vectorOf(kernel, type, table.rows.map((row) => row[i]), rows % 2 === 0)
    ),
    selection: picked ? selectionOf(kernel, picked) : 0,
    selected: picked ? picked.length : rows,
    kinds: kindsAt,
  };
}

function built({ table, picked, kinds }: Case): ArrayBuffer {
  const builder = new FrameBuilder(table.columns);
  for (const row of picked ?? table.rows.keys()) builder.append(table.rows[row], ROW_KINDS[kinds?.[row] ?? 0]);
  return builder.finish(INFO);
}

for (const variant of VARIANTS) {
  Deno.test(`a kernel writes the same bytes as the builder for the selected rows (${variant})`, () => {
    const kernel = loadKernel(variant), writer = new FrameWriter(kernel);
    fc.assert(
      fc.property(anyCase, (given) => {
        kernel.reset();
        // what earlier batches left in the arena must not show in padding
        const junk = kernel.arena(200_000);
        kernel.bytes.fill(0xff, junk, junk + 200_000);
        kernel.reset();
        const frame = writer.write(batchOf(kernel, given), INFO);
        assert.deepEqual(new Uint8Array(frame), new Uint8Array(built(given)));
      }),
      { numRuns: 300 },
    );
  });

  Deno.test(`a frame that is put together in another's buffer has the same bytes (${variant})`, () => {
    const kernel = loadKernel(variant), writer = new FrameWriter(kernel);
    fc.assert(
      fc.property(anyCase, (given) => {
        kernel.reset();
        const junk = kernel.arena(200_000);
        kernel.bytes.fill(0xff, junk, junk + 200_000);
        kernel.reset();
        const expected = new Uint8Array(built(given));
        const frame = writer.writeInto(batchOf(kernel, given), INFO, (bytes) => {
          assert.equal(bytes, expected.length);
          const old = new ArrayBuffer(bytes + 70);
          new Uint8Array(old).fill(0xee);
          return old;
        });
        assert.deepEqual(new Uint8Array(frame, 0, expected.length), expected);
      }),
      { numRuns: 300 },
    );
  });

  Deno.test(`a frame that is read gives the values that were put in, for all columns and for some (${variant})`, () => {
    const kernel = loadKernel(variant), reader = new FrameReader(kernel);
    const anyRead = anyCase.chain((given) =>
      fc.tuple(
        fc.constant(given),
        fc.option(fc.subarray(given.table.columns.map((_, column) => column)), { nil: undefined }),
      )
    );
    fc.assert(
      fc.property(anyRead, ([given, wanted]) => {
        kernel.reset();
        const batch = reader.read(built(given), wanted);
        const picked = given.picked ?? [...given.table.rows.keys()];
        const columns = wanted ?? [...given.table.columns.keys()];
        assert.equal(batch.rows, picked.length);
        assert.equal(batch.selected, picked.length);
        assert.equal(batch.columns.length, columns.length);
        picked.forEach((row, at) => {
          const values = batch.columns.map((vector) => valueAt(kernel, vector, at));
          assert.deepEqual(values, columns.map((column) => given.table.rows[row][column]));
          const kind = batch.kinds ? kernel.bytes[batch.kinds + at] : 0;
          assert.equal(kind, given.kinds?.[row] ?? 0);
        });
      }),
      { numRuns: 300 },
    );
  });

  Deno.test(`a damaged frame is refused or read within its bounds, and never traps (${variant})`, () => {
    const kernel = loadKernel(variant), reader = new FrameReader(kernel);
    const damage = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff))), {
      minLength: 1,
      maxLength: 4,
    });
    let refused = 0;
    fc.assert(
      fc.property(anyCase, damage, fc.boolean(), fc.nat(100), (given, hits, inHead, cut) => {
        kernel.reset();
        const bytes = new Uint8Array(built(given));
        const reach = inHead ? Math.min(bytes.length, 64 + 32 * given.table.columns.length) : bytes.length;
        for (const [at, value] of hits) bytes[at % reach] = value;
        const frame = cut < 90 ? bytes.buffer : bytes.buffer.slice(0, cut * bytes.length / 100);
        try {
          const batch = reader.read(frame);
          for (const vector of batch.columns) for (let row = 0; row < batch.rows; row++) valueAt(kernel, vector, row);
        } catch (error) {
          assert.match(String(error), /Cannot read a frame/);
          refused++;
        }
      }),
      { numRuns: 600 },
    );
    assert.ok(refused > 50, `only ${refused} frames were refused`);
  });

  Deno.test(`a type or a scale that there is not is refused, and those that there are keep theirs (${variant})`, () => {
    const kernel = loadKernel(variant), reader = new FrameReader(kernel), at = FRAME_HEADER_SIZE;
    const columns = [{ name: "d", type: decimal(18, 4), nullable: false }];
    for (let code = 0; code < 12; code++) {
      for (const scale of [0, 1, 18, 19, 38, 39, 0xffff_ffff]) {
        kernel.reset();
        const builder = new FrameBuilder(columns);
        builder.append([0n]);
        const frame = builder.finish(), head = new DataView(frame), type = frameType(code, scale);
        head.setUint32(at + FRAME_COLUMN_TYPE, code, true);
        head.setUint32(at + FRAME_COLUMN_SCALE, scale, true);
        try {
          assert.deepEqual(reader.read(frame).columns.map((vector) => vector.type), [type]);
        } catch (thrown) {
          // Other types of other lengths are refused for these
          assert.ok(thrown instanceof RdxError && thrown.code === "invalid", `${code}, ${scale}: ${thrown}`);
          assert.notDeepEqual(type, decimal(18, 4));
        }
      }
    }
  });

  Deno.test(`offsets that descend, leave their bytes or overflow are refused (${variant})`, () => {
    const kernel = loadKernel(variant), reader = new FrameReader(kernel);
    const columns = [{ name: "s", type: STRING, nullable: false }];
    for (const offsets of [[0, 3, 2, 5], [0, -1, 3, 5], [1, 2, 3, 5], [0, 1, 2, 6], [0, 0x7fffffff, -0x80000000, 5]]) {
      const builder = new FrameBuilder(columns);
      for (const text of ["ab", "c", "de"]) builder.append([text]);
      const frame = builder.finish();
      new Int32Array(frame, 128, 4).set(offsets);
      assert.throws(() => reader.read(frame), /damaged/, String(offsets));
      assert.throws(() => new FrameView(frame), /offsets of column 0/, String(offsets));
    }
  });

  Deno.test(`a memory that is full is said, not trapped (${variant})`, () => {
    const kernel = loadKernel(variant, 16 << 20), reader = new FrameReader(kernel);
    const builder = new FrameBuilder([{ name: "s", type: STRING, nullable: false }]);
    for (let row = 0; row < 1000; row++) builder.append(["x"]);
    const frame = builder.finish();
    assert.throws(() => {
      for (;;) reader.read(frame);
    }, { code: "no_space" });
  });
}

Deno.test("a recycled buffer is used again when it is large enough, and the frame in it is whole", () => {
  const kernel = loadKernel(), writer = new FrameWriter(kernel);
  const columns = [vectorOf(kernel, INT64, [1n, 2n, 3n])];
  const batch = { rows: 3, columns, selection: 0, selected: 3, kinds: 0 };
  const old = new ArrayBuffer(256);
  new Uint8Array(old).fill(0xee);
  writer.recycle(old);
  const frame = writer.write(batch, NO_INFO);
  assert.equal(frame, old);
  assert.equal(new FrameView(frame).int64(0, 2), 3n);
  writer.recycle(new ArrayBuffer(64));
  assert.equal(writer.write(batch, NO_INFO).byteLength, 192);
});
