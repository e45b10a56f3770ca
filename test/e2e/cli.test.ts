import assert from "node:assert/strict";
import { aggregate, COUNT, plan, source, toFile, toStdout, toView, tumble } from "./plans.ts";
import { readLines } from "./requests.ts";
import { UNTIL_MS_MAX } from "../until.ts";
import { startServer } from "./server.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
const SEED = 20_260_101;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Calls the command line and waits until it ends. */
async function rdx(args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, ...args],
    cwd,
    // The tests may run in a task themselves.
    env: { INIT_CWD: cwd, ...env },
    signal: AbortSignal.timeout(UNTIL_MS_MAX),
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rdx-cli-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Row {
  readonly ts: number;
  readonly city: string;
  readonly price: number;
  readonly note: string;
}

const CITIES = ["Bern", "Zürich", 'Foo "Bar"', "line\nbreak", "a,b", ""];

/** Rows whose texts hold everything that CSV has to quote; some are several KiB long. */
function makeRows(count: number): Row[] {
  const random = randomFrom(SEED);
  return Array.from({ length: count }, (_, i) => ({
    ts: i * 50,
    city: CITIES[Math.floor(random() * CITIES.length)],
    price: Math.floor(random() * 1000) - 100,
    note: random() < 0.01 ? '"\n,'.repeat(Math.floor(random() * 2000)) : "x".repeat(Math.floor(random() * 80)),
  }));
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

function toCsv(rows: readonly Row[]): string {
  const lines = rows.map(({ ts, city, price, note }) => `${ts},${quoted(city)},${price},${quoted(note)}\r\n`);
  return `ts,city,price,note\r\n${lines.join("")}`;
}

const COLUMNS = [
  { name: "ts", type: "timestamp" },
  { name: "city", type: "string" },
  { name: "price", type: "int64" },
  { name: "note", type: "string" },
];

const fileSource = (path: string, format: string) => ({
  id: "in",
  op: "source",
  connector: { kind: "file", path, format },
  columns: COLUMNS,
  time: "ts",
});

function filePlan(path: string, format: string, sink: unknown) {
  const aggs = [COUNT, { fn: "sum", arg: "price", as: "total" }, { fn: "max", arg: "note", as: "note" }];
  return plan(fileSource(path, format), tumble(60_000), aggregate(["city"], aggs), sink);
}

/** What the plan gives, computed from the rows. */
function expected(rows: readonly Row[]): string[] {
  const windows = new Map<string, { n: number; total: number; note: string }>();
  for (const { ts, city, price, note } of rows) {
    const start = Math.floor(ts / 60_000) * 60_000, key = JSON.stringify([start, city]);
    const { n, total, note: most } = windows.get(key) ?? { n: 0, total: 0, note: "" };
    windows.set(key, { n: n + 1, total: total + price, note: note > most ? note : most });
  }
  return [...windows].map(([key, values]) => {
    const [start, city] = JSON.parse(key), iso = (time: number) => new Date(time).toISOString();
    return JSON.stringify({ window_start: iso(start), window_end: iso(start + 60_000), city, ...values });
  }).sort();
}

Deno.test("rdx run: CSV that is cut into ranges, with quoted newlines, gives what one worker gives, and NDJSON too", async () => {
  await withFolder(async (folder) => {
    const rows = makeRows(60_000), csv = toCsv(rows);
    assert.ok(csv.length > 5 << 20, `${csv.length} bytes are few ranges`);
    await Deno.writeTextFile(`${folder}/rows.csv`, csv);
    await Deno.writeTextFile(`${folder}/rows.ndjson`, rows.map((row) => JSON.stringify(row) + "\n").join(""));
    const outputs: string[] = [];
    for (const format of ["csv", "ndjson"]) {
      const path = `${folder}/${format}.json`, sink = toView("result", "aggregate");
      await Deno.writeTextFile(path, JSON.stringify(filePlan(`${folder}/rows.${format}`, format, sink)));
      for (const workers of ["1", "2"]) {
        const { code, out, err } = await rdx(["run", `${format}.json`, "--workers", workers], folder);
        assert.equal(code, 0, err);
        assert.match(err, new RegExp(`^${format}: completed, 60,000 rows in, \\d+ rows out\\n$`));
        outputs.push(out);
      }
    }
    assert.deepEqual(outputs[0].trimEnd().split("\n").sort(), expected(rows));
    for (const output of outputs) assert.equal(output, outputs[0]);
    const toOut = filePlan("rows.csv", "csv", toFile("windows.ndjson", "aggregate"));
    await Deno.writeTextFile(`${folder}/file.json`, JSON.stringify(toOut));
    assert.equal((await rdx(["run", "file.json", "--quiet"], folder)).err, "");
    const stored = await Deno.readTextFile(`${folder}/windows.ndjson`);
    assert.deepEqual(stored.trimEnd().split("\n").sort(), expected(rows));
  });
});

Deno.test("rdx run: rows that cannot be read are named and left out (65), missing files are 66, wrong plans 2", async () => {
  await withFolder(async (folder) => {
    const good = '{"ts":0,"city":"Bern","price":1,"note":""}\n';
    await Deno.writeTextFile(`${folder}/rows.ndjson`, `${good}{"ts":1,"price":"x"}\n${good}nonsense\n`);
    const write = (name: string, value: unknown) => Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(value));
    await write("bad_rows.json", filePlan("rows.ndjson", "ndjson", toView("v", "aggregate")));
    const bad = await rdx(["run", "bad_rows.json"], folder);
    assert.equal(bad.code, 65, bad.err);
    assert.match(bad.err, /2 rows could not be read/);
    assert.match(bad.err, new RegExp(`rows\\.ndjson, byte ${good.length}: `));
    assert.deepEqual(bad.out.trimEnd().split("\n").map((line) => JSON.parse(line).n), [2]);
    await write("no_rows.json", filePlan("none.ndjson", "ndjson", toView("v", "aggregate")));
    const missing = await rdx(["run", "no_rows.json"], folder);
    assert.deepEqual([missing.code, missing.out], [66, ""], missing.err);
    assert.match(missing.err, /none\.ndjson/);
    assert.equal((await rdx(["run", "none.json"], folder)).code, 66);
    await write("open.json", plan(source("s"), toView("v", "in")));
    const unknown = await rdx(["run", "open.json"], folder);
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /node in, nodes\[0\]\.stream: Unknown stream s/);
    await Deno.writeTextFile(`${folder}/unclosed.csv`, `ts,city,price,note\n1,"Bern,1,\n${"2,b,1,\n".repeat(10)}`);
    await write("unclosed.json", filePlan("unclosed.csv", "csv", toView("v", "aggregate")));
    const unclosed = await rdx(["run", "unclosed.json"], folder);
    assert.ok([1, 65].includes(unclosed.code), unclosed.err);
    assert.match(unclosed.err, /unclosed\.csv/);
    for (const { err } of [bad, missing, unknown, unclosed]) assert.doesNotMatch(err, /\n {4}at /, "a stack trace");
  });
});

