import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { LINE_BYTES_MAX } from "../../src/core/limits.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { readCsvHead } from "../../src/runtime/task/csv_head.ts";
import { RangeReader } from "../../src/runtime/task/range_reader.ts";
import { DenoFileReader } from "../../src/source/file_deno.ts";
import type { FileRange, FileReader } from "../../src/source.ts";
import { loadKernel } from "../kernel/load.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Lets `use` read files that hold the given text. */
function withFiles(use: (fileOf: (content: string) => string, files: DenoFileReader) => void): void {
  const folder = Deno.makeTempDirSync(), files = new DenoFileReader();
  let count = 0;
  try {
    use((content) => {
      const path = `${folder}/${count++}`;
      Deno.writeTextFileSync(path, content);
      return path;
    }, files);
  } finally {
    files.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

function rangesOf(path: string, size: number, cuts: readonly number[]): FileRange[] {
  const offsets = [...new Set([0, ...cuts.map((cut) => size === 0 ? 0 : cut % size)])].sort((a, b) => a - b);
  return offsets.map((offset, i) => ({
    path,
    format: "ndjson",
    offset,
    length: (offsets[i + 1] ?? size) - offset,
    size,
  }));
}

function read(kernel: Kernel, reader: RangeReader, range: FileRange): { text: string; offset: number } {
  const { address, length, offset } = reader.read(range);
  return { text: decoder.decode(kernel.bytes.slice(address, address + length)), offset };
}

/** Reads a few bytes at a time, as files of other platforms may. */
class SlowFiles implements FileReader {
  constructor(readonly files: FileReader, readonly step: number) {}

  size(path: string): number {
    return this.files.size(path);
  }

  read(path: string, offset: number, target: Uint8Array): number {
    return this.files.read(path, offset, target.subarray(0, this.step));
  }

  close(): void {}
}

const LINES: readonly fc.Arbitrary<string>[] = [
  fc.constant(""),
  fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, "é")),
  fc.integer({ min: 1, max: 9000 }).map((length) => "x".repeat(length)),
];

Deno.test("any cut of any file into ranges gives each line once, whole and with its place", () => {
  withFiles((fileOf, files) => {
    const kernel = loadKernel(), readers = [files, new SlowFiles(files, 7)].map((one) => new RangeReader(kernel, one));
    const line = fc.tuple(fc.oneof(...LINES), fc.constantFrom("\n", "\n", "\r\n"));
    const cuts = fc.array(fc.nat(100_000), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.boolean(), cuts, fc.boolean(), (lines, open, cuts, slow) => {
        const whole = lines.map(([text, end]) => text + end).join("");
        const content = open ? whole.replace(/\r?\n$/, "") : whole, bytes = encoder.encode(content);
        const path = fileOf(content);
        let joined = "", next = 0;
        for (const range of rangesOf(path, bytes.length, cuts)) {
          const { text, offset } = read(kernel, readers[slow ? 1 : 0], range);
          if (text === "") continue;
          assert.equal(offset, next);
          assert.ok(
            offset >= range.offset && offset < range.offset + range.length,
            "the first line starts in the range",
          );
          next += encoder.encode(text).length;
          joined += text;
        }
        assert.equal(joined, content);
      }),
      { numRuns: 150 },
    );
  });
});

Deno.test("lines that are longer than what is read ahead are whole, and ranges inside of them are empty", () => {
  withFiles((fileOf, files) => {
    const kernel = loadKernel(), reader = new RangeReader(kernel, files);
    const content = `a\n${"b".repeat(3_000_000)}\nc`, path = fileOf(content), size = content.length;
    const cuts = [1, 2, 500_000, 1_000_000, 3_000_001, 3_000_002, 3_000_003];
    const texts = rangesOf(path, size, cuts).map((range) => read(kernel, reader, range).text);
    assert.deepEqual(texts.map((text) => text.length), [2, 0, 3_000_001, 0, 0, 0, 0, 1]);
    assert.equal(texts.join(""), content);
  });
});

Deno.test("an empty file has no lines", () => {
  withFiles((fileOf, files) => {
    const kernel = loadKernel(), path = fileOf("");
    const range: FileRange = { path, format: "ndjson", offset: 0, length: 0, size: 0 };
    assert.equal(read(kernel, new RangeReader(kernel, files), range).text, "");
  });
});

Deno.test("a line beyond the bound is refused with its file", () => {
  withFiles((fileOf, files) => {
    const kernel = loadKernel(), path = fileOf(`${"x".repeat(LINE_BYTES_MAX + (1 << 20))}\n`);
    const range: FileRange = { path, format: "ndjson", offset: 0, length: 1000, size: files.size(path) };
    assert.throws(() => new RangeReader(kernel, files).read(range), { code: "too_large" });
  });
});

Deno.test("a file that became shorter is a conflict", () => {
  withFiles((fileOf, files) => {
    const kernel = loadKernel(), path = fileOf("a\nb\n");
    const range: FileRange = { path, format: "ndjson", offset: 0, length: 100, size: 100 };
    assert.throws(() => new RangeReader(kernel, files).read(range), { code: "conflict" });
  });
});

Deno.test("the header of a CSV file ends where its first record ends", () => {
  const long = `"${"n".repeat(10_000)}",b\n`;
  const cases = [
    ["a,b\n1,2\n", "a,b\n"],
    ["a,b\r\n1,2\n", "a,b\r\n"],
    ["\ufeff\r\n\na,b\n1,2\n", "\ufeff\r\n\na,b\n"],
    ['"a\nb",c\n1,2\n', '"a\nb",c\n'],
    ['"a ""x""\n",c\n1,2\n', '"a ""x""\n",c\n'],
    ['a"b,c\n1,2\n', 'a"b,c\n'],
    ["a,b", "a,b\n"],
    [`${long}1,2\n`, long],
  ];
  withFiles((fileOf, files) => {
    for (const [content, head] of cases) {
      assert.equal(
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(readCsvHead(files, fileOf(content), ",")),
        head,
      );
    }
  });
});
