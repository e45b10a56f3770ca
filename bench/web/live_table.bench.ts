/**
 * A live grouped table in a page: count and sum by key of a feed, with the twenty greatest in the document. The engine in the page (one worker,
 * the kernels of the server) against Perspective's engine without its viewer, Arquero and RxJS, all in the same Chromium.
 *
 *   deno run -A scripts/build.ts && deno bench -A --lock=test/deno.lock bench/web/
 *
 * The table has every key when the clock begins. Updates have 4,096 rows; pictures are drawn as fast as each contestant gives them, one a frame at
 * most, and the clock stops with the one that has all rows. Then single updates of 100 rows are timed to the frame that shows them.
 * Every contestant answers with the count and the sum of all groups.
 */
import type { Page } from "../../test/deps/playwright.ts";
import { launchChromium } from "../../test/e2e/chromium.ts";
import { findChromium } from "../../scripts/chromium.ts";
import { npmPackageFiles } from "../../scripts/npm_files.ts";
import { benchOnce, compare, type Contestant } from "../lib/compare.ts";
import type { FeedSize } from "./page/feed.ts";
import type { RunResult } from "./page/main.ts";

const PERSPECTIVE = "5.5.1";
const UPDATE_ROWS = 4096;
const root = new URL("../../", import.meta.url);

interface Answer {
  readonly count: number;
  readonly sum: number;
}

const NAMES: Record<string, string> = {
  rdx: "rdx in the page, one worker",
  perspective: "Perspective's engine",
  arquero: "Arquero",
  rxjs: "RxJS",
};

async function bundle(entry: string, out: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--lock=test/deno.lock", "--platform", "browser", "--minify", "-o", out, entry],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

const PAGE = '<!doctype html><meta charset="utf-8"><title>bench</title><table><tbody></tbody></table>' +
  '<script type="module" src="/page.js"></script>';
const TYPES: Record<string, string> = { js: "text/javascript", wasm: "application/wasm" };

/** Serves what the page needs, on a free port of loopback. */
async function servePage(folder: string): Promise<Deno.HttpServer<Deno.NetAddr>> {
  await bundle("workers/task.ts", `${folder}/task.js`);
  await bundle("bench/web/page/main.ts", `${folder}/page.js`);
  const perspective = await npmPackageFiles("@perspective-dev/client", PERSPECTIVE);
  const paths: Record<string, string | URL> = {
    "/task.js": `${folder}/task.js`,
    "/page.js": `${folder}/page.js`,
    "/kernel.wasm": new URL("dist/kernel.wasm", root),
    "/perspective.js": `${perspective}/dist/esm/perspective.inline.js`,
  };
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return new Response(PAGE, { headers: { "content-type": "text/html" } });
    if (!Object.hasOwn(paths, pathname)) return new Response(null, { status: 404 });
    const type = TYPES[pathname.slice(pathname.lastIndexOf(".") + 1)];
    return new Response(await Deno.readFile(paths[pathname]), { headers: { "content-type": type } });
  });
}

/** Contestants in a page of their own Chromium; each run's times to the picture are kept by name. */
function contestantsOf(page: Page, size: FeedSize, times: Map<string, RunResult[]>) {
  return (name: string): Contestant<Answer> => ({
    name: NAMES[name],
    async run() {
      const result = await page.evaluate(([one, of]) => globalThis.runContestant(one, of), [name, size] as const);
      times.set(name, [...times.get(name) ?? [], result]);
      return { answer: { count: result.count, sum: result.sum }, seconds: result.seconds };
    },
  });
}

async function compareTables(page: Page, size: FeedSize, rivals: string[], rounds: number, goal: boolean) {
  const times = new Map<string, RunResult[]>(), contestant = contestantsOf(page, size, times);
  await compare({
    title: `a live table of ${size.keys} keys, ${size.rows} rows in updates of ${size.updateRows}`,
    events: size.rows,
    ours: contestant("rdx"),
    rivals: rivals.map(contestant),
    rounds,
  });
  for (const [name, results] of times) {
    const [, ...counted] = results, ms = counted.map(({ pictureMs }) => pictureMs).sort((a, b) => a - b);
    const pictures = counted.map((result) => result.pictures / result.seconds).sort((a, b) => a - b);
    console.log(
      `  ${NAMES[name].padEnd(36)}${ms[ms.length >> 1].toFixed(1).padStart(7)} ms from an update to its picture, ` +
        `${pictures[pictures.length >> 1].toFixed(0)} pictures a second under load`,
    );
  }
  if (!goal) return;
  const seconds = times.get("rdx")!.slice(1).map((result) => result.seconds).sort((a, b) => a - b);
  const rate = size.rows / seconds[seconds.length >> 1] / 1e6;
  console.log(`  ${rate.toFixed(2)} M updates/s (gate 1: ${rate >= 1 ? "held" : "MISSED"})`);
}

benchOnce("live grouped table in Chromium", async () => {
  const chromium = await findChromium();
  if (!chromium) return console.log("skipped: no Chromium was found; set RDX_CHROMIUM to one");
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-" }), server = await servePage(folder);
  const browser = await launchChromium(chromium);
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    await page.waitForFunction(() => typeof globalThis.runContestant === "function");
    const updateRows = UPDATE_ROWS, others = ["arquero", "rxjs"];
    await compareTables(page, { keys: 1000, rows: 200 * updateRows, updateRows }, ["perspective", ...others], 3, false);
    await compareTables(page, { keys: 1000, rows: 1000 * updateRows, updateRows }, ["rxjs"], 3, true);
    // Perspective takes seconds for each update of so many groups.
    await compareTables(
      page,
      { keys: 100_000, rows: 4 * updateRows, updateRows },
      ["perspective", ...others],
      3,
      false,
    );
    await compareTables(page, { keys: 100_000, rows: 500 * updateRows, updateRows }, ["rxjs"], 3, true);
  } finally {
    await browser.close();
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});
