/**
 * Writes docs/functions.md, the list of all functions, from their definitions.
 *
 *   deno run -A scripts/write_functions.ts
 */
import { functionsMarkdown } from "../src/expr/mod.ts";

Deno.writeTextFileSync(new URL("../docs/functions.md", import.meta.url), functionsMarkdown());
