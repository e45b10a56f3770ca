/*
 * How smoothly a table and a chart run on a view of `rdx serve` with 1,000 keys, of which 100 windows a second close, each with a row of every key:
 *
 *   deno run -A --lock=test/deno.lock test/web/frame_rate.ts [seconds, default 60]
 *
 * Prints deltas and rows a second as the page got them and how far behind the clock, frames a second (the median over seconds), long tasks after the
 * first second, the heap's slope, and errors.
 */
import { CHROMIUM, launchChromium } from "../e2e/chromium.ts";
import { startSensors } from "./sensors.ts";
import { openSite, type Site } from "./site.ts";

/** Of so many samples of the heap the least counts: what is under way is in the others. */
const SAMPLES = 6, SAMPLE_MS = 40;
const BEHIND_MS_MAX = 60_000;

export const ELEMENTS = (server: string) =>
  `<rdx-table class="tall" server="${server}" src="/v1/views/sensors"></rdx-table>` +
  `<rdx-chart class="tall" server="${server}" src="/v1/views/sensors" y="average"></rdx-chart>`;

interface Figures {
  began: number;
  frames: number[];
  longTasks: { at: number; ms: number }[];
  deltas: number;
  rows: number;
  snapshots: number;
  /** How many deltas came so many ms after the watermark that they tell; of a fixed length, so that it is no part of the heap's slope. */
  behind: Uint32Array;
}

/** Counts frames by second, long tasks, and what reaches the chart, in the page. */
async function watch({ page }: Site): Promise<void> {
  await page.evaluate((behindMsMax) => {
    const began = performance.now();
    const counted = { deltas: 0, rows: 0, snapshots: 0, behind: new Uint32Array(behindMsMax + 1) };
    const figures: Figures = { began, frames: [], longTasks: [], ...counted };
    (globalThis as unknown as { figures: Figures }).figures = figures;
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        figures.longTasks.push({ at: startTime, ms: duration });
      }
    }).observe({ type: "longtask" });
    const frame = () => {
      const second = Math.floor((performance.now() - began) / 1000);
      figures.frames[second] = (figures.frames[second] ?? 0) + 1;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    const { prototype } = customElements.get("rdx-chart") as unknown as { prototype: { take(change: Change): void } };
    type Change = { kind: string; rows: unknown[]; watermark: number };
    const { take } = prototype;
    prototype.take = function (change) {
      if (change.kind === "snapshot") figures.snapshots++;
      if (change.kind === "delta") {
        figures.deltas++;
        figures.rows += change.rows.length;
        figures.behind[Math.max(0, Math.min(behindMsMax, Date.now() - change.watermark))]++;
      }
      take.call(this, change);
    };
  }, BEHIND_MS_MAX);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** The ms within which so large a part of the deltas came. */
function share(behind: Uint32Array, part: number): number {
  const wanted = part * behind.reduce((sum, count) => sum + count, 0);
  let passed = 0;
  return behind.findIndex((count) => (passed += count) >= wanted);
}

/** Per cent a minute of the line that fits best, of its value at the beginning. */
function slope(points: readonly { s: number; bytes: number }[]): number {
  const n = points.length, meanX = points.reduce((sum, { s }) => sum + s, 0) / n;
  const meanY = points.reduce((sum, { bytes }) => sum + bytes, 0) / n;
  const a = points.reduce((sum, { s, bytes }) => sum + (s - meanX) * (bytes - meanY), 0) /
    points.reduce((sum, { s }) => sum + (s - meanX) ** 2, 0);
  return 100 * a * 60 / (meanY - a * meanX);
}

interface Heap {
  readonly points: { readonly s: number; readonly bytes: number }[];
  /** When garbage was collected at once, which is a long task of ours and none of the page's. */
  readonly collected: { readonly from: number; readonly to: number }[];
}

/** Looks at the page's heap every ten seconds. */
async function watchHeap({ page }: Site, seconds: number): Promise<Heap> {
  const devtools = await page.context().newCDPSession(page), heap: Heap = { points: [], collected: [] };
  for (let s = 10; s <= seconds; s += 10) {
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    let bytes = Infinity;
    for (let i = 0; i < SAMPLES; i++) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      const from = await page.evaluate(() => performance.now());
      await devtools.send("HeapProfiler.collectGarbage");
      bytes = Math.min(bytes, (await devtools.send("Runtime.getHeapUsage")).usedSize);
      heap.collected.push({ from, to: await page.evaluate(() => performance.now()) });
    }
    heap.points.push({ s, bytes });
  }
  return heap;
}

function print(figures: Figures, { points, collected }: Heap, seconds: number): void {
  const { began, frames, longTasks, deltas, rows, snapshots, behind } = figures;
  const rate = (count: number) => Math.round(count / seconds);
  console.log(
    `the page got ${rate(deltas)} deltas/s with ${rate(rows)} rows/s, ${snapshots} snapshots on the way; ` +
      `behind the clock: ${share(behind, 0.5)} ms, at most ${share(behind, 1)} ms`,
  );
  const whole = frames.slice(1, -1);
  console.log(`frames/s: median ${median(whole)}, least ${Math.min(...whole)}`);
  const own = longTasks.filter(({ at, ms }) => !collected.some(({ from, to }) => at < to && at + ms > from));
  const late = own.filter(({ at }) => at > began + 1000);
  const listed = late.map(({ at, ms }) => ` ${Math.round(ms)} ms after ${((at - began) / 1000).toFixed(1)} s`);
  console.log(`long tasks after the first second: ${late.length}${listed}`);
  const settled = points.slice(1),
    steepness = settled.length > 2 ? `, slope ${slope(settled).toFixed(2)} % a minute` : "";
  console.log(`heap: ${settled.map(({ bytes }) => (bytes / 1e6).toFixed(1)).join(" ")} MB${steepness}`);
}

async function main(seconds: number): Promise<void> {
  await using sensors = await startSensors();
  const { url } = sensors.server;
  const browser = await launchChromium(CHROMIUM ?? "/usr/bin/chromium");
  await using site = await openSite({ servers: [url], browser });
  await site.show(ELEMENTS(url));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await watch(site);
  sensors.start();
  const heap = await watchHeap(site, seconds);
  const { figures, now } = await site.page.evaluate(() => ({
    figures: (globalThis as unknown as { figures: Figures }).figures,
    now: performance.now(),
  }));
  print(figures, heap, (now - figures.began) / 1000);
  const table = await site.page.evaluate(() =>
    document.querySelector("rdx-table")!.shadowRoot!.textContent!.slice(0, 120)
  );
  console.log(`windows sent ${sensors.sent}, faults ${JSON.stringify(site.faults)}, table: ${table}`);
  console.log(sensors.server.errors);
  await site[Symbol.asyncDispose]().catch(() => {});
  await browser.close();
}

if (import.meta.main) {
  await main(Number(Deno.args[0] ?? 60));
  Deno.exit();
}
