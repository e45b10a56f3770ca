import assert from "node:assert/strict";
import { CHROMIUM, launchChromium } from "../e2e/chromium.ts";
import { startServer, until } from "../e2e/server.ts";
import { bundleFor } from "./bundle.ts";
import { assertCountedOnce, deployNumbers, printedSeed, seeded } from "./numbers.ts";

const ROWS = 40_000, BATCH_ROWS = 200, RELOADS = 6;

/**
 * The page: goes on behind the last row that its outbox has ever had (batches are of one size, so that this follows from their numbers), and says when all are
 * acknowledged. Its last batch waits until it has leave to finish: a busy machine may come to reload it late.
 */
const PAGE = `<!doctype html><title>sender</title><script type="module">
import { connect, indexedDbOutbox } from "/rdx-client.js";
const outbox = indexedDbOutbox("numbers"), open = outbox.open.bind(outbox);
let taken = 0;
outbox.open = async () => {
  const opened = await open();
  taken = opened.next * ${BATCH_ROWS};
  return opened;
};
globalThis.state = "opening";
try {
  const client = connect(new URLSearchParams(location.search).get("server"));
  const writer = await client.writer("numbers", { outbox, batchRowsMax: ${BATCH_ROWS}, batchDelayMsMax: 60000 });
  globalThis.state = location.search.endsWith("hold") ? "holding" : "sending " + taken;
  if (globalThis.state === "holding") await new Promise(() => {});
  for (let id = taken; id < ${ROWS}; id++) {
    while (id === ${ROWS - BATCH_ROWS} && !globalThis.finish) await new Promise((resolve) => setTimeout(resolve, 5));
    await writer.write({ ts: Date.UTC(2025, 0, 1) + id, id, bucket: id % 1000 });
  }
  await writer.close();
  globalThis.state = "done";
} catch (thrown) {
  globalThis.state = thrown.code + ": " + thrown.message;
}
</script>`;

/** The page and the server under one origin, so that no CORS is needed: the server's paths are passed on. */
function serve(folder: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/rdx-client.js") {
      const script = await Deno.readFile(`${folder}/rdx-client.js`);
      return new Response(script, { headers: { "content-type": "text/javascript" } });
    }
    return new Response(PAGE, { headers: { "content-type": "text/html" } });
  });
}

Deno.test({
  name:
    "a page that is reloaded again and again sends each row once, from its IndexedDB; a second tab is told that the first holds it",
  ignore: !CHROMIUM,
  async fn() {
    const folder = await Deno.makeTempDir(), random = seeded(printedSeed());
    await bundleFor("browser", "web/client.ts", `${folder}/rdx-client.js`);
    const site = serve(folder), origin = `http://127.0.0.1:${site.addr.port}`;
    await using server = await startServer({ args: ["--allow-origin", origin] });
    await deployNumbers(server);
    const browser = await launchChromium();
    try {
      const context = await browser.newContext(), page = await context.newPage();
      const address = `${origin}/?server=${encodeURIComponent(server.url)}`;
      const state = () => page.evaluate(() => (globalThis as unknown as { state: string }).state).catch(() => "");
      const starts: number[] = [];
      await page.goto(address);
      for (let reload = 0; reload < RELOADS; reload++) {
        const told = await until(async () => /^sending (\d+)/.exec(await state()), 5);
        starts.push(Number(told[1]));
        await new Promise((resolve) => setTimeout(resolve, random() * 150));
        await page.reload();
      }
      await until(async () => {
        const now = await state();
        assert.match(now, /^(|opening|sending .*|done)$/);
        await page.evaluate(() => void ((globalThis as unknown as { finish: boolean }).finish = true));
        return now === "done";
      });
      assert.ok(starts.at(-1)! > 0, `rows went on from ${starts}`);
      await assertCountedOnce(server, ROWS);
      // A tab that has an outbox open, and one that wants it.
      await page.goto(`${address}&hold`);
      await until(async () => await state() === "holding");
      const second = await context.newPage();
      await second.goto(address);
      await second.waitForFunction(() =>
        /^conflict: Another tab/.test((globalThis as unknown as { state: string }).state)
      );
    } finally {
      await browser.close();
      await site.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
