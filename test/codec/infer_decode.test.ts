import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { InputFormat } from "../../src/codec.ts";
import { openDecoder } from "../../src/codec/decoder.ts";
import { schemaInference } from "../../src/codec/infer.ts";
import { InputBuffer } from "../../src/kernel/input.ts";
import { loadKernel } from "../kernel/load.ts";

const encoder = new TextEncoder();
const kernel = loadKernel(), input = new InputBuffer(kernel);

/** Decodes with the columns that are inferred from the same text; gives the rows and what went wrong. */
function inferAndDecode(text: string, format: InputFormat): { rows: number; problems: string[] } {
  const bytes = encoder.encode(text), columns = schemaInference.infer(bytes, format, [], {});
  const decoder = openDecoder(kernel, format, columns, { coerce: true }), problems: string[] = [];
  let rows = 0;
  kernel.reset();
  decoder.begin(input.put(bytes), bytes.length);
  for (let batch = decoder.next(); batch; batch = decoder.next()) {
    rows += batch.rows;
    problems.push(...batch.errors.map(({ line, field, reason }) => `${line} ${field}: ${reason}`));
  }
  decoder.close();
  return { rows, problems };
}

const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString());
const scalar = fc.oneof(
  fc.integer().map(String),
  fc.bigInt(-(2n ** 70n), 2n ** 70n).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom("1e400", "0.1e-400", "-0", "true", "false", "null", '"2026-01-01"', '"2026-02-30T00:00Z"'),
  time.map((text) => JSON.stringify(text)),
  fc.string().map((text) => JSON.stringify(text)),
);
const key = fc.constantFrom("a", "b", "é", "a.b", '\\"');
const { object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    tie("object"),
    fc.array(tie("value"), { maxLength: 2 }).map((items) => `[${items.join(",")}]`),
  ),
  object: fc.uniqueArray(fc.tuple(key, tie("value")), { minLength: 1, maxLength: 4, selector: ([name]) => name })
    .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(",")}}`),
}));

/** Values whose objects have members, and keys that can be parts of a name. */
const PLAIN: fc.ObjectConstraints = {
  key: fc.constantFrom("a", "b", "c"),
  maxDepth: 3,
  values: [fc.integer(), fc.string()],
};

Deno.test("the decoder takes every row under the columns that were inferred from it", () => {
  fc.assert(
    fc.property(fc.array(object, { maxLength: 12 }), (rows) => {
      assert.deepEqual(inferAndDecode(rows.join("\n"), "ndjson"), { rows: rows.length, problems: [] });
      assert.deepEqual(inferAndDecode(`[${rows.join(",")}]`, "json"), { rows: rows.length, problems: [] });
    }),
    { numRuns: 500 },
  );
});

Deno.test("columns are inferred for all that the decoder can take", () => {
  const plain = fc.record({ a: fc.anything(PLAIN), b: fc.anything(PLAIN) }, { requiredKeys: [] });
  fc.assert(fc.property(fc.array(plain), (rows) => {
    const text = rows.map((row) => JSON.stringify(row)).join("\n"), bytes = encoder.encode(text);
    fc.pre(!text.includes(":{}"));
    const columns = schemaInference.infer(bytes, "ndjson", [], {});
    const decoder = openDecoder(kernel, "ndjson", columns, { coerce: true });
    kernel.reset();
    decoder.begin(input.put(bytes), bytes.length);
    for (let batch = decoder.next(); batch; batch = decoder.next()) assert.equal(batch.unknownFields, false, text);
    decoder.close();
  }));
});

Deno.test("the same holds for CSV", () => {
  const field = fc.oneof(
    scalar.filter((text) => !text.startsWith('"')),
    time,
    fc.string({ unit: fc.constantFrom("a", "0", " ", ",", '"', "\n", "é") }).map((text) =>
      `"${text.replaceAll('"', '""')}"`
    ),
    fc.constant(""),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 12 }), (rows) => {
      const text = ["x,y,z", ...rows.map((row) => row.join(","))].join("\r\n");
      assert.deepEqual(inferAndDecode(text, "csv"), { rows: rows.length, problems: [] });
    }),
    { numRuns: 500 },
  );
});
