import assert from "node:assert/strict";
import { formatType } from "../../src/core/schema.ts";
import type { StateTable } from "../../src/core/state.ts";
import { createOperator } from "../../src/operator/create.ts";
import { extensionModule, loadOperators } from "../kernel/load.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";

const FILE = new URL("../data/state/v1.json", import.meta.url);

/** Tables by their names and versions, as text. */
type Tables = Record<string, string>;

function textOf({ columns, keys, expiry, merge }: StateTable): string {
  const text = columns.map(({ name, type, nullable }, i) => {
    const notes = [i === keys - 1 ? "key ends" : "", i === expiry ? "expires" : "", merge?.[i] ?? ""];
    return [name, formatType(type), nullable ? "null" : "", ...notes].filter((part) => part !== "").join(" ");
  });
  return text.join(", ");
}

function tablesOf({ plan }: Form): Tables {
  const kernel = loadOperators();
  kernel.extend("functions", extensionModule("functions"));
  const operator = createOperator(kernel, plan, { task: 0, tasks: 1 }, null), { state } = operator;
  assert.ok(state === "none" || typeof state === "object", `${plan.op} gives its state out`);
  const tables = state === "none" ? [] : state.tables;
  operator.close();
  assert.equal(new Set(tables.map(({ name }) => name)).size, tables.length, "each table has a name of its own");
  for (const { name, columns } of tables) {
    assert.equal(
      new Set(columns.map((column) => column.name)).size,
      columns.length,
      `columns of ${name} have their own`,
    );
  }
  return Object.fromEntries(tables.map((table) => [`${table.name} ${table.version}`, textOf(table)]));
}

Deno.test("every operator keeps its state in tables whose versions grow when they change", () => {
  const known: Record<string, Tables> = JSON.parse(Deno.readTextFileSync(FILE));
  const now = Object.fromEntries([...OPERATOR_FORMS].map(([name, form]) => [name, tablesOf(form)]));
  if (Deno.env.has("RDX_ADD_TABLES")) {
    // What is there stays: a table that has changed needs a new version
    const all = Object.fromEntries(Object.entries(now).map(([name, tables]) => [name, { ...tables, ...known[name] }]));
    Deno.writeTextFileSync(FILE, JSON.stringify(all, null, 2) + "\n");
    return;
  }
  for (const [name, tables] of Object.entries(now)) {
    for (const [table, text] of Object.entries(tables)) {
      const before = known[name]?.[table];
      assert.ok(
        before !== undefined,
        `${name} has a table ${table} that ${FILE.pathname} lacks: run with RDX_ADD_TABLES=1`,
      );
      assert.equal(text, before, `${name} has changed its table ${table}: give it another version`);
    }
  }
});

Deno.test("operators that keep nothing say so", () => {
  const none = [...OPERATOR_FORMS].filter(([, form]) => Object.keys(tablesOf(form)).length === 0).map(([name]) => name);
  assert.deepEqual(none, ["filter", "project", "union", "unnest"]);
});
