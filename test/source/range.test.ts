import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { RdxError } from "../../src/core/errors.ts";
import { JSON_FILE_BYTES_MAX, LINE_BYTES_MAX, RANGE_BYTES } from "../../src/core/limits.ts";
import type { FileReader } from "../../src/source.ts";
import { RangeInput } from "../../src/runtime/input.ts";
import { openRanges, type RangeOptions } from "../../src/source/range.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** One file, in memory, that gives few bytes at a time. */
function fileOf(content: Uint8Array, most = 7): FileReader {
  return {
    size: () => content.length,
    read(_path, offset, target) {
      const piece = content.subarray(offset, offset + Math.min(most, target.length));
      target.set(piece);
      return piece.length;
    },
    close() {},
  };
}

function rangesOf(content: Uint8Array, options: Partial<RangeOptions>, most?: number) {
  const source = openRanges(fileOf(content, most), { path: "f", format: "csv", ...options });
  const ranges = [];
  for (let range = source.next(); range; range = source.next()) {
    ranges.push(range);
    assert.equal(source.position, range.offset + range.length);
  }
  assert.equal(source.size, content.length);
  return ranges;
}

/** Records of CSV with their line ends, by one look at each byte. */
function recordsOf(bytes: Uint8Array, delimiter: string, isStart = true): string[] {
  const text = decoder.decode(bytes), records: string[] = [];
  let start = 0, fieldStart = isStart && text.startsWith("\ufeff") ? 1 : 0;
  for (let at = fieldStart; at < text.length; at++) {
    if (text[at] === '"' && at === fieldStart) {
      for (at++; at < text.length && (text[at] !== '"' || text[at + 1] === '"'); at++) if (text[at] === '"') at++;
    } else if (text[at] === delimiter) fieldStart = at + 1;
    else if (text[at] === "\n") {
      records.push(text.slice(start, at + 1));
      start = fieldStart = at + 1;
    }
  }
  return start < text.length ? [...records, text.slice(start)] : records;
}

Deno.test("ranges follow each other without gaps, and CSV records are never cut", () => {
  const pieces = fc.array(fc.constantFrom("a", ",", ";", '"', '""', '"\n"', "\n", "\r\n", "ä", "\ufeff"), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 20 }), fc.constantFrom(",", ";"), (pieces, chunkBytes, delimiter) => {
      const content = encoder.encode(pieces.join(""));
      const ranges = rangesOf(content, { chunkBytes, delimiter });
      let offset = 0;
      const records = ranges.flatMap((range) => {
        assert.equal(range.offset, offset);
        assert.ok(range.length > 0);
        assert.equal(range.size, content.length);
        offset += range.length;
        return recordsOf(content.subarray(range.offset, offset), delimiter, range.offset === 0);
      });
      assert.equal(offset, content.length);
      assert.deepEqual(records, recordsOf(content, delimiter));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("CSV ranges end at the last record within the length, or grow until one ends", () => {
  const content = encoder.encode('h\n"1\n1"\n2\n3\n4\n5\n');
  assert.deepEqual(rangesOf(content, { chunkBytes: 10 }).map(({ offset, length }) => [offset, length]), [[0, 10], [
    10,
    6,
  ]]);
  assert.deepEqual(rangesOf(content, { chunkBytes: 5 }).map(({ length }) => length), [2, 10, 4]);
});

Deno.test("NDJSON is cut anywhere", () => {
  const content = encoder.encode('{"a":1}\n{"a":2}\n{"a":3}');
  const ranges = rangesOf(content, { format: "ndjson", chunkBytes: 10 });
  assert.deepEqual(ranges.map(({ offset, length }) => [offset, length]), [[0, 10], [10, 10], [20, 3]]);
  assert.equal(
    openRanges(fileOf(new Uint8Array(RANGE_BYTES + 1)), { path: "f", format: "ndjson" }).next()?.length,
    RANGE_BYTES,
  );
});

Deno.test("a JSON document is one range, if it is not too large", () => {
  assert.deepEqual(
    rangesOf(encoder.encode("[{},\n{}]"), { format: "json", chunkBytes: 2 }).map(({ length }) => length),
    [8],
  );
  const large: FileReader = { size: () => JSON_FILE_BYTES_MAX + 1, read: () => 0, close() {} };
  assert.throws(() => openRanges(large, { path: "f", format: "json" }), { code: "too_large" });
});

Deno.test("an empty file has no ranges", () => {
  for (const format of ["ndjson", "json", "csv"] as const) {
    assert.deepEqual(rangesOf(new Uint8Array(0), { format }), []);
  }
});

Deno.test("a quote that is never closed is an error, not a range without end", () => {
  const content = new Uint8Array(LINE_BYTES_MAX * 4).fill(0x61);
  content.set(encoder.encode('a,b\n1,"'));
  const source = openRanges(fileOf(content, Infinity), { path: "broken.csv", format: "csv" });
  assert.equal(source.next()?.length, 4);
  assert.throws(() => source.next(), (thrown) => {
    assert.ok(thrown instanceof RdxError);
    assert.equal(thrown.code, "too_large");
    assert.match(thrown.message, /broken\.csv at byte 4 .*quote not closed/);
    return true;
  });
});

Deno.test("a file that became shorter is an error", () => {
  const file: FileReader = { size: () => 100, read: () => 0, close() {} };
  assert.throws(() => openRanges(file, { path: "f", format: "csv", chunkBytes: 10 }).next(), { code: "conflict" });
});

Deno.test("ranges have a share of the usual length, and end where others did that had another", () => {
  const rows = encoder.encode("a,b\n".repeat(25)), ndjson = { path: "f", format: "ndjson", chunkBytes: 40 } as const;
  for (const options of [ndjson, { ...ndjson, format: "csv" } as const]) {
    const ranges = openRanges(fileOf(rows, Infinity), options),
      lengths = [1, 1 / 4, 1 / 400].map((share) => {
        return ranges.next(share)!.length;
      });
    assert.deepEqual(lengths, options.format === "csv" ? [40, 8, 4] : [40, 10, 1]);
    const { position } = ranges, again = new RangeInput(openRanges(fileOf(rows, Infinity), options), 40);
    assert.equal(again.offset, 40);
    const { range, from, to } = again.takeTo(position)!;
    assert.deepEqual([from, to, range!.offset, range!.length], [40, position, 40, position - 40]);
    assert.equal(again.takeTo(100)!.range!.length, 100 - position);
    assert.equal(again.take().end, true);
    assert.throws(() => new RangeInput(openRanges(fileOf(rows, Infinity), options), 101), { code: "invalid" });
  }
  assert.throws(() => new RangeInput(openRanges(fileOf(rows, Infinity), { ...ndjson, format: "csv" }), 41), {
    code: "invalid",
  });
});
