import assert from "node:assert/strict";
import { compilePlan, parsePlan } from "../../src/plan/compile.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { explainPlan, formatExplanation } from "../../src/plan/explain.ts";
import { STANDARD_LOOKUPS } from "../../src/plan/lookup_kinds.ts";
import { call, CATALOG, col, type Json, lit } from "./catalog.ts";
import { columnsOf, factsOf, operatorOf } from "./facts.ts";
import { count, FLIGHTS_SOURCE, plan, refuses, tumble, UNTIMED_SOURCE } from "./refusals.ts";

const COLUMNS = [
  { name: "code", type: "string", nullable: false },
  { name: "city", type: "string" },
  { name: "lat", type: "double", as: "latitude" },
];
const lookup = (more: Json = {}, input = "f"): Json => ({
  id: "l",
  op: "lookup",
  input: [input],
  type: "left",
  table: { kind: "sqlite", path: "dim.db", table: "airports" },
  on: [{ left: "origin", right: "code" }],
  columns: COLUMNS,
  ...more,
});
const http = (more: Json = {}) => ({ kind: "http", url: "https://host/{code}", ...more });
const looked = (more: Json = {}) => plan([FLIGHTS_SOURCE, lookup(more)]);

Deno.test("a lookup gives the input's columns, then the table's, which may be NULL in a left one", () => {
  const of = (type: string) => columnsOf(looked({ type }), "l").split(", ").slice(-3).join(", ");
  assert.equal(of("left"), "code string?, city string?, latitude double?");
  assert.equal(of("inner"), "code string, city string?, latitude double?");
});

Deno.test("event time goes through a lookup, and a time of arrival does not", () => {
  assert.deepEqual([...factsOf(looked(), "l").times.keys()], ["ts"]);
  assert.doesNotThrow(() =>
    compilePlan(plan([FLIGHTS_SOURCE, lookup(), tumble("w", "l"), count("c", "w", ["city"])]), CATALOG)
  );
  assert.throws(
    () => compilePlan(plan([UNTIMED_SOURCE, lookup({}, "u"), tumble("w", "l"), count("c", "w", ["city"])]), CATALOG),
    /behind lookup l rows have no time of arrival/,
  );
});

Deno.test("a lookup asks only for what is used behind it or in its condition", () => {
  const picksOf = (columns: readonly string[], more: Json = {}) => {
    const nodes = [FLIGHTS_SOURCE, lookup(more), { id: "p", op: "project", input: ["l"], columns }];
    const operator = operatorOf(plan(nodes), "lookup");
    assert.ok(operator.op === "lookup");
    return operator.picks.map(({ name }) => name);
  };
  assert.deepEqual(picksOf(["ts", "city"]), ["city"]);
  assert.deepEqual(picksOf(["ts", "latitude"]), ["lat"]);
  assert.deepEqual(picksOf(["ts"], { where: call("gt", col("latitude"), lit(1.5)) }), ["lat"]);
  assert.deepEqual(picksOf(["ts"]), ["code"], "one comes back at least");
});

Deno.test("conditions on the input stand in front of a lookup, so that nobody asks for what they turn away", () => {
  const where = call("and", call("gt", col("delay"), lit(5)), call("is_not_null", col("city")));
  const { operators } =
    compilePlan(plan([FLIGHTS_SOURCE, lookup(), { id: "w", op: "filter", input: ["l"], where }]), CATALOG)
      .physical;
  const kinds = operators.map(({ op }) => op), at = kinds.indexOf("lookup");
  assert.ok(kinds.slice(0, at).includes("filter") && kinds.slice(at).includes("filter"), kinds.join(", "));
});

Deno.test("what is behind a lookup goes by the clock of the lookup", () => {
  const { operators } =
    compilePlan(plan([FLIGHTS_SOURCE, lookup(), tumble("w", "l"), count("c", "w", ["city"])]), CATALOG).physical;
  const at = operators.findIndex(({ op }) => op === "lookup");
  assert.deepEqual(operators[at].sources, ["f"]);
  for (const { sources } of operators.slice(at + 1)) assert.deepEqual(sources, ["l"]);
});

Deno.test("an explanation says how a lookup asks, and whether a replay asks again", () => {
  const text = (more: Json, facts = {}) => formatExplanation(explainPlan(looked(more), CATALOG, facts));
  const usual = text({});
  assert.match(
    usual,
    /lookup l: left, origin = code, code, city, latitude = lat of sqlite table airports in dim\.db\n/,
  );
  for (
    const line of [
      "cache of 100000 keys for 1 min, those without rows too",
      "256 keys a question, 4 at a time, each for 5 s at most",
      "rows wait until there is an answer",
      "rows in the order of the log: behind one that waits all others wait",
      "impure: answers are not logged, a replay asks again",
    ]
  ) assert.ok(usual.includes(`│  ${line}\n`), usual);
  assert.match(text({}, { answersLogged: true }), /answers are logged: a replay asks nobody/);
  const other = text({ table: http(), cache_rows: 0, on_error: "null", concurrency: 9 });
  assert.match(other, /of http GET https:\/\/host\/\{code\}\n/);
  assert.match(other, /no cache\n.*1 keys a question, 9 at a time.*\n.*rows without an answer go on with NULL\n/);
  assert.match(
    text({ cache_ttl_ms: 0, on_error: "dead_letter" }),
    /for ever, .*\n.*\n.*rows without an answer go to the dead letters/,
  );
});

