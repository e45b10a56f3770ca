import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { InputFormat, RowError } from "../../src/codec.ts";
import { openDecoder } from "../../src/codec/decoder.ts";
import { rowLocator } from "../../src/codec/row_places.ts";
import { type Column, INT64, STRING } from "../../src/core/schema.ts";
import { InputBuffer } from "../../src/kernel/input.ts";
import { loadKernel } from "../kernel/load.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();
const kernel = loadKernel(), input = new InputBuffer(kernel);
const COLUMNS: readonly Column[] = [
  { name: "n", type: INT64, nullable: false },
  { name: "text", type: STRING, nullable: true },
];

/** What the decoder takes of a text: the values of `n`, and what it refuses. */
function decode(bytes: Uint8Array, format: InputFormat, header: boolean) {
  const opened = openDecoder(kernel, format, COLUMNS, { header }), errors: RowError[] = [], values: number[] = [];
  kernel.reset();
  opened.begin(input.put(bytes), bytes.length);
  for (let batch = opened.next(); batch; batch = opened.next()) {
    for (let row = 0; row < batch.rows; row++) {
      values.push(Number(kernel.data.getBigInt64(batch.columns[0].data + row * 8, true)));
    }
    errors.push(...batch.errors);
  }
  opened.close();
  return { values, errors };
}

function placed(text: string, format: InputFormat, every: number, header = true) {
  const bytes = encoder.encode(text), { values, errors } = decode(bytes, format, header);
  const wanted = values.map((_, row) => row).filter((row) => row % every === 0);
  const places = rowLocator.locate(bytes, format, { header }, wanted, errors);
  assert.equal(places.length, wanted.length, text);
  return places.map(({ line, column, start, end }, i) => {
    const before = decoder.decode(bytes.subarray(0, start)).split("\n");
    assert.deepEqual([line, column], [before.length, encoder.encode(before.at(-1)!).length + 1]);
    return { value: values[wanted[i]], text: decoder.decode(bytes.subarray(start, end)) };
  });
}

const words = fc.string({ unit: fc.constantFrom("a", "é", '"', ",", "\n", "\\", "{", "]", " ", "\r") });
const good = fc.record({ n: fc.integer(), text: words });
const space = fc.constantFrom("", " ", "\t", "  ");
const BAD = ['{"n":"x"}', '{"text":"1"}', "7", '{"n":1.5,"text":"]}"}', "[]"];

Deno.test("rows of JSON are found again among bad and blank lines", () => {
  const broken = fc.constantFrom(...BAD, "{", "nonsense", '{"n":1}}');
  const line = fc.oneof(good.map((row) => JSON.stringify(row)), broken, fc.constantFrom("", "  ", "\r"));
  fc.assert(
    fc.property(fc.array(fc.tuple(space, line, space)), fc.integer({ min: 1, max: 3 }), (lines, every) => {
      for (const { value, text } of placed(lines.map((parts) => parts.join("")).join("\n"), "ndjson", every)) {
        assert.equal(JSON.parse(text).n, value);
      }
    }),
  );
});

Deno.test("elements of a JSON array are found again among those that do not fit", () => {
  const element = fc.oneof(good.map((row) => JSON.stringify(row, null, 1)), fc.constantFrom(...BAD));
  fc.assert(
    fc.property(fc.array(fc.tuple(space, element, space)), fc.integer({ min: 1, max: 3 }), (elements, every) => {
      const text = ` [${elements.map((parts) => parts.join("")).join(",\n")}]\n`;
      for (const { value, text: found } of placed(text, "json", every)) assert.equal(JSON.parse(found).n, value);
    }),
  );
  assert.deepEqual(placed('\n {"n":3}\n', "json", 1), [{ value: 3, text: '{"n":3}' }]);
});

Deno.test("records of CSV are found again, with quotes, line ends and without a header", () => {
  const quoted = words.map((text) => `"${text.replaceAll('"', '""')}"`);
  const record = fc.oneof(
    fc.tuple(fc.integer(), fc.oneof(quoted, fc.constantFrom("", "a b"))).map(([n, text]) => `${n},${text}`),
    fc.constantFrom("x,1", "1,2,3", ",a", ""),
  );
  const end = fc.constantFrom("\n", "\r\n");
  fc.assert(
    fc.property(fc.array(record), end, fc.boolean(), fc.integer({ min: 1, max: 3 }), (records, end, header, every) => {
      const all = header ? ["n,text", ...records] : records;
      for (const { value, text } of placed(all.join(end), "csv", every, header)) {
        assert.equal(Number(text.slice(0, text.indexOf(","))), value);
      }
    }),
  );
});
