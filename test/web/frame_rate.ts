/*
 * How smoothly a table and a chart run on a feed of 1,000 keys at 100 deltas a second, each with a row of every key:
 *
 *   deno run -A --lock=test/deno.lock test/web/frame_rate.ts [seconds, default 60]
 *
 * Prints frames a second (the median over seconds), long tasks after the first second, the heap's slope, and errors.
 */
import { CHROMIUM, launchChromium } from "../e2e/chromium.ts";
import { type Double, snapshotText, startDouble } from "./double.ts";
import { openSite, type Site } from "./site.ts";

/** Of so many samples of the heap the least counts: what is under way is in the others. */
const SAMPLES = 4;
const KEYS = 1000, DELTAS_A_SECOND = 100, WINDOW_MS = 10;
const COLUMNS = [
  { name: "window_start", type: "timestamp" },
  { name: "window_end", type: "timestamp" },
  { name: "sensor", type: "string" },
  { name: "average", type: "double" },
  { name: "count", type: "int64" },
];

export interface Feed extends AsyncDisposable {
  readonly double: Double;
  /** Deltas sent. */
  readonly sent: number;
  start(): void;
}

/** A view `sensors` whose every key has a row in each delta. */
export function startFeed(): Feed {
  const double = startDouble(() => snapshotText(COLUMNS, ["sensor"], [], 0));
  const names = Array.from({ length: KEYS }, (_, i) => `","sensor":"sensor ${String(i).padStart(4, "0")}","average":`);
  const began = Date.now();
  let sent = 0, timer: ReturnType<typeof setInterval> | undefined;
  const delta = () => {
    const start = began + sent * WINDOW_MS;
    let rows = "";
    for (let i = 0; i < KEYS; i++) {
      const average = Math.round(1000 * (i / 10 + 10 * Math.sin(sent / 40 + i))) / 1000;
      rows += `${i === 0 ? "" : ","}{"op":"+I","row":{"window_start":${start},"window_end":${
        start + WINDOW_MS
      },"sensor":"sensor ${names[i].slice(19, 23)}","average":${average},"count":${i + sent % 7}}}`;
    }
    sent++;
    double.send(
      "sensors",
      "delta",
      `{"event":"delta","seq":${sent},"watermark":${start + WINDOW_MS},"rows":[${rows}]}`,
      sent,
    );
  };
  return {
    double,
    get sent() {
      return sent;
    },
    start() {
      const started = performance.now();
      timer = setInterval(() => {
        for (const due = (performance.now() - started) * DELTAS_A_SECOND / 1000; sent < due;) delta();
      }, 1000 / DELTAS_A_SECOND);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await double[Symbol.asyncDispose]();
    },
  };
}

export const ELEMENTS = (server: string) =>
  `<rdx-table class="tall" server="${server}" src="/v1/views/sensors"></rdx-table>` +
  `<rdx-chart class="tall" server="${server}" src="/v1/views/sensors" y="average"></rdx-chart>`;

interface Figures {
  began: number;
  frames: number[];
  longTasks: { at: number; ms: number }[];
}

/** Counts frames by second and long tasks, in the page. */
async function watch({ page }: Site): Promise<void> {
  await page.evaluate(() => {
    const figures: Figures = { began: performance.now(), frames: [], longTasks: [] };
    (globalThis as unknown as { figures: Figures }).figures = figures;
    const started = performance.now();
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        figures.longTasks.push({ at: startTime, ms: duration });
      }
    }).observe({ type: "longtask" });
    const frame = () => {
      const second = Math.floor((performance.now() - started) / 1000);
      figures.frames[second] = (figures.frames[second] ?? 0) + 1;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** Per cent a minute of the line that fits best, of its value at the beginning. */
function slope(points: readonly { s: number; bytes: number }[]): number {
  const n = points.length, meanX = points.reduce((sum, { s }) => sum + s, 0) / n;
  const meanY = points.reduce((sum, { bytes }) => sum + bytes, 0) / n;
  const a = points.reduce((sum, { s, bytes }) => sum + (s - meanX) * (bytes - meanY), 0) /
    points.reduce((sum, { s }) => sum + (s - meanX) ** 2, 0);
  return 100 * a * 60 / (meanY - a * meanX);
}

async function main(seconds: number): Promise<void> {
  await using feed = startFeed();
  const browser = await launchChromium(CHROMIUM ?? "/usr/bin/chromium");
  await using site = await openSite({ servers: [feed.double.url], browser });
  await site.show(ELEMENTS(feed.double.url));
  const devtools = await site.page.context().newCDPSession(site.page), heap: { s: number; bytes: number }[] = [];
  const collected: { from: number; to: number }[] = [];
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await watch(site);
  feed.start();
  for (let s = 10; s <= seconds; s += 10) {
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    // Collecting all garbage at once is a long task of ours, and none of the page's.
    const from = await site.page.evaluate(() => performance.now());
    let least = Infinity;
    for (let i = 0; i < SAMPLES; i++) {
      await devtools.send("HeapProfiler.collectGarbage");
      least = Math.min(least, (await devtools.send("Runtime.getHeapUsage")).usedSize);
    }
    collected.push({ from, to: await site.page.evaluate(() => performance.now()) });
    heap.push({ s, bytes: least });
  }
  const { began, frames, longTasks } = await site.page.evaluate(() =>
    (globalThis as unknown as { figures: Figures }).figures
  );
  const own = longTasks.filter(({ at, ms }) => !collected.some(({ from, to }) => at < to && at + ms > from));
  const late = own.filter(({ at }) => at > began + 1000), whole = frames.slice(1, -1);
  console.log(`frames/s: median ${median(whole)}, least ${Math.min(...whole)}`);
  console.log(
    `long tasks after the first second: ${late.length}${
      late.length > 0 ? `, longest ${Math.max(...late.map(({ ms }) => ms))} ms` : ""
    }`,
  );
  const settled = heap.slice(1);
  console.log(
    `heap: ${settled.map(({ bytes }) => (bytes / 1e6).toFixed(1)).join(" ")} MB${
      settled.length > 2 ? `, slope ${slope(settled).toFixed(2)} % a minute` : ""
    }`,
  );
  const table = await site.page.evaluate(() =>
    document.querySelector("rdx-table")!.shadowRoot!.textContent!.slice(0, 200)
  );
  console.log(`deltas sent ${feed.sent}, faults ${JSON.stringify(site.faults)}, table: ${table.slice(0, 120)}`);
  await site[Symbol.asyncDispose]().catch(() => {});
  await browser.close();
}

if (import.meta.main) {
  await main(Number(Deno.args[0] ?? 60));
  Deno.exit();
}
