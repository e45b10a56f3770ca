import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { Crc32c } from "../../src/kernel/crc.ts";
import {
  isWhole,
  type Packer,
  partsOf,
  prepareRecord,
  readRecordHead,
  type RecordParts,
  writeRecord,
} from "../../src/log/format.ts";
import { GroupBuffers } from "../../src/log/group_buffers.ts";
import { zstdPacker } from "../../src/log/packer_deno.ts";
import { packFrames } from "../../src/runtime/task/packed_frames.ts";
import { loadKernel } from "../kernel/load.ts";

const crc = new Crc32c(loadKernel()), checksum = (bytes: Uint8Array, before?: number) => crc.of(bytes, before);

/** `before`: what each byte of the memory is that the record is written to. */
function written(record: RecordParts, packer: Packer | null = null, before = 0): Uint8Array<ArrayBuffer> {
  const prepared = prepareRecord(record, packer), bytes = new Uint8Array(prepared.length).fill(before);
  writeRecord(bytes, 0, prepared, { group: 64, seed: 7, checksum });
  return bytes;
}

const part = fc.uint8Array({ maxLength: 80 });

Deno.test("a record is the same whether the checksums of its parts are known or not, and whatever was in its memory", () => {
  const parts = fc.array(part, { maxLength: 4 }), aside = fc.array(part, { maxLength: 1 });
  fc.assert(fc.property(parts, aside, part, (parts, aside, text) => {
    const record = {
      kind: "rows",
      key: 5,
      rows: 3,
      schema: 1,
      arrivalMs: 9,
      newestAside: -1,
      text,
      parts,
      aside,
    } as const;
    const bytes = written({ ...record, sums: parts.map((part) => checksum(part)) });
    assert.deepEqual(bytes, written(record));
    assert.deepEqual(bytes, written(record, null, 255));
    assert.ok(isWhole(bytes, 0, bytes.length, 7, checksum));
  }));
});

Deno.test("a record is the same whether its parts come packed or not, and has them again", () => {
  const one = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 255 })).map(([length, step]) =>
    Uint8Array.from({ length }, (_, i) => i * step)
  );
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 3 }), fc.array(part, { maxLength: 1 }), (parts, aside) => {
      const text = new Uint8Array(), at = { key: 5, rows: 3, schema: 1, arrivalMs: 9, newestAside: -1 };
      const record = { kind: "rows", ...at, text, parts, aside } as const;
      const packed = packFrames(parts.map(({ buffer }) => buffer), zstdPacker.pack, crc);
      const bytes = written({ ...record, packed }, zstdPacker);
      assert.deepEqual(bytes, written(record, zstdPacker));
      assert.ok(isWhole(bytes, 0, bytes.length, 7, checksum));
      const found = partsOf(bytes, 0, readRecordHead(bytes, 0)!, zstdPacker);
      assert.deepEqual(found.parts.map((buffer) => new Uint8Array(buffer)), parts);
      assert.deepEqual(written({ ...record, packed }), written(record), "a log that does not pack takes the parts");
    }),
  );
});

Deno.test("a record whose parts are not what their checksums say is damaged", () => {
  const parts = [new Uint8Array(16).fill(1)], text = new Uint8Array();
  const record = {
    kind: "rows",
    key: 5,
    rows: 3,
    schema: 1,
    arrivalMs: 9,
    newestAside: -1,
    text,
    parts,
    aside: [],
  } as const;
  const bytes = written({ ...record, sums: [checksum(new Uint8Array(16).fill(2))] });
  assert.ok(!isWhole(bytes, 0, bytes.length, 7, checksum));
});

Deno.test("buffers that go round are nobody else's until they are given back", () => {
  const buffers = new GroupBuffers();
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.boolean())), (steps) => {
    const taken: Uint8Array<ArrayBuffer>[] = [];
    for (const [length, give] of steps) {
      const bytes = buffers.take(length);
      assert.equal(bytes.length, length);
      assert.ok(taken.every(({ buffer }) => buffer !== bytes.buffer));
      taken.push(bytes);
      if (give) buffers.give(taken.shift()!);
    }
    for (const bytes of taken) buffers.give(bytes);
  }));
});