Deno.test("rdx check and explain say what a plan does, or what is wrong with it", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/s.json`, JSON.stringify({ columns: COLUMNS, time: "ts" }));
    const good = plan(source("s"), tumble(1000), aggregate(["city"], [COUNT]), toView("v", "aggregate"));
    await Deno.writeTextFile(`${folder}/good.json`, JSON.stringify({ name: "good", ...good }));
    const wrong = plan(source("s"), tumble(1000), aggregate(["town"], [COUNT]), toView("v", "aggregate"));
    await Deno.writeTextFile(`${folder}/wrong.json`, JSON.stringify({ name: "wrong", ...wrong }));
    const fine = await rdx(["check", "good.json", "--stream", "s=s.json"], folder);
    assert.deepEqual([fine.code, fine.out, fine.err], [0, "good.json: ok\n", ""]);
    const both = await rdx(["check", "good.json", "wrong.json", "--stream", "s=s.json"], folder);
    assert.deepEqual([both.code, both.out], [2, "good.json: ok\n"]);
    assert.match(both.err, /node aggregate, nodes\[2\]\.keys\[0\]: /);
    const explained = await rdx(["explain", "good.json", "--stream", "s=s.json"], folder);
    assert.equal(explained.code, 0, explained.err);
    assert.match(explained.out, /tumbling window of 1 ?s/);
    const json = await rdx(["explain", "good.json", "--json", "--stream", "s=s.json"], folder);
    assert.equal(JSON.parse(json.out).pipeline, "good");
  });
});

Deno.test("a file without a name in it takes its own; paths are the caller's, also where a task changed the folder", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/caller/data`, { recursive: true });
    const row = '{"ts":0,"city":"Bern","price":1,"note":""}\n';
    await Deno.writeTextFile(`${folder}/caller/data/rows.ndjson`, row);
    const caller = filePlan("data/rows.ndjson", "ndjson", toFile("data/out.ndjson", "aggregate"));
    await Deno.writeTextFile(`${folder}/caller/data/sales.json`, JSON.stringify(caller));
    const { code, err } = await rdx(["run", "data/sales.json"], folder, { INIT_CWD: `${folder}/caller` });
    assert.equal(code, 0, err);
    assert.match(err, /^sales: completed, 1 rows in/);
    assert.equal((await readLines(`${folder}/caller/data/out.ndjson`)).length, 1);
    assert.equal((await rdx(["run", "data/sales.json"], folder)).code, 66);
  });
});

