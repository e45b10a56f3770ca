import assert from "node:assert/strict";
import { UNTIL_MS_MAX } from "../until.ts";
import { startServer, type TestServer, until } from "./server.ts";

const ROOT = new URL("../../", import.meta.url);
const EXAMPLE = new URL("examples/functions/", ROOT);
const DISTANCES = [
  { origin: "ZRH", destination: "GVA", km: 230, haul: "short" },
  { origin: "ZRH", destination: "ATH", km: 1639, haul: "medium" },
  { origin: "ZRH", destination: "JFK", km: 6309, haul: "long" },
  { origin: "ZRH", destination: "???", km: null, haul: null },
];
const SCORE = `export const score = (rows, value) => {
  const scores = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    if (value.values[i] < 0n) throw new Error("no score below 0");
    scores[i] = Number(value.values[i]) / 2;
  }
  return scores;
};\n`;

async function deno(args: readonly string[], cwd = ROOT.pathname) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...args],
    cwd,
    env: { INIT_CWD: cwd },
    stdin: "null",
    signal: AbortSignal.timeout(UNTIL_MS_MAX),
  });
  const { code, stdout, stderr } = await command.output(), text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

const rowsOf = (out: string) => out.trimEnd().split("\n").map((line) => JSON.parse(line));

Deno.test("the example runs in its own process with the builder, and in pipe mode with SQL, to the same rows", async () => {
  const embedded = await deno([new URL("distance_run.ts", EXAMPLE).pathname]);
  assert.deepEqual([embedded.code, embedded.err], [0, ""]);
  assert.deepEqual(rowsOf(embedded.out), DISTANCES);
  const [input, script] = ["routes.ndjson", "distance.sql"].map((name) => new URL(name, EXAMPLE).pathname);
  const piped = await deno(["src/main.ts", "run", "--input", input, script]);
  assert.deepEqual([piped.code, piped.err], [0, ""]);
  assert.deepEqual(rowsOf(piped.out), DISTANCES);
  const { out } = await deno(["src/main.ts", "fmt", "--check", script]);
  assert.equal(out, "");
});

