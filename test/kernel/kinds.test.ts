import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { ROW_KINDS } from "../../src/core/batch.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import { kindsOfTexts } from "../../src/kernel/kinds.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { valueAt, vectorOf } from "./vectors.ts";

const anyText = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...ROW_KINDS) },
  { weight: 1, arbitrary: fc.constantFrom(null, "", "+", "+i", "+II", "I+", "−U", "--", "\u0000\u0000") },
);

Deno.test("texts name the kinds of rows, and rows that name none are left out", () => {
  const kernels = VARIANTS.map((variant) => loadKernel(variant));
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 150, size: "max" }), (texts) => {
      const known = texts.flatMap((text, row) => (ROW_KINDS as readonly (string | null)[]).includes(text) ? [row] : []);
      for (const kernel of kernels) {
        kernel.reset();
        const numbers = vectorOf(kernel, INT64, texts.map((_, row) => BigInt(row)));
        const columns = [numbers, vectorOf(kernel, STRING, texts)], rows = texts.length;
        const { batch, kept } = kindsOfTexts(kernel, { rows, columns, selection: 0, selected: rows, kinds: 0 });
        assert.deepEqual(batch.columns, [numbers]);
        assert.deepEqual(
          known.map((row) => ROW_KINDS[kernel.bytes[batch.kinds + row]]),
          known.map((row) => texts[row]),
        );
        if (known.length === rows) assert.equal(kept, null);
        else {
          const left = Array.from(
            { length: kept!.selected },
            (_, i) => kernel.data.getUint32(kept!.selection + i * 4, true),
          );
          assert.deepEqual(left, known);
        }
        assert.deepEqual(texts.map((_, row) => valueAt(kernel, numbers, row)), texts.map((_, row) => BigInt(row)));
      }
    }),
    { numRuns: 300 },
  );
});
