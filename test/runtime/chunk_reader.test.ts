import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { type Column, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import { ChunkReader } from "../../src/runtime/task/chunk_reader.ts";
import { DenoFileReader } from "../../src/source/file_deno.ts";
import { openRanges } from "../../src/source/range.ts";
import { hostParts } from "../../workers/parts.ts";
import { loadKernel } from "../kernel/load.ts";
import { valueAt } from "../kernel/vectors.ts";

const COLUMNS: readonly Column[] = [{ name: "n", type: INT64, nullable: false }, {
  name: "s",
  type: STRING,
  nullable: true,
}];

interface Format {
  readonly format: "ndjson" | "csv";
  readonly header?: boolean;
  readonly delimiter?: string;
}

/** Reads a file with this content in ranges of `chunkBytes`, as the tasks of a pipeline do. */
function readFile(content: string, { format, header = true, delimiter = "," }: Format, chunkBytes: number) {
  const path = Deno.makeTempFileSync(), files = new DenoFileReader(), kernel = loadKernel();
  try {
    Deno.writeTextFileSync(path, content);
    const file = { kind: "file", path, format, header, delimiter } as const;
    const source = {
      id: "f",
      stream: null,
      file,
      columns: COLUMNS,
      time: -1,
      delayMs: 0,
      idleTimeoutMs: 0,
      futureSkewMs: 0,
      made: null,
      computed: [],
      kindColumn: -1,
    };
    const plan: PhysicalPlan = { name: "p", sources: [source], operators: [], sinks: [] };
    const taskPlan = { plan, positions: [[0, 1]], after: 0, watermarks: [-Infinity], inherits: null };
    const reader = new ChunkReader(kernel, taskPlan, hostParts(files));
    const ranges = openRanges(files, { path, format, delimiter, chunkBytes });
    const rows: Value[][] = [], offsets: number[] = [];
    let deadRows = 0;
    for (let range = ranges.next(), number = 1; range; range = ranges.next(), number++) {
      const result = reader.read(
        { kind: "chunk", pipeline: 1, number, source: 0, frames: [], range, late: false },
        ({ batch }) => {
          assert.ok(batch.rows <= BATCH_ROWS_MAX);
          for (let row = 0; row < batch.rows; row++) rows.push(batch.columns.map((one) => valueAt(kernel, one, row)));
          kernel.reset();
        },
      );
      deadRows += result.deadRows;
      offsets.push(...result.errors.map(({ offset }) => offset));
    }
    reader.close();
    return { rows, deadRows, offsets };
  } finally {
    files.close();
    Deno.removeSync(path);
  }
}

const TEXTS = fc.constantFrom("a", "", "two words", "é\u{1f600}", 'say "x"', "comma, semi;", "x".repeat(5000));

Deno.test("a CSV file gives the same rows for every size of its ranges, with a header or without, with newlines in quotes", () => {
  const row = fc.tuple(
    fc.bigInt(-99n, 99n),
    fc.option(fc.oneof(TEXTS, fc.constant("two\nlines\r\n\n")), { nil: null }),
  );
  const format = fc.record({ header: fc.boolean(), delimiter: fc.constantFrom(",", ";"), swapped: fc.boolean() });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 25 }), format, fc.integer({ min: 1, max: 400 }), (rows, how, chunkBytes) => {
      const swapped = how.swapped && how.header, quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const line = (...cells: string[]) => `${(swapped ? cells.reverse() : cells).join(how.delimiter)}\n`;
      const head = how.header ? line("n", '"s"') : "";
      const content = head + rows.map(([n, s]) => line(String(n), s === null ? "" : quote(s))).join("");
      const read = readFile(content, { format: "csv", ...how }, chunkBytes);
      assert.deepEqual(read, { rows, deadRows: 0, offsets: [] });
    }),
    { numRuns: 40 },
  );
});

Deno.test("an NDJSON file gives the same rows for every size of its ranges, and bad rows with their place in the file", () => {
  const line = fc.oneof(
    fc.tuple(fc.bigInt(-99n, 99n), TEXTS).map(([n, s]) => ({
      text: `{"n":${n},"s":${JSON.stringify(s)}}`,
      row: [n, s],
    })),
    fc.constantFrom('{"n":"x"}', "{", '{"s":"no n"}').map((text) => ({ text, row: null })),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 20 }),
      fc.integer({ min: 1, max: 400 }),
      fc.boolean(),
      (lines, chunkBytes, open) => {
        const ends = lines.map((_, i) => open && i === lines.length - 1 ? "" : "\n");
        const content = lines.map(({ text }, i) => text + ends[i]).join("");
        let at = 0;
        const starts = lines.map(({ text }, i) =>
          (at += new TextEncoder().encode(text + ends[i]).length) - new TextEncoder().encode(text + ends[i]).length
        );
        const bad = starts.filter((_, i) => lines[i].row === null);
        const read = readFile(content, { format: "ndjson" }, chunkBytes);
        assert.deepEqual(read, {
          rows: lines.flatMap(({ row }) => row ? [row] : []),
          deadRows: bad.length,
          offsets: bad,
        });
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("a bad row behind the first range of a CSV file has its place in the file", () => {
  const content = "n,s\n1,a\n2,b\nx,c\n4,d\n";
  for (const chunkBytes of [4, 8, 100]) {
    assert.deepEqual(readFile(content, { format: "csv" }, chunkBytes).offsets, [content.indexOf("x,c")]);
  }
});

Deno.test("a CSV file whose header cannot be used is refused, and not read without it", () => {
  for (const chunkBytes of [4, 100]) {
    assert.throws(() => readFile("n,n\n1,2\n3,4\n", { format: "csv" }, chunkBytes), /Cannot read file .* twice/);
  }
});
