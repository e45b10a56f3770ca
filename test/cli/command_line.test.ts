import assert from "node:assert/strict";
import { COMMANDS } from "../../src/cli/commands.ts";
import { call } from "./terminal.ts";

Deno.test("without a command the help goes to stderr and the exit code is 2", async () => {
  const { code, out, err } = await call([]);
  assert.deepEqual([code, out], [2, ""]);
  for (const name of Object.keys(COMMANDS)) assert.match(err, new RegExp(`^  ${name} `, "m"));
});

for (const args of [["help"], ["--help"], ["-h"]]) {
  Deno.test(`${args} explains everything on stdout`, async () => {
    const { code, out, err } = await call(args);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /Exit codes/);
  });
}

for (const [name, { flags, examples }] of Object.entries(COMMANDS)) {
  Deno.test(`the help of ${name} names all flags and shows examples`, async () => {
    const { code, out } = await call([name, "--help"]);
    assert.equal(code, 0);
    for (const flag of Object.keys(flags)) assert.match(out, new RegExp(`--(\\[no-\\])?${flag} `));
    for (const [line] of examples) assert.ok(out.includes(line));
    assert.equal((await call(["help", name])).out, out);
    assert.equal((await call([name, "x.json", "-h"])).out, out);
  });
}

for (
  const [args, message] of [
    [["serv"], /did you mean serve/],
    [["fmtt"], /did you mean fmt/],
    [["zzzzz"], /there are serve, run/],
    [["fmt"], /takes scripts/],
    [["fmt", "plan.json"], /files that end in \.sql/],
    [["help", "explian"], /did you mean explain/],
    [["serve", "--prot", "80"], /Unknown flag --prot: did you mean --port/],
    [["serve", "--no-auto-creat"], /did you mean --no-auto-create/],
    [["serve", "--no-insecure"], /Unknown flag --no-insecure/],
    [["serve", "-p", "80"], /Unknown flag -p/],
    [["serve", "--zzzzzzzz"], /Unknown flag --zzzzzzzz$/m],
    [["serve", "--port"], /--port needs a value/],
    [["serve", "--port", "http"], /expected a whole number of 0 to 65535/],
    [["serve", "--port", "70000"], /expected a whole number/],
    [["serve", "--port", "1", "--port", "2"], /more than once/],
    [["serve", "--insecure=yes"], /takes no value/],
    [["serve", "--workers", "0"], /expected a whole number of 1/],
    [["serve", "--durability", "maybe"], /expected fsync, os, none/],
    [["serve", "--compression", "lzma"], /expected none, zstd/],
    [["serve", "--store", "redis"], /expected files, sqlite/],
    [["dead"], /rdx dead list STREAM/],
    [["dead", "lst", "s"], /did you mean rdx dead list/],
    [["dead", "list"], /takes what to do and one stream/],
    [["dead", "list", "a", "b"], /takes what to do and one stream/],
    [["dead", "list", "1s"], /is no name for a stream/],
    [["dead", "list", "s", "--ids", "1"], /takes no --ids/],
    [["dead", "list", "s", "--limit", "-1"], /expected a whole number/],
    [["dead", "replay", "s", "--ids", "1,x"], /expected up to \d+ ids/],
    [["dead", "replay", "s", "--server", "localhost"], /expected a URL/],
    [["dead", "discard", "s"], /say --yes/],
    [["serve", "--start", "noon"], /--start is "noon": expected earliest, latest/],
    [["serve", "--log-level", "loud"], /expected debug, info/],
    [["serve", "--host", "0.0.0.0"], /RDX_TOKEN/],
    [["serve", "--stream", "nofile"], /expected NAME=FILE/],
    [
      ["serve", "--allow-origin", "shop.example"],
      /"shop\.example" is no origin: expected one such as https:\/\/a\.example/,
    ],
    [["serve", "--allow-origin"], /--allow-origin needs a value/],
    [["serve", "--constructor"], /Unknown flag/],
    [["run"], /takes one query, script or plan/],
    [["run", "a.json", "b.json"], /takes one query, script or plan/],
    [["check"], /takes scripts and plans/],
    [["explain"], /takes one query, script or plan/],
  ] as const
) {
  Deno.test(`rdx ${args.join(" ")} is a wrong call: exit 2, one line, no stack`, async () => {
    const { code, out, err } = await call(args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /^rdx: [^\n]+\n$/);
    assert.match(err, message);
  });
}

Deno.test("a plan file that is missing is exit 66, one that is no JSON exit 2", async () => {
  for (const command of ["serve", "run", "check", "explain"]) {
    const missing = await call([command, "plans/p.json"]);
    assert.deepEqual([missing.code, missing.err, missing.options], [66, "rdx: There is no file plans/p.json\n", null]);
    const broken = await call([command, "p.json"], { files: { "/home/me/p.json": "{" } });
    assert.equal(broken.code, 2);
    assert.match(broken.err, /p\.json as JSON/);
  }
});
