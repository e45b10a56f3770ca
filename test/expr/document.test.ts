import assert from "node:assert/strict";
import { FUNCTIONS, functionsMarkdown } from "../../src/expr/mod.ts";

Deno.test("docs/functions.md says what the functions are; deno run -A scripts/write_functions.ts writes it", () => {
  const written = Deno.readTextFileSync(new URL("../../docs/functions.md", import.meta.url));
  assert.equal(written, functionsMarkdown());
  for (const { signature } of FUNCTIONS.values()) {
    assert.ok(written.includes(signature.replaceAll("|", "\\|")), signature);
  }
});
