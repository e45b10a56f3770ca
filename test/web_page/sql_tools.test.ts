import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { FLIGHTS } from "../../examples/flights/plans.ts";
import * as flights from "../../examples/flights/plans.ts";
import { parseType } from "../../src/core/schema.ts";
import { type Catalog, compilePlan, STANDARD_SINKS } from "../../src/plan/mod.ts";
import { placeOf } from "../../src/sql/errors.ts";
import { compileSql } from "../../src/sql/mod.ts";
import { FLIGHTS_DAILY, FLIGHTS_HOURLY, quoteAlways, SQL_TEMPLATES } from "../../web/page_model/sql_templates.ts";
import { offsetOf, paintedPieces } from "../../web/page_model/sql_tools.ts";
import type { TemplateStream } from "../../web/page_model/templates.ts";
import { tools } from "../../web/sql.ts";

const anyText = fc.string({ unit: fc.constantFrom("a", "é", "😀", "\n", " ", "'", "(", "SELECT ", "1") });

function catalogOf({ name, columns, time }: TemplateStream): Catalog {
  const typed = columns.map((column) => ({ name: column.name, type: parseType(column.type), nullable: true }));
  const info = { columns: typed, time, delayMs: 0, futureSkewMs: 0 };
  return { stream: (asked) => asked === name ? info : null, streamNames: () => [name], sinkKinds: STANDARD_SINKS };
}

Deno.test("a place that the server tells leads back to its offset, also behind characters of two units", () => {
  fc.assert(
    fc.property(anyText, fc.nat(), (text, at) => {
      const starts = [...text].reduce((all, one) => [...all, all[all.length - 1] + one.length], [0]);
      const offset = starts[at % starts.length], { line, column } = placeOf(text, offset);
      assert.equal(offsetOf(text, line, column), offset);
    }),
    { verbose: 1 },
  );
  assert.equal(offsetOf("ab\nc", 9, 9), 4);
  assert.equal(offsetOf("ab\nc", 1, 9), 2);
});

Deno.test("painted pieces cover the text in order, and mark exactly what is wrong", () => {
  const range = fc.tuple(fc.nat(30), fc.nat(6)).map(([start, length]) => ({ start, end: start + length }));
  fc.assert(
    fc.property(anyText, fc.array(range, { maxLength: 4 }), (text, wrong) => {
      const painted = paintedPieces(tools.pieces(text), wrong);
      let end = 0;
      for (const piece of painted) {
        assert.ok(piece.start === end && piece.end > end);
        end = piece.end;
        for (let at = piece.start; at < piece.end; at++) {
          const marked = wrong.some((one) => at >= one.start && at < Math.max(one.end, one.start + 1));
          assert.equal(piece.wrong, marked, `character ${at}`);
        }
      }
      assert.equal(end, text.length);
    }),
    { verbose: 1 },
  );
});

Deno.test("templates are scripts that can be deployed, whatever the columns are called and whether the stream is there", () => {
  const type = fc.constantFrom("int64", "double", "string", "bool", "timestamp", "decimal(10,2)");
  const name = fc.oneof(
    fc.constantFrom("order", "group", "a b", '"', "ts", "__proto__", "x.y"),
    fc.string({ minLength: 1 }),
  );
  const column = fc.record({ name: name.filter((one) => !/["\0\n\r]/.test(one) || one === '"'), type });
  const columns = fc.uniqueArray(column, { minLength: 1, maxLength: 5, selector: (one) => one.name.toLowerCase() });
  const quote = fc.constantFrom(quoteAlways, tools.quote);
  fc.assert(
    fc.property(
      columns,
      fc.constantFrom("orders", "a.b", "order"),
      fc.boolean(),
      quote,
      (columns, stream, there, quote) => {
        const time = columns.find((one) => one.type === "timestamp")?.name ?? null,
          about = { name: stream, columns, time };
        const catalog: Catalog = there ? catalogOf(about) : { stream: () => null, sinkKinds: STANDARD_SINKS };
        for (const template of SQL_TEMPLATES.filter((one) => one.stream === undefined)) {
          const { name, text } = template.make(about, quote, there);
          assert.deepEqual(compileSql(text, catalog, { name }).problems, [], text);
          assert.notEqual(tools.tidy(text), null);
        }
      },
    ),
    { verbose: 1 },
  );
});

Deno.test("the flights' scripts fill the views of the flights' plans: the same windows, keys and columns", () => {
  const catalog = catalogOf({ name: "flights", ...FLIGHTS });
  for (const [script, plan] of [[FLIGHTS_HOURLY, flights.HOURLY], [FLIGHTS_DAILY, flights.DAILY]] as const) {
    const compiled = compileSql(script.text, catalog, { name: script.name });
    assert.deepEqual([compiled.problems, script.name], [[], plan.name]);
    const own = compilePlan(compiled.pipelines[0].plan, catalog).physical, theirs = compilePlan(plan, catalog).physical;
    const shape = ({ operators, sinks }: typeof own) => {
      const aggregate = operators.find(({ op }) => op === "aggregate") as
        | { sizeMs: number; slideMs: number }
        | undefined;
      const columns = sinks[0].columns.map(({ name, type }) => `${name} ${JSON.stringify(type)}`);
      return {
        sizeMs: aggregate?.sizeMs,
        slideMs: aggregate?.slideMs,
        columns,
        keys: sinks[0].keys,
        view: sinks[0].sink.name,
      };
    };
    assert.deepEqual(shape(own), shape(theirs));
  }
});