/** A folder with one function in it, one beside it, and a link from inside to outside. */
async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "rdx-functions-" }));
  try {
    await Deno.mkdir(`${folder}/functions/more`, { recursive: true });
    await Deno.mkdir(`${folder}/functions-of-others`);
    for (const at of ["functions/score.ts", "functions/more/score.ts", "outside.ts", "functions-of-others/score.ts"]) {
      await Deno.writeTextFile(`${folder}/${at}`, SCORE);
    }
    await Deno.symlink(`${folder}/outside.ts`, `${folder}/functions/link.ts`);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function planOf(module: string) {
  const call = {
    call: "score",
    args: [{ column: "n" }],
    function: { module, export: "score", takes: ["int64"], returns: "double" },
  };
  return {
    rdx: 1,
    nodes: [
      { id: "s", op: "source", stream: "numbers" },
      { id: "p", op: "project", input: ["s"], columns: ["n", { as: "half", expr: call }] },
      { id: "v", op: "sink", input: ["p"], sink: { kind: "view", name: "halves" } },
    ],
  };
}

interface Refused {
  readonly status: number;
  readonly errors: readonly { readonly path?: string; readonly reason: string; readonly hint: string }[];
}

async function put(server: TestServer, name: string, body: unknown): Promise<Refused> {
  const isSql = typeof body === "string";
  const answer = await server.fetch(`/v1/pipelines/${name}`, {
    method: "PUT",
    headers: { "content-type": isSql ? "application/sql" : "application/json" },
    body: isSql ? body : JSON.stringify(body),
  });
  return { errors: [], ...await answer.json(), status: answer.status };
}

const NUMBERS = { columns: [{ name: "n", type: "int64", nullable: true }] };
const SQL = (as: string) =>
  `CREATE FUNCTION score (n BIGINT) RETURNS DOUBLE LANGUAGE TYPESCRIPT AS '${as}'; SELECT n, SCORE(n) AS half FROM numbers`;

async function send(server: TestServer, rows: readonly number[]): Promise<void> {
  const body = rows.map((n) => `{"n":${n}}\n`).join("");
  const answer = await server.fetch("/v1/streams/numbers", {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body,
  });
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
}

function rowsOfView(server: TestServer, view: string, count: number): Promise<unknown[]> {
  return until(async () => {
    const { rows } = await server.json<{ rows: unknown[] }>(`/v1/views/${view}`);
    return rows.length >= count && rows;
  }, 10);
}

Deno.test("a server runs the functions of the folder that it was started with, for plans and scripts, and counts what fails", async () => {
  await withFolder(async (folder) => {
    await using server = await startServer({ args: ["--functions", "functions"], cwd: folder });
    await server.put("/v1/streams/numbers", NUMBERS);
    assert.equal((await put(server, "plan", planOf(`file://${folder}/functions/score.ts`))).status, 201);
    assert.equal((await put(server, "script", SQL("./more/score.ts"))).status, 201);
    await send(server, [3, -4, 5]);
    const rows = [{ n: 3, half: 1.5 }, { n: -4, half: null }, { n: 5, half: 2.5 }];
    for (const view of ["halves", "script"]) {
      const found = await rowsOfView(server, view, 3) as typeof rows;
      assert.deepEqual(found.toSorted((a, b) => Math.abs(a.n) - Math.abs(b.n)), rows);
    }
    const { function_errors } = await server.json<{ function_errors: number }>("/v1/pipelines/plan");
    assert.equal(function_errors, 1);
    const metrics = await (await server.fetch("/metrics")).text();
    assert.match(metrics, /^rdx_function_errors_total\{pipeline="script"\} 1$/m);
    const explained = await (await server.fetch("/v1/pipelines/script/explain")).text();
    assert.match(explained, /score\(int64\): double is a user function, score of score\.ts: pure if its code is/);
    assert.match(server.errors, /"A user function failed; its rows have NULL".*"no score below 0"/);
  });
});

Deno.test("a server refuses functions from elsewhere, also behind links and in folders whose names begin alike", async () => {
  await withFolder(async (folder) => {
    await using server = await startServer({ args: ["--functions", "functions"], cwd: folder });
    await server.put("/v1/streams/numbers", NUMBERS);
    const outside = [
      `file://${folder}/outside.ts`,
      `file://${folder}/functions/link.ts`,
      `file://${folder}/functions/../outside.ts`,
      `file://${folder}/functions/%2e%2e/outside.ts`,
      `file://${folder}/functions-of-others/score.ts`,
      `file://${folder}/none.ts`,
      `data:text/javascript,${encodeURIComponent(SCORE)}`,
      "https://functions.invalid/score.ts",
    ];
    for (const module of outside) {
      const { status, errors: [error, ...more] } = await put(server, "p", planOf(module));
      assert.deepEqual([status, more.length], [422, 0], module);
      assert.equal(error.path, "nodes[1].columns[1].expr.function.module");
      assert.equal(error.reason, "This server runs no user functions of this module");
      assert.match(error.hint, /--functions/);
      const script = await put(server, "q", SQL(module.replace("score.ts", "score.ts#score")));
      assert.deepEqual([script.status, script.errors.map(({ reason }) => reason)], [422, [error.reason]]);
    }
    const { pipelines } = await server.json<{ pipelines: unknown[] }>("/v1/pipelines");
    assert.deepEqual(pipelines, []);
  });
});

Deno.test("a server that was started without functions runs none, and says what to start it with", async () => {
  await withFolder(async (folder) => {
    await using server = await startServer({ cwd: folder });
    await server.put("/v1/streams/numbers", NUMBERS);
    const { status, errors: [error] } = await put(server, "p", planOf(`file://${folder}/functions/score.ts`));
    assert.deepEqual([status, error.reason], [422, "This server runs no user functions"]);
    assert.match(error.hint, /^Start it with --functions/);
    const explained = await server.fetch("/v1/explain", {
      method: "POST",
      headers: { "content-type": "application/sql" },
      body: SQL(`file://${folder}/functions/score.ts`),
    });
    await explained.body?.cancel();
    assert.equal(explained.status, 422);
  });
});

Deno.test("scripts and plans that the command line names find modules from where they are", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/functions/other.sql`, SQL("./score.ts"));
    const plan = planOf("./functions/score.ts");
    await Deno.writeTextFile(`${folder}/half.json`, JSON.stringify(plan));
    await Deno.writeTextFile(`${folder}/numbers.json`, JSON.stringify(NUMBERS));
    const args = [
      "--functions",
      "functions/score.ts",
      "--stream",
      "numbers=numbers.json",
      "functions/other.sql",
      "half.json",
    ];
    await using server = await startServer({ args, cwd: folder });
    await send(server, [3]);
    for (const view of ["halves", "other"]) {
      assert.deepEqual(await rowsOfView(server, view, 1), [{ n: 3, half: 1.5 }]);
    }
  });
});

Deno.test("pipe mode says how many calls failed, and why a function cannot be used", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/in.ndjson`, '{"n":3}\n{"n":-4}\n');
    await Deno.writeTextFile(`${folder}/functions/half.sql`, SQL("./score.ts").replace("numbers", "input"));
    const main = new URL("src/main.ts", ROOT).pathname;
    const { code, out, err } = await deno([main, "run", "--input", "in.ndjson", "functions/half.sql"], folder);
    assert.deepEqual([code, rowsOf(out)], [0, [{ n: 3, half: 1.5 }, { n: -4, half: null }]]);
    assert.match(err, /rdx: 1 call of user functions failed: they gave NULL\n$/);
    await Deno.writeTextFile(`${folder}/none.sql`, SQL("./none.ts#f").replace("numbers", "input"));
    const none = await deno([main, "run", "--input", "in.ndjson", "none.sql"], folder);
    assert.deepEqual([none.code, none.out], [2, ""]);
    assert.match(none.err, /^rdx: Cannot load user function f of none\.ts: Module not found/);
  });
});
