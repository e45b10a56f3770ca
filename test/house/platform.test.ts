import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

async function check(...extra: string[]): Promise<{ success: boolean; text: string }> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/check_browser.ts", ...extra],
    cwd: root,
  }).output();
  return { success, text: new TextDecoder().decode(stderr) };
}

Deno.test("the platform-neutral rooms type-check without Deno", async () => {
  const { success, text } = await check();
  assert.ok(success, text);
  assert.ok(Number(/^(\d+) files/m.exec(text)?.[1]) > 150, text);
});

Deno.test("the check notices what uses Deno", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, "export const folder: string = Deno.cwd();\n");
    const { success, text } = await check(file);
    assert.equal(success, false);
    assert.match(text, /Deno/);
  } finally {
    await Deno.remove(file);
  }
});
