import assert from "node:assert/strict";
import { createEngine } from "../../src/compose.ts";
import { UNTIL_MS_MAX } from "../until.ts";
import { CHROMIUM, launchChromium } from "./chromium.ts";
import { type JobResult, runJob } from "./page/job.ts";

const root = new URL("../../", import.meta.url);

async function bundle(entry: string, out: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "--minify", "-o", out, entry],
    cwd: root,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

/** Serves a folder and the kernels to a page. */
function servePage(folder: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const name = new URL(request.url).pathname.slice(1) || "index.html";
    const type = TYPES[name.split(".").pop()!];
    if (name === "index.html") {
      return new Response('<!doctype html><script type="module" src="/page.js"></script>', {
        headers: { "content-type": type },
      });
    }
    const path = name.endsWith(".wasm") ? new URL(`dist/${name}`, root) : `${folder}/${name}`;
    try {
      return new Response(await Deno.readFile(path), { headers: { "content-type": type } });
    } catch {
      return new Response(null, { status: 404 });
    }
  });
}

async function inDeno(workers: number): Promise<JobResult> {
  const engine = await createEngine({ workers });
  try {
    return await runJob(engine);
  } finally {
    await engine.close();
  }
}

Deno.test("one and two workers give the same results, byte for byte", async () => {
  const one = await inDeno(1), two = await inDeno(2);
  assert.ok(one.rows > 1000 && one.late > 0 && one.rejected > 0, JSON.stringify(one));
  assert.deepEqual(two, one);
});

Deno.test({
  name: "the same worker entry in Chromium gives the same SHA-256 of results as Deno",
  ignore: !CHROMIUM,
  async fn() {
    const folder = await Deno.makeTempDir();
    await bundle("workers/task.ts", `${folder}/task.js`);
    await bundle("test/e2e/page/main.ts", `${folder}/page.js`);
    const server = servePage(folder), browser = await launchChromium();
    try {
      const page = await browser.newPage(), errors: string[] = [];
      page.setDefaultTimeout(UNTIL_MS_MAX);
      page.on("pageerror", (error) => errors.push(error.message));
      await page.goto(`http://127.0.0.1:${server.addr.port}/`);
      await page.waitForFunction(() => typeof globalThis.runInPage === "function");
      for (const workers of [1, 2]) {
        const result = await page.evaluate((count) => globalThis.runInPage(count), workers);
        assert.deepEqual(result, await inDeno(workers));
      }
      assert.deepEqual(errors, []);
    } finally {
      await browser.close();
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
