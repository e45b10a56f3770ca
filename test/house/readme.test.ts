import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const readme = await Deno.readTextFile(new URL("README.md", root));

/** The code blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp("```" + language + "\\n([\\s\\S]*?)```", "g"))].map((match) => match[1]);
}

Deno.test("the README's TypeScript type-checks as a user of the package would write it", async () => {
  const [example, ...more] = blocks("ts");
  assert.equal(more.length, 0);
  const path = new URL("test/house/.readme_example.ts", root).pathname;
  await Deno.writeTextFile(path, example);
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", path],
      cwd: root,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("the README's commands are tasks that exist", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root))) as {
    tasks: Record<string, unknown>;
  };
  const named = [...readme.matchAll(/(?:deno(?:@[\d.]+)?) task ([a-z:]+)/g)].map((match) => match[1]);
  assert.ok(named.length > 5);
  for (const name of named) assert.ok(Object.hasOwn(tasks, name), name);
});
