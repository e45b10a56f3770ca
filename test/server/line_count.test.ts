import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { countLines, countTextLines } from "../../src/server/line_count.ts";

Deno.test("lines that hold anything are counted, wherever the bytes begin", () => {
  const byte = fc.constantFrom(10, 10, 0, 9, 11, 13, 32, 0x8a, 255);
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 200 }), fc.nat(7), (values, offset) => {
      const bytes = new Uint8Array(new ArrayBuffer(offset + values.length), offset);
      bytes.set(values);
      const lines = String.fromCharCode(...values).split("\n").filter((line) => line !== "");
      assert.equal(countLines(bytes), lines.length);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a text has the lines that its bytes have", () => {
  const character = fc.constantFrom("\n", "\n", "a", "\r", "\u0a0a", "\u{1f600}", "é");
  fc.assert(
    fc.property(fc.array(character, { maxLength: 60 }), (characters) => {
      const text = characters.join("");
      assert.equal(countTextLines(text), text.split("\n").filter((line) => line !== "").length);
      assert.equal(countTextLines(text), countLines(new TextEncoder().encode(text)));
    }),
    { numRuns: 1000 },
  );
});
