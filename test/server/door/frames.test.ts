import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import {
  type FrameHead,
  frameHeadBytes,
  OPCODE,
  readFrameHead,
  unmask,
  writeFrame,
} from "../../../src/server/door/frames.ts";
import { countLines } from "../../../src/server/line_count.ts";

/** A client's frame, byte by byte. */
function clientFrame(opcode: number, bytes: Uint8Array, mask: Uint8Array, final = true): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(14), data = new DataView(head.buffer), { length } = bytes;
  head[0] = (final ? 0x80 : 0) | opcode;
  let at = 2;
  if (length <= 125) head[1] = 0x80 | length;
  else if (length <= 0xffff) {
    head[1] = 0x80 | 126;
    data.setUint16(2, length);
    at = 4;
  } else {
    head[1] = 0x80 | 127;
    data.setBigUint64(2, BigInt(length));
    at = 10;
  }
  return new Uint8Array([...head.subarray(0, at), ...mask, ...bytes.map((byte, i) => byte ^ mask[i % 4])]);
}

const MASK = fc.uint8Array({ minLength: 4, maxLength: 4 });
/** Lines, empty ones among them, and characters of any width. */
const TEXT = fc.array(fc.constantFrom("\n", "\n\n", "a", "ab", '{"n":1}\n', "\t", "\u008a", "é", "\u000b", "\u0009"), {
  maxLength: 60,
})
  .map((pieces) => new TextEncoder().encode(pieces.join("")));

Deno.test("a masked frame is read as it was before, with its lines, and whether it is ASCII", () => {
  fc.assert(
    fc.property(TEXT, MASK, (bytes, mask) => {
      const frame = clientFrame(OPCODE.text, bytes, mask), head = readFrameHead(frame) as FrameHead;
      assert.deepEqual([head.opcode, head.final, head.length], [OPCODE.text, true, bytes.length]);
      assert.equal(head.headLength + head.length, frame.length);
      const found = frame.slice(head.headLength), { lines, ascii } = unmask(found, head.mask);
      assert.deepEqual(found, bytes);
      assert.equal(lines, countLines(bytes));
      assert.equal(lines, new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "").length);
      assert.equal(ascii, bytes.every((byte) => byte < 0x80));
    }),
    { numRuns: 500 },
  );
});

for (const length of [0, 1, 125, 126, 127, 65535, 65536, 100_000]) {
  Deno.test(`a frame of ${length} bytes has the head that fits, either way`, () => {
    const bytes = new Uint8Array(length).fill(7), frame = clientFrame(OPCODE.binary, bytes, new Uint8Array(4));
    const head = readFrameHead(frame) as FrameHead;
    assert.equal(head.length, length);
    for (let cut = 0; cut < head.headLength; cut++) assert.equal(readFrameHead(frame.slice(0, cut)), null);
    const whole = new Uint8Array(3 + frameHeadBytes(length) + length);
    assert.equal(writeFrame(whole, 3, OPCODE.binary, bytes), whole.length);
    const expected = frame.slice(0, head.headLength - 4);
    expected[1] &= 0x7f;
    assert.deepEqual(whole.subarray(3, 3 + expected.length), expected);
    assert.ok(whole.subarray(3 + expected.length).every((byte) => byte === 7));
  });
}

const BROKEN: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["a reserved bit", [0xc1, 0x80, 0, 0, 0, 0]],
  ["an unknown opcode", [0x83, 0x80, 0, 0, 0, 0]],
  ["no mask", [0x81, 0x00]],
  ["a ping in pieces", [0x09, 0x80, 0, 0, 0, 0]],
  ["a long ping", [0x89, 0xfe, 0, 126, 0, 0, 0, 0]],
  ["a length beyond what a double counts", [0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]],
];
for (const [what, bytes] of BROKEN) {
  Deno.test(`a frame with ${what} is broken`, () => assert.equal(readFrameHead(new Uint8Array(bytes)), "broken"));
}
