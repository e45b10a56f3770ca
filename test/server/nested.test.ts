import assert from "node:assert/strict";
import { createEngine } from "../../src/compose.ts";
import { startServer } from "../../src/server/serve.ts";
import { JSON_TYPE, NDJSON } from "./harness.ts";

/** Runs with a server and a function that asks it. */
async function served(run: (ask: (path: string, init?: RequestInit) => Promise<Response>) => Promise<void>) {
  const engine = await createEngine({ workers: 2 });
  const server = startServer({ engine, hostname: "127.0.0.1", port: 0, token: null, autoCreate: true });
  try {
    await run((path, init) => fetch(server.url + path, init));
  } finally {
    await server.stop();
    await engine.close();
  }
}

const SQL = { "content-type": "application/sql" };
const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");

Deno.test("a declared stream takes nested values, refuses what is none, and gives them as JSON", () =>
  served(async (ask) => {
    const columns = [
      { name: "id", type: "int64" },
      { name: "tags", type: "array<string>" },
      { name: "at", type: "row<city string, zip int64>" },
      { name: "extra", type: "json" },
    ];
    const made = await ask("/v1/streams/s", { method: "PUT", headers: JSON_TYPE, body: JSON.stringify({ columns }) });
    assert.equal(made.status, 201, await made.text());
    const { columns: shown } = await (await ask("/v1/streams/s")).json();
    assert.deepEqual(shown.map(({ type }: { type: string }) => type), columns.map(({ type }) => type));
    const put = await ask("/v1/pipelines/p?start=earliest", {
      method: "PUT",
      headers: SQL,
      body: "SELECT id, tag, at.city AS city, extra FROM s, UNNEST(tags) AS u (tag)",
    });
    assert.equal(put.status, 201, await put.text());
    const body = lines(
      { id: 1, tags: ["a", "b"], at: { city: "Bern", zip: 3000 }, extra: { deep: [1, { x: null }] } },
      { id: 2, tags: "a" },
      { id: 3, tags: [], at: [1] },
      { id: 4, tags: ["c"], at: null, extra: "text" },
    );
    const answer = await (await ask("/v1/streams/s", { method: "POST", headers: NDJSON, body })).json();
    assert.deepEqual([answer.accepted, answer.rejected], [2, 2]);
    assert.deepEqual(
      answer.errors.map(({ line, field, reason }: Record<string, unknown>) => [line, field, reason]),
      [[2, "tags", "Expected array<string>, got a string"], [
        3,
        "at",
        "Expected row<city string, zip int64>, got an array",
      ]],
    );
    const csv = 'id,tags,extra\n5,"[""d"", ""e""]",7\n6,"[1",\n';
    const more = await ask("/v1/streams/s", { method: "POST", headers: { "content-type": "text/csv" }, body: csv });
    assert.deepEqual((await more.json()).rejected, 1);
    const rows = async () => (await (await ask("/v1/views/p?limit=10")).json()).rows ?? [];
    let found: Record<string, unknown>[] = [];
    for (; found.length < 5; found = await rows()) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(found.toSorted((a, b) => String(a.tag) < String(b.tag) ? -1 : 1), [
      { id: 1, tag: "a", city: "Bern", extra: { deep: [1, { x: null }] } },
      { id: 1, tag: "b", city: "Bern", extra: { deep: [1, { x: null }] } },
      { id: 4, tag: "c", city: null, extra: "text" },
      { id: 5, tag: "d", city: null, extra: 7 },
      { id: 5, tag: "e", city: null, extra: 7 },
    ]);
  }));

Deno.test("an undeclared stream finds the types of arrays, and widens them as rows come", () =>
  served(async (ask) => {
    const send = async (...rows: unknown[]) => {
      const answer = await ask("/v1/streams/t", { method: "POST", headers: NDJSON, body: lines(...rows) });
      assert.deepEqual([answer.status, (await answer.json()).rejected], [200, 0]);
      const { columns } = await (await ask("/v1/streams/t")).json();
      return Object.fromEntries(columns.map(({ name, type }: Record<string, string>) => [name, type]));
    };
    assert.deepEqual(await send({ id: 1, a: [1], b: 5 }), { id: "int64", a: "array<int64>", b: "int64" });
    assert.deepEqual(await send({ id: 2, a: [0.5], b: [6], c: [{ x: 1 }] }), {
      id: "int64",
      a: "array<double>",
      b: "json",
      c: "array<row<x int64>>",
    });
    const found = await (await ask("/v1/streams/t/rows?limit=10")).json();
    const rows: Record<string, unknown>[] = found.rows ?? found;
    assert.deepEqual(rows.map(({ a, b, c }) => ({ a, b, c })), [
      { a: [0.5], b: [6], c: [{ x: 1 }] },
      { a: [1], b: 5, c: null },
    ]);
  }));
