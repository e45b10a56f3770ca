import assert from "node:assert/strict";
import { compiledText, readGolden } from "./golden.ts";

for (
  const file of [
    "rows",
    "joins",
    "lookups",
    "groups",
    "windows",
    "ranks",
    "tables",
    "sinks",
    "azure",
    "nested",
    "errors",
  ]
) {
  for (const { name, sql, expected } of readGolden(file)) {
    Deno.test(`SQL, ${file}: ${name}`, () => assert.equal(compiledText(sql), expected));
  }
}
