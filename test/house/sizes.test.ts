import assert from "node:assert/strict";
import { readSource, sourceFiles } from "./graph.ts";

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const MEDIAN_LINES_MAX = 120;

const files = sourceFiles("src/", "asm/", "workers/", "web/", "scripts/", "bench/", "examples/", "test/");
const lines = files.map((path) => ({ path, lines: readSource(path).split("\n").length - 1 }));

Deno.test(`no file is longer than ${FILE_LINES_MAX} lines, and the median is small`, () => {
  assert.deepEqual(lines.filter((file) => file.lines > FILE_LINES_MAX), []);
  const engine = lines.filter(({ path }) => /^(src|asm|workers)\//.test(path)).map((file) => file.lines);
  const median = engine.sort((a, b) => a - b)[engine.length >> 1];
  assert.ok(median <= MEDIAN_LINES_MAX, `the median file has ${median} lines`);
});

/** Top-level functions and class members, by their closing brace at the same indentation. */
function* functions(text: string): Generator<{ name: string; lines: number }> {
  const all = text.split("\n");
  for (let i = 0; i < all.length; i++) {
    const match =
      /^( {0,2})(?:export |async |static |private |override |@inline |get |set )*(?:function\*? )?(#?\w+)(?:<.*>)?\(.*\{$/
        .exec(all[i]);
    if (!match || /^(if|for|while|switch|catch|describe)$/.test(match[2])) continue;
    const end = all.indexOf(`${match[1]}}`, i + 1);
    if (end > 0) yield { name: match[2], lines: end - i + 1 };
  }
}

Deno.test(`no function is longer than ${FUNCTION_LINES_MAX} lines`, () => {
  const long: string[] = [];
  let seen = 0;
  for (const path of files.filter((file) => /^(src|asm|workers)\//.test(file))) {
    for (const { name, lines: count } of functions(readSource(path))) {
      seen++;
      if (count > FUNCTION_LINES_MAX) long.push(`${path} ${name}: ${count} lines`);
    }
  }
  assert.deepEqual(long, []);
  assert.ok(seen > 500, `only ${seen} functions were recognised`);
});
