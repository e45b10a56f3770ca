import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { CsvRenderer } from "../../src/core/render_csv.ts";
import { BOOL, type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { anyTable } from "../kernel/rows.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });

Deno.test("CSV names its columns, leaves NULL empty and quotes what it must", () => {
  const columns = [column("a,b", INT64), column("s", STRING), column("d", DOUBLE), column("t", TIMESTAMP)];
  const builder = new FrameBuilder(columns);
  builder.append([1n, `say "hi"`, NaN, 0n]);
  builder.append([null, "", 0.5, null]);
  builder.append([2n ** 63n - 1n, "a\r\nb", null, null]);
  builder.append([0n, " plain ü ", -0, null]);
  const csv = new CsvRenderer(columns), view = new FrameView(builder.finish());
  assert.equal(csv.header(), `"a,b",s,d,t\r\n`);
  assert.equal(
    csv.rows(view, 0, 4),
    `1,"say ""hi""",,1970-01-01T00:00:00.000Z\r\n,"",0.5,\r\n9223372036854775807,"a\r\nb",,\r\n0, plain ü ,0,\r\n`,
  );
  assert.equal(csv.rows(view, 1, 1), `,"",0.5,\r\n`);
  assert.equal(csv.rows(view, 4, 0), "");
});

/** Fields of RFC 4180; null for those that are empty and not quoted. */
function parseCsv(text: string): (string | null)[][] {
  const records: (string | null)[][] = [];
  let record: (string | null)[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    record.push(quoted !== undefined ? quoted.replaceAll(`""`, `"`) : bare === "" ? null : bare);
    if (end === ",") continue;
    records.push(record);
    record = [];
  }
  return records;
}

Deno.test("a plain reader gets every string, number and NULL back", () => {
  fc.assert(
    fc.property(anyTable(30, [STRING, INT64, BOOL, decimal(18, 0), decimal(38, 0)]), ({ columns, rows }) => {
      if (columns.length === 0) return;
      const builder = new FrameBuilder(columns);
      for (const row of rows) builder.append(row);
      const text = new CsvRenderer(columns).rows(new FrameView(builder.finish()), 0, rows.length);
      assert.deepEqual(parseCsv(text), rows.map((row) => row.map((value) => value === null ? null : String(value))));
    }),
    { numRuns: 200 },
  );
});
