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
