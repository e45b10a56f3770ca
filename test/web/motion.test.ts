import assert from "node:assert/strict";
import { CHROMIUM, launchChromium } from "../e2e/chromium.ts";
import { until } from "../e2e/server.ts";
import { snapshotText, startDouble } from "./double.ts";
import { openSite, type Site } from "./site.ts";

const COLUMNS = [
  { name: "window_start", type: "timestamp" },
  { name: "sensor", type: "string" },
  { name: "n", type: "int64" },
];
const row = (n: number) => ({ window_start: n * 1000, sensor: "a", n });

/** Counts the lights that cells are given. A cell is lit up when it was calm for a while: each look at the count makes the page's clock a second later. */
async function countFlashes({ page }: Site): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = globalThis as unknown as Counted, { animate } = Element.prototype;
    const clock = performance.now.bind(performance);
    counted.flashes = counted.aheadMs = 0;
    performance.now = () => clock() + counted.aheadMs;
    Element.prototype.animate = function (...args) {
      counted.flashes++;
      return animate.apply(this, args);
    };
  });
  return () =>
    page.evaluate(() => {
      const counted = globalThis as unknown as Counted;
      counted.aheadMs += 1000;
      return counted.flashes;
    });
}

interface Counted {
  flashes: number;
  aheadMs: number;
}

Deno.test({
  name: "a cell that changed is lit up, but not for who asked for less motion",
  ignore: !CHROMIUM,
  async fn() {
    await using double = startDouble(() => snapshotText(COLUMNS, ["sensor"], [row(0)]));
    await using browser = await launchChromium();
    await using moving = await openSite({ servers: [double.url], browser });
    await using still = await openSite({ servers: [double.url], browser });
    await moving.page.emulateMedia({ reducedMotion: "no-preference" });
    await still.page.emulateMedia({ reducedMotion: "reduce" });
    const sites = [moving, still], [lit, unlit] = await Promise.all(sites.map(countFlashes));
    for (const site of sites) await site.show(`<rdx-table server="${double.url}" src="/v1/views/v"></rdx-table>`);
    await until(() => double.followers("v") === 2);
    const shown = (n: number) =>
      Promise.all(sites.map(({ page }) => page.locator("rdx-table .cell.numeric").getByText(String(n)).waitFor()));
    let last = 0;
    await shown(last);
    await until(async () => {
      last++;
      double.send("v", "delta", { seq: last + 1, watermark: last * 1000, rows: [{ op: "+I", row: row(last) }] });
      await shown(last);
      // Both have drawn the same changes.
      assert.equal(await unlit(), 0);
      return await lit() > 0;
    });
    assert.deepEqual(sites.flatMap(({ faults }) => faults), []);
  },
});
