import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const readme = await Deno.readTextFile(new URL("README.md", root));

/** The code blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp("```" + language + "\\n([\\s\\S]*?)```", "g"))].map((match) => match[1]);
}

Deno.test("the README's TypeScript type-checks as a user of the package would write it", async () => {
  const examples = blocks("ts");
  assert.ok(examples.length > 1);
  const paths = examples.map((_, i) => new URL(`test/house/.readme_example_${i}.ts`, root).pathname);
  try {
    for (const [i, example] of examples.entries()) await Deno.writeTextFile(paths[i], example);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", ...paths],
      cwd: root,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  } finally {
    for (const path of paths) await Deno.remove(path);
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
