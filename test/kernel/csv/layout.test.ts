import assert from "node:assert/strict";
import * as layout from "../../../src/kernel/csv_layout.ts";

Deno.test("the parser's memory is laid out alike in TypeScript and in the kernel", () => {
  const source = Deno.readTextFileSync(new URL("../../../asm/csv/layout.ts", import.meta.url));
  const names = [...source.matchAll(/^export const (\w+): i32 = (-?\d+);/gm)].map(([, name, value]) => [name, +value]);
  assert.ok(names.length > 30);
  assert.deepEqual(Object.fromEntries(names), { ...layout });
});
