import assert from "node:assert/strict";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { seeded } from "../sim/pool.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
const STREAM = {
  columns: [{ name: "key", type: "string" }, { name: "value", type: "int64" }],
};
const ROWS = 60;

function totalsPlan() {
  const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 },
      { id: "totals", op: "aggregate", input: ["source"], keys: ["key"], aggs },
      { id: "sink", op: "sink", input: ["totals"], sink: { kind: "view", name: "totals" } },
    ],
  };
}

/** Calls the command line in a process of its own. */
async function rdx(server: TestServer, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, "savepoint", ...args, "--server", server.url],
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

async function post(server: TestServer, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, i) => ({ key: `k${(from + i) % 5}`, value: from + i }));
  const response = await server.fetch("/v1/streams/s", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(rows),
  });
  assert.ok(response.ok, await response.text());
}

interface View {
  readonly rows: readonly { readonly key: string; readonly n: number; readonly total: number }[];
}

/** What `totals` has, by key, once it has `n` rows in all. */
async function totals(server: TestServer, n: number, name = "totals"): Promise<string[]> {
  const rows = await until(async () => {
    const response = await server.fetch(`/v1/views/${name}`);
    if (!response.ok) {
      await response.body?.cancel();
      return null;
    }
    const { rows } = await response.json() as View;
    return rows.reduce((sum, row) => sum + row.n, 0) === n ? rows : null;
  });
  return rows.map(({ key, n, total }) => `${key} ${n} ${total}`).sort();
}

function expected(n: number): string[] {
  return Array.from({ length: 5 }, (_, k) => {
    const values = Array.from({ length: n }, (_, i) => i).filter((i) => i % 5 === k);
    return `k${k} ${values.length} ${values.reduce((sum, value) => sum + value, 0)}`;
  });
}

async function ready(server: TestServer): Promise<void> {
  await until(async () => {
    const response = await server.fetch("/readyz");
    await response.body?.cancel();
    return response.ok;
  });
}

Deno.test("the command line takes, lists, exports, imports and deletes savepoints of a real server", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-savepoint-" });
  try {
    await using server = await startServer({ data: `${folder}/data`, args: ["--workers", "2"] });
    await server.put("/v1/streams/s", STREAM);
    await server.put("/v1/pipelines/totals", totalsPlan());
    await post(server, 0, 20);
    assert.deepEqual(await totals(server, 20), expected(20));
    assert.match((await rdx(server, "take", "totals", "early")).out, /^early\tafter \d+\t.*\d+ bytes\n$/);
    assert.match((await rdx(server, "list", "totals")).out, /^early\tafter \d+/);
    await post(server, 20, ROWS);
    const file = `${folder}/totals.rdxsave`;
    const { code, err } = await rdx(server, "export", "totals", file, "--name", "early");
    assert.equal(code, 0, err);
    assert.match(err, /totals is in .*, \d+ bytes/);
    await using other = await startServer({ data: `${folder}/other`, args: ["--workers", "3"] });
    const refused = await rdx(other, "import", "copy", file);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /node source, stream: There is no stream s/);
    await other.put("/v1/streams/s", STREAM);
    await post(other, 0, 20);
    assert.equal((await rdx(other, "import", "copy", file)).code, 0);
    assert.deepEqual(await totals(other, 20, "copy"), expected(20));
    await post(other, 20, ROWS);
    assert.deepEqual(await totals(other, ROWS, "copy"), expected(ROWS));
    const bytes = Deno.readFileSync(file);
    bytes[bytes.length >> 1] ^= 4;
    Deno.writeFileSync(file, bytes);
    const damaged = await rdx(other, "import", "copy", file);
    assert.equal(damaged.code, 65);
    assert.match(damaged.err, /Cannot use the savepoint: at byte \d+ its bytes are not those that were written/);
    assert.equal((await rdx(server, "delete", "totals", "early")).code, 0);
    assert.equal((await rdx(server, "delete", "totals", "early")).code, 66);
    assert.equal((await rdx(server, "list", "totals")).out, "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a server that is killed while it imports a savepoint has the pipeline of before or of the savepoint", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = seeded(seed), data = await Deno.makeTempDir();
  try {
    let file: Uint8Array<ArrayBuffer> | null = null;
    for (let kill = 0; kill < 6; kill++) {
      await using server = await startServer({ data, args: ["--workers", String(1 + kill % 3)] });
      await ready(server);
      if (file === null) {
        await server.put("/v1/streams/s", STREAM);
        await server.put("/v1/pipelines/totals", totalsPlan());
        await post(server, 0, 20);
        await totals(server, 20);
        file = await (await server.fetch("/v1/pipelines/totals/savepoint")).bytes();
        await post(server, 20, ROWS);
      }
      assert.deepEqual(await totals(server, ROWS), expected(ROWS), `seed ${seed}, kill ${kill}`);
      const coming = server.fetch("/v1/pipelines/totals/savepoint", { method: "PUT", body: file }).catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, random(120)));
      await server.signal("SIGKILL");
      await (await coming)?.body?.cancel().catch(() => {});
    }
    await using server = await startServer({ data });
    await ready(server);
    assert.deepEqual(await totals(server, ROWS), expected(ROWS), `seed ${seed}`);
    assert.deepEqual(
      [...Deno.readDirSync(`${data}/order`)].length,
      1,
      "orders of imports that came to nothing are gone",
    );
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
