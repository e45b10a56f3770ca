import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

async function tracked(): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", { args: ["ls-files", "-co", "--exclude-standard"], cwd: root })
    .output();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

Deno.test("nothing is postponed or silenced in the sources", async () => {
  const words = [
    "TO" + "DO",
    "FIX" + "ME",
    "@ts-ig" + "nore",
    "@ts-no" + "check",
    ":\\s*an" + "y\\b(?! [a-z])",
    "\\bas an" + "y\\b",
  ];
  const odd = new RegExp(words.join("|"));
  const wrong: string[] = [];
  for (const path of await tracked()) {
    if (!/\.(ts|js|html)$/.test(path)) continue;
    const text = await Deno.readTextFile(new URL(path, root)).catch(() => "");
    text.split("\n").forEach((line, i) => {
      if (odd.test(line)) wrong.push(`${path}:${i + 1} ${line.trim()}`);
    });
  }
  assert.deepEqual(wrong, []);
});

Deno.test("the lock files name no host", async () => {
  for (const path of ["deno.lock", "test/deno.lock"]) {
    assert.doesNotMatch(await Deno.readTextFile(new URL(path, root)), /https?:\/\//);
  }
});

Deno.test("what only tests and benches need is not in the project's lock file", async () => {
  const names: string[] = [];
  for (const folder of ["test/deps/", "bench/deps/"]) {
    for await (const { name } of Deno.readDir(new URL(folder, root))) {
      const text = await Deno.readTextFile(new URL(folder + name, root));
      names.push(...[...text.matchAll(/"npm:(@?[^@"]+)@/g)].map((match) => match[1]));
    }
  }
  assert.ok(names.length > 5);
  const lock = await Deno.readTextFile(new URL("deno.lock", root));
  assert.deepEqual(names.filter((name) => lock.includes(`"npm:${name}@`)), []);
});
