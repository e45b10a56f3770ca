import assert from "node:assert/strict";
import { CHROMIUM, launchChromium } from "../e2e/chromium.ts";
import { startServer, stayingPort, until } from "../e2e/server.ts";
import { UNTIL_MS_MAX } from "../until.ts";

const root = new URL("../../", import.meta.url);

Deno.test("the example that sends 1 M rows does, and prints what the pipeline made of them", async () => {
  await using server = await startServer();
  const folder = await Deno.makeTempDir();
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "examples/client/send_rows.ts", server.url, "--outbox", `${folder}/outbox`],
      cwd: root,
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.match(text, /^1000000 rows in [\d.]+ s: [\d.]+ M rows\/s\n2025-01-01T00:15:00.000Z sensor 0 [\d.]+ 60\n/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "the example of a page sends its performance events to a server of another origin, and shows them counted",
  ignore: !CHROMIUM,
  async fn() {
    const port = stayingPort(), origin = `http://127.0.0.1:${port}`;
    await using server = await startServer({ args: ["--allow-origin", origin] });
    const script = await server.fetch("/assets/rdx-client.js");
    assert.equal((await script.text()).length > 0 && script.status, 200, "run deno task build:web first");
    const site = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "examples/client/serve_page.ts", String(port), server.url],
      cwd: root,
      stdout: "null",
    }).spawn();
    const browser = await launchChromium();
    try {
      const page = await browser.newPage(), errors: string[] = [];
      page.setDefaultTimeout(UNTIL_MS_MAX);
      page.on("pageerror", (error) => errors.push(error.message));
      await until(() => fetch(origin).then((answer) => answer.body?.cancel().then(() => true) ?? null, () => null));
      await page.goto(`${origin}/?server=${encodeURIComponent(server.url)}`);
      await page.waitForFunction(() =>
        /^\d+ events are with the server/.test(document.body.querySelector("#sent")!.textContent!)
      );
      // A window closes when later events come.
      await until(async () => {
        await page.click("#load");
        return /resource/.test(await page.textContent("#kinds") ?? "");
      }, 300);
      assert.deepEqual(errors, []);
      const { rows_in } = await server.json<{ rows_in: number }>("/v1/streams/performance");
      assert.ok(rows_in > 2, `${rows_in} events came`);
    } finally {
      await browser.close();
      site.kill("SIGKILL");
      await site.status;
    }
  },
});
