import assert from "node:assert/strict";
import {
  double,
  httpTable,
  int64,
  nullable,
  pipeline,
  sqliteTable,
  stream,
  string,
  timestamp,
  view,
} from "../../src/builder/mod.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { parsePlan } from "../../src/plan/compile.ts";

const orders = () => stream("orders", { ts: timestamp(), item: int64(), user: string() }, { time: "ts" });
const items = sqliteTable("dim.db", "items", { id: int64(), label: nullable(string()), weight: double() });

Deno.test("a lookup gives the node that one would write by hand, with all of its options", () => {
  const users = httpTable("https://host/users", { name: string(), age: int64() }, {
    method: "POST",
    headers: { authorization: { env: "RDX_SECRET_USERS", prefix: "Bearer " } },
    rows: "data",
  });
  const plan = pipeline("p").from(orders())
    .lookup(items, { on: { item: "id" } })
    .lookup(users, {
      on: { user: "name" },
      prefix: "user_",
      optional: true,
      where: (row, found) => found.user_age.gt(row.weight),
      cache: { rows: 10, ttl: { minutes: 5 } },
      batchRows: 7,
      concurrency: 2,
      timeout: { seconds: 1 },
      onError: "null",
      id: "users",
    })
    .to(view("v"))
    .toPlan();
  const [, , first, second] = parsePlan(plan, STANDARD_SINKS).nodes;
  assert.deepEqual(first, {
    id: "lookup",
    op: "lookup",
    input: ["project"],
    type: "inner",
    table: { kind: "sqlite", path: "dim.db", table: "items" },
    on: [{ left: "item", right: "id" }],
    columns: [
      { name: "id", type: "int64", nullable: false },
      { name: "label", type: "string", nullable: true },
      { name: "weight", type: "double", nullable: false },
    ],
    cache_rows: 100_000,
    cache_ttl_ms: 60_000,
    batch_rows: 256,
    concurrency: 4,
    timeout_ms: 5000,
    on_error: "retry",
  });
  assert.deepEqual(second, {
    id: "users",
    op: "lookup",
    input: ["lookup"],
    type: "left",
    table: {
      kind: "http",
      url: "https://host/users",
      method: "POST",
      headers: { authorization: { env: "RDX_SECRET_USERS", prefix: "Bearer " } },
      rows: "data",
    },
    on: [{ left: "user", right: "name" }],
    columns: [
      { name: "name", type: "string", nullable: false, as: "user_name" },
      { name: "age", type: "int64", nullable: false, as: "user_age" },
    ],
    where: { call: "gt", args: [{ column: "user_age" }, { column: "weight" }] },
    cache_rows: 10,
    cache_ttl_ms: 300_000,
    batch_rows: 7,
    concurrency: 2,
    timeout_ms: 1000,
    on_error: "null",
  });
});

Deno.test("a URL that asks by GET asks for one key at a time when nothing is said", () => {
  const users = httpTable("https://host/users/{name}", { name: string(), age: int64() });
  const plan = pipeline("p").from(orders()).lookup(users, { on: { user: "name" } }).to(view("v")).toPlan();
  const node = parsePlan(plan, STANDARD_SINKS).nodes.find(({ op }) => op === "lookup");
  assert.ok(node?.op === "lookup" && node.batch_rows === 1);
});

Deno.test("the compiler knows the columns behind a lookup, and which of them may be NULL", () => {
  const inner = pipeline("p").from(orders()).lookup(items, { on: { item: "id" } });
  const label: typeof inner.row.label = null, id: typeof inner.row.id = 1;
  const outer = pipeline("p").from(orders()).lookup(items, { on: { item: "id" }, optional: true });
  const missing: typeof outer.row.id = null;
  assert.deepEqual([label, id, missing], [null, 1, null]);
  // @ts-expect-error an inner lookup finds an id
  const wrong: typeof inner.row.id = null;
  assert.equal(wrong, null);
});

Deno.test("the compiler refuses columns that are not there, and names that both have", () => {
  const from = pipeline("p").from(orders());
  // @ts-expect-error the rows have no such column
  from.lookup(items, { on: { itm: "id" } });
  // @ts-expect-error the table has no such column
  from.lookup(items, { on: { item: "key" } });
  const same = sqliteTable("dim.db", "users", { user: string() });
  // @ts-expect-error both have a column user
  from.lookup(same, { on: { user: "user" } });
  const { columns } = from.lookup(same, { on: { user: "user" }, prefix: "u_" }).toPlan().nodes
    .findLast((node) => node.op === "lookup")!;
  assert.deepEqual(columns, [{ name: "user", type: "string", nullable: false, as: "u_user" }]);
});
