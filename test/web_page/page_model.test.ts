import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import * as flights from "../../examples/flights/plans.ts";
import { daily, hourly } from "../../examples/flights/pipelines.ts";
import { parseType } from "../../src/core/schema.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { History, sparkPoints } from "../../web/page_model/history.ts";
import { apiPath, parseRoute, pathTo } from "../../web/page_model/routes.ts";
import { embedLines, exampleRow, sendLine } from "../../web/page_model/snippets.ts";
import { TEMPLATES } from "../../web/page_model/templates.ts";

Deno.test("the flights' plans that the page deploys are those of the example", () => {
  assert.deepEqual(flights.HOURLY, JSON.parse(JSON.stringify(hourly)));
  assert.deepEqual(flights.DAILY, JSON.parse(JSON.stringify(daily)));
});

Deno.test("every name comes back from the address that leads to it", () => {
  const pages = fc.constantFrom("pipeline" as const, "stream" as const, "view" as const);
  fc.assert(
    fc.property(pages, fc.string({ minLength: 1, unit: "grapheme" }), (page, name) => {
      const route = parseRoute(pathTo(page, name));
      assert.ok(route.page === page && route.name === name, JSON.stringify(route));
      assert.deepEqual(parseRoute(pathTo("change", name)), { page: "change", name });
    }),
    { verbose: 1 },
  );
});

Deno.test("a name is one step of the server's path, also when it is made of dots", () => {
  for (const name of ["..", ".", "a/b", "a?b", "a#b", "%2e", "__proto__"]) {
    const { pathname } = new URL(apiPath("views", name), "http://rdx.example");
    assert.equal(pathname.split("/").length, 4, `${name} became ${pathname}`);
    if (!/^\.+$/.test(name)) assert.equal(decodeURIComponent(pathname.slice("/v1/views/".length)), name);
  }
});

Deno.test("addresses that name nothing are unknown", () => {
  for (
    const hash of [
      "#/pipelines",
      "#/pipelines/",
      "#/x/y",
      "#/views/%E0%A4%A",
      "#/streams/a/change",
      "#/pipelines/a/change/x",
    ]
  ) {
    assert.equal(parseRoute(hash).page, "unknown", hash);
  }
  for (const hash of ["", "#", "#/"]) assert.equal(parseRoute(hash).page, "overview", hash);
});

Deno.test("lines to embed keep any value inside its attribute", () => {
  const lines = embedLines("http://rdx.example", [{
    tag: "rdx-chart",
    attributes: [["src", '/v1/views/a?key="><script>'], ["by", null], ["y", "a&b"]],
  }]);
  assert.equal(
    lines.split("\n")[1],
    '<rdx-chart src="/v1/views/a?key=&quot;>&lt;script>" y="a&amp;b"></rdx-chart>',
  );
});

Deno.test("a curl line keeps any row inside its quotes, and names the token by its variable", () => {
  const line = sendLine("http://127.0.0.1:1", "s", `{"a":"it's"}`, true);
  assert.equal(
    line,
    `curl -H "authorization: Bearer $RDX_TOKEN" -H 'content-type: application/x-ndjson' ` +
      `--data-binary '{"a":"it'\\''s"}' http://127.0.0.1:1/v1/streams/s`,
  );
});

Deno.test("a row to begin with has a value for every column", () => {
  const types = ["int64", "double", "decimal(9,2)", "bool", "timestamp", "string", "bytes"];
  const row = JSON.parse(exampleRow(types.map((type) => ({ name: type, type })), 0));
  assert.deepEqual(Object.keys(row), types);
  assert.equal(row.timestamp, "1970-01-01T00:00:00.000Z");
});

Deno.test("templates are plans that can be deployed, whatever the columns are called", () => {
  const type = fc.constantFrom("int64", "double", "string", "timestamp", "bool", "decimal(18,4)");
  const columns = fc.uniqueArray(fc.record({ name: fc.string({ minLength: 1, maxLength: 20 }), type }), {
    selector: ({ name }) => name,
    maxLength: 6,
    minLength: 1,
  });
  fc.assert(
    fc.property(columns, (all) => {
      const time = all.find((column) => column.type === "timestamp")?.name ?? null;
      const known = all.map(({ name, type }) => ({ name, type: parseType(type), nullable: true }));
      const stream = { columns: known, time, delayMs: 0, futureSkewMs: 0 };
      for (const { make } of TEMPLATES) {
        compilePlan(JSON.parse(make({ name: "orders", columns: all, time })), {
          stream: (name) => name === "orders" ? stream : null,
          sinkKinds: STANDARD_SINKS,
        });
      }
    }),
    { verbose: 1 },
  );
});

Deno.test("a sparkline ends at the right edge with the newest value, and forgets figures that are gone", () => {
  const history = new History();
  for (let second = 0; second < 500; second++) history.add(second * 1000, [["a", second % 7], ["b", 1]]);
  history.add(500_000, [["a", 6]]);
  assert.deepEqual(history.of("b"), []);
  assert.equal(history.of("a").length, 121);
  assert.match(sparkPoints(history.of("a"), 96, 20), /96\.0,0\.0$/);
  assert.equal(sparkPoints([], 96, 20), "");
});
