import assert from "node:assert/strict";
import { readSource, sourceFiles } from "./graph.ts";

/** Units and words that end the name of a limit. */
const ENDINGS = /_(MAX|MS|BYTES|ROWS|SECONDS|GROUPS|DEFAULT)$/;

const FILES = ["src/core/limits.ts", "src/core/limits_outside.ts", "src/core/limits_state.ts"];
const TEXT = FILES.map(readSource).join("\n");

function limits(): string[] {
  return [...TEXT.matchAll(/^export const ([A-Z0-9_]+)/gm)].map((match) => match[1]);
}

Deno.test("every limit is named with its unit or bound last, and documented", () => {
  const lines = TEXT.split("\n");
  const wrong: string[] = [];
  for (const name of limits()) {
    const line = lines.findIndex((text) => text.startsWith(`export const ${name}`));
    if (!ENDINGS.test(name) && name !== "KEY_GROUPS") wrong.push(`${name} ends with no unit`);
    if (!lines[line - 1].trim().endsWith("*/")) wrong.push(`${name} says nothing of itself`);
  }
  assert.deepEqual(wrong, []);
});

Deno.test("every limit is used", () => {
  const code = sourceFiles("src/", "workers/")
    .filter((path) => !FILES.includes(path))
    .map(readSource)
    .join("\n");
  assert.deepEqual(limits().filter((name) => !new RegExp(`\\b${name}\\b`).test(code)), []);
});
