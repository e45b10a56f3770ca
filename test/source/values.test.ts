import assert from "node:assert/strict";
import { BOOL, decimal, DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import { openValues, valuesLines, type ValuesOptions } from "../../src/source/values.ts";

const OPTIONS: ValuesOptions = {
  columns: [
    { name: "n", type: INT64 },
    { name: "d", type: decimal(10, 2) },
    { name: "x", type: DOUBLE },
    { name: "b", type: BOOL },
    { name: 'a "text"', type: STRING },
  ],
  rows: [
    [1, "1.10", 2.5, true, "é\n"],
    ["9223372036854775807", 3, "1e300", null, "12"],
    [null, null, null, null, null],
  ],
};

/** The text of each range. */
function rangesOf(options: ValuesOptions): string[] {
  const source = openValues(options), lines = valuesLines(options), texts: string[] = [];
  for (let range = source.next(); range; range = source.next()) {
    const target = new Uint8Array(lines.bytesMax(range));
    assert.equal(lines.make(range, target), target.length);
    texts.push(new TextDecoder().decode(target));
  }
  assert.equal(source.position, source.size);
  return texts;
}

Deno.test("rows are lines of JSON, with exact numbers also where they are strings", () => {
  assert.equal(
    rangesOf(OPTIONS).join(""),
    '{"n":1,"d":1.10,"x":2.5,"b":true,"a \\"text\\"":"é\\n"}\n' +
      '{"n":9223372036854775807,"d":3,"x":1e300,"b":null,"a \\"text\\"":"12"}\n' +
      '{"n":null,"d":null,"x":null,"b":null,"a \\"text\\"":null}\n',
  );
});

Deno.test("rows come in chunks of the length that was asked for", () => {
  const [whole] = rangesOf(OPTIONS);
  for (const chunkRows of [1, 2, 3, 7]) {
    const texts = rangesOf({ ...OPTIONS, chunkRows });
    assert.equal(texts.length, Math.ceil(3 / chunkRows));
    assert.equal(texts.join(""), whole);
  }
  assert.deepEqual(rangesOf({ ...OPTIONS, rows: [] }), []);
});

Deno.test("a row of another length than the columns is refused", () => {
  const rows = [...OPTIONS.rows, [1, 2]];
  assert.throws(() => openValues({ ...OPTIONS, rows }), {
    code: "invalid_plan",
    message: /^Row 3 has 2 values: expected 5/,
  });
});
