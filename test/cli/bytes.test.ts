import assert from "node:assert/strict";
import { bytesOf } from "../../src/cli/input/bytes.ts";

Deno.test("bytes are read with units of ten and of two, within their bounds", () => {
  const read = (text: string) => bytesOf("state-memory", text, 1000, 4 * 2 ** 30);
  assert.deepEqual(["512MB", "2GiB", "1.5 kib", "4096", "64kB", "4000b"].map(read), [
    512e6,
    2 ** 31,
    1536,
    4096,
    64_000,
    4000,
  ]);
  for (const wrong of ["", "512", "5GiB", "-1MB", "12MBit", "1e9", "MB"]) {
    assert.throws(() => read(wrong), { message: /^--state-memory is .*: expected bytes such as 512MB or 2GiB/ }, wrong);
  }
});