Deno.test("an explanation tells no value of a header", () => {
  const headers = { authorization: "hush", other: { env: "RDX_SECRET_A" } };
  assert.doesNotMatch(formatExplanation(explainPlan(looked({ table: http({ headers }) }), CATALOG)), /hush/);
});

Deno.test("what a lookup leaves unsaid is written down", () => {
  const node = parsePlan(looked(), STANDARD_SINKS).nodes[1];
  assert.ok(node.op === "lookup");
  const { cache_rows, cache_ttl_ms, batch_rows, concurrency, timeout_ms, on_error, columns } = node;
  assert.deepEqual([cache_rows, cache_ttl_ms, batch_rows, concurrency, timeout_ms, on_error], [
    100_000,
    60_000,
    256,
    4,
    5000,
    "retry",
  ]);
  assert.deepEqual(columns[1], { name: "city", type: "string", nullable: true });
  assert.deepEqual(
    parsePlan({ rdx: 1, name: "p", nodes: parsePlan(looked(), STANDARD_SINKS).nodes }, STANDARD_SINKS).nodes[1],
    node,
  );
});

Deno.test("a platform without a kind of table does not take plans that name it", () => {
  const without = { ...CATALOG, lookupKinds: new Map([...STANDARD_LOOKUPS].filter(([kind]) => kind !== "http")) };
  assert.doesNotThrow(() => compilePlan(looked(), without));
  assert.throws(() => compilePlan(looked({ table: http() }), without), { code: "invalid_plan" });
  assert.throws(() => compilePlan(looked(), { ...CATALOG, lookupKinds: new Map() }), { code: "invalid_plan" });
});

const at = (path: string) => `nodes[1].${path}`;

refuses([
  {
    what: "a lookup of a column that the rows do not have",
    plan: looked({ on: [{ left: "orign", right: "code" }] }),
    path: at("on[0].left"),
    reason: /Unknown column "orign"|orign/,
  },
  {
    what: "a lookup by a column that the table does not have",
    plan: looked({ on: [{ left: "origin", right: "iata" }] }),
    path: at("on[0].right"),
    reason: /iata/,
  },
  {
    what: "a lookup by columns of different types",
    plan: looked({ on: [{ left: "delay", right: "code" }] }),
    path: at("on[0]"),
    reason: /Cannot look delay, which is int64, up in code of the sqlite table, which is string/,
    hint: /Cast the column/,
  },
  {
    what: "a lookup that compares a column of the table twice",
    plan: looked({ on: [{ left: "origin", right: "code" }, { left: "destination", right: "code" }] }),
    path: at("on[1].right"),
    reason: /"code" of the table is compared twice/,
  },
  {
    what: "a lookup whose table has a column of the rows' name",
    plan: looked({ columns: [...COLUMNS, { name: "delay", type: "int64" }] }),
    path: at("columns[3]"),
    reason: /There is a column "delay" already/,
    hint: /"as"/,
  },
  {
    what: "a lookup that names a column of the table twice",
    plan: looked({ columns: [...COLUMNS, { name: "city", type: "string", as: "town" }] }),
    path: at("columns[3].name"),
    reason: /"city" is named twice/,
  },
  {
    what: "a lookup with a column of no type",
    plan: looked({ columns: [...COLUMNS, { name: "x", type: "number" }] }),
    path: at("columns[3].type"),
    reason: /Unknown type "number"/,
  },
  {
    what: "an inner lookup whose rows go on with NULL where there is no answer",
    plan: looked({ type: "inner", on_error: "null" }),
    path: at("on_error"),
    reason: /cannot go on with NULL in an inner lookup/,
  },
  {
    what: "a URL with a key that is none",
    plan: looked({ table: http({ url: "https://host/{code}/{city}" }) }),
    path: at("table.url"),
    reason: /names \{city\}, which is no key/,
  },
  {
    what: "a URL without the key",
    plan: looked({ table: http({ url: "https://host/all" }) }),
    path: at("table.url"),
    reason: /lacks the key \{code\}/,
  },
  {
    what: "a URL of several keys that is to ask for many at once",
    plan: looked({
      table: http({ url: "https://host/{code}/{city}" }),
      on: [{ left: "origin", right: "code" }, { left: "destination", right: "city" }],
      batch_rows: 5,
    }),
    path: at("batch_rows"),
    reason: /asks for one at a time/,
  },
  {
    what: "a condition of a lookup that is none",
    plan: looked({ where: col("city") }),
    path: at("where"),
    reason: /bool/,
  },
  {
    what: "an option that a table does not have",
    plan: looked({ table: { kind: "sqlite", path: "dim.db", table: "t", url: "x" } }),
    path: at("table.url"),
    reason: /url/i,
  },
  {
    what: "more questions at a time than there may be",
    plan: looked({ concurrency: 65 }),
    path: at("concurrency"),
    reason: /64/,
  },
]);

Deno.test("a plan is refused: a lookup of rows that may be taken back", () => {
  const nodes = [FLIGHTS_SOURCE, count("c", "f", ["origin"]), lookup({}, "c")];
  assert.throws(
    () => compilePlan(plan(nodes), CATALOG),
    /A lookup takes rows that are only inserted, and those of c may be taken back/,
  );
});