Deno.test("rdx run that is interrupted ends with 130", async () => {
  await withFolder(async (folder) => {
    const rows = `{"ts":0,"city":"${"x".repeat(1000)}"}\n`.repeat(5000);
    await Deno.writeTextFile(`${folder}/rows.ndjson`, rows);
    const copy = plan(fileSource("rows.ndjson", "ndjson"), toStdout("in"));
    await Deno.writeTextFile(`${folder}/copy.json`, JSON.stringify(copy));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", MAIN, "run", "copy.json"],
      cwd: folder,
      env: { INIT_CWD: folder },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    // Its first rows are there, and nobody takes the others.
    assert.ok((await reader.read()).value!.length > 0);
    child.kill("SIGINT");
    const err = await new Response(child.stderr).text();
    assert.equal((await child.status).code, 130, err);
    await reader.cancel();
  });
});

Deno.test("wrong calls of serve are told in one line: busy port, unknown flag, no token off loopback", async () => {
  await withFolder(async (folder) => {
    await using server = await startServer();
    const { port } = new URL(server.url);
    const busy = await rdx(["serve", "--port", port], folder);
    assert.equal(busy.code, 1);
    assert.match(
      busy.err,
      new RegExp(`^rdx: Port ${port} on 127\\.0\\.0\\.1 is taken by another rdx: try --port \\d+`),
    );
    const cases = [
      [["serve", "--prot", "1"], 2, /Unknown flag --prot: did you mean --port\?/],
      [["serve", "--host", "0.0.0.0", "--port", "0"], 2, /set RDX_TOKEN, or pass --insecure/],
      [["serve", "--workers", "0"], 2, /--workers/],
      [["serve", "--port", "0", "missing.json"], 66, /missing\.json/],
      [["sevre"], 2, /did you mean serve\?/],
    ] as const;
    for (const [args, code, message] of cases) {
      const ended = await rdx(args, folder);
      assert.deepEqual([ended.code, ended.out], [code, ""], ended.err);
      assert.match(ended.err, /^rdx: [^\n]+\n$/);
      assert.match(ended.err, message);
    }
    assert.equal((await rdx(["help"], folder)).code, 0);
    assert.equal((await rdx([], folder)).code, 2);
  });
});

Deno.test("serve deploys the plans that are named, and off loopback lets in who knows the token", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/s.json`, JSON.stringify({ columns: COLUMNS, time: "ts" }));
    const counted = plan(source("s"), tumble(1000), aggregate(["city"], [COUNT]), toView("v", "aggregate"));
    await Deno.writeTextFile(`${folder}/cities.json`, JSON.stringify(counted));
    const args = ["--host", "0.0.0.0", "--stream", "s=s.json", "cities.json"];
    await using server = await startServer({ args, env: { RDX_TOKEN: "open-sesame", INIT_CWD: folder } });
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    const answers = await Promise.all(["", "Bearer wrong", "Bearer open-sesame"].map(async (authorization) => {
      const answer = await fetch(`${url}/v1/pipelines`, authorization === "" ? {} : { headers: { authorization } });
      await answer.body?.cancel();
      return answer.status;
    }));
    assert.deepEqual(answers, [401, 401, 200]);
    assert.equal(await server.signal("SIGTERM"), 0);
    assert.doesNotMatch(server.errors, /sesame/);
  });
});
