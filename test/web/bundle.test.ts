import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { leanUplot } from "../../scripts/lean_uplot.ts";
import { bundleText } from "./site.ts";

const GZIP_BYTES_MAX = 45_000;

Deno.test("the elements and their chart library are at most 45 KB after gzip, and make no code of text", async () => {
  const text = await bundleText(), bytes = gzipSync(text, { level: 9 }).length;
  assert.ok(bytes <= GZIP_BYTES_MAX, `${bytes} bytes`);
  for (const name of ["table", "chart", "stat", "graph", "stream"]) assert.ok(text.includes(`rdx-${name}`), name);
  assert.doesNotMatch(text, /\beval\(|new Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
});

Deno.test("a chart library that the rules were not made for is refused", () => {
  assert.throws(() => leanUplot("export default class uPlot {}"), /Cannot find the function bars in uPlot/);
});
