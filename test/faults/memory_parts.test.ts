import assert from "node:assert/strict";
import { memoryParts } from "./memory_parts.ts";

Deno.test("resident memory is told apart by what holds it", () => {
  const mapping = (from: number, to: number, access: string, path: string, rssKb: number) =>
    `${from.toString(16)}-${to.toString(16)} ${access} 00000000 00:00 0 ${path}\nSize: 1 kB\nRss:   ${rssKb} kB\n`;
  const arena = 5 * (64 << 20), wasm = 2 ** 40;
  const smaps = [
    mapping(0x1000, 0x2000, "r-xp", "/usr/bin/deno", 1),
    mapping(0x3000, 0x4000, "rw-p", "[heap]", 2),
    mapping(arena, arena + 0x1000, "rw-p", "", 4),
    mapping(arena + 0x1000, arena + (64 << 20), "---p", "", 0),
    mapping(arena + (128 << 20), arena + (128 << 20) + 0x1000, "rw-p", "", 8),
    mapping(wasm, wasm + 0x10000, "rw-p", "", 16),
    mapping(wasm + 0x10000, wasm + 2 ** 33, "---p", "", 0),
  ].join("");
  assert.deepEqual(memoryParts(smaps), { files: 1024, malloc: 6144, other: 8192, wasm: 16384 });
});
