import assert from "node:assert/strict";
import { CHROMIUM } from "../e2e/chromium.ts";
import { until } from "../e2e/server.ts";
import { snapshotText, startDouble } from "./double.ts";
import { openSite, shownText } from "./site.ts";

const ROWS = 20_000;
const COLUMNS = [{ name: "k", type: "int64" }, { name: "n", type: "int64" }];

Deno.test({
  name: "a table whose order has to wait has one timer for it, however often it is drawn meanwhile",
  ignore: !CHROMIUM,
  async fn() {
    const rows = Array.from({ length: ROWS }, (_, k) => ({ k, n: k * 7919 % ROWS }));
    await using double = startDouble(() => snapshotText(COLUMNS, ["k"], rows));
    await using site = await openSite({ servers: [double.url] });
    await site.page.evaluate(() => {
      const waiting = new Set<number>(), counts = { most: 0 }, { setTimeout: plain } = globalThis;
      const counted = (act: () => void, ms?: number) => {
        const id: number = plain(() => {
          waiting.delete(id);
          act();
        }, ms) as unknown as number;
        if (ms === 250) counts.most = Math.max(counts.most, waiting.add(id).size);
        return id;
      };
      Object.assign(globalThis, { setTimeout: counted, counts });
    });
    await site.show(`<rdx-table server="${double.url}" src="/v1/views/v"></rdx-table>`);
    await until(async () => (await shownText(site.page, "rdx-table")).includes("20,000 rows"), 50);
    await site.page.locator("rdx-table").getByRole("searchbox").fill("1");
    const most = () => site.page.evaluate(() => (globalThis as unknown as { counts: { most: number } }).counts.most);
    let seq = 2;
    const change = async () => {
      const rows = Array.from({ length: 50 }, (_, k) => ({ op: "+U", row: { k, n: seq } }));
      double.send("v", "delta", { seq, watermark: null, rows }, `${seq++}.first`);
      // Scrolling draws with every frame.
      await site.page.evaluate(() =>
        new Promise((done) => {
          document.querySelector("rdx-table")!.shadowRoot!.querySelector(".grid")!.scrollTop += 28;
          requestAnimationFrame(() => requestAnimationFrame(done));
        })
      );
    };
    await until(async () => {
      await change();
      return await most() > 0;
    }, 5);
    for (let i = 0; i < 30; i++) await change();
    assert.equal(await most(), 1);
    assert.deepEqual(site.faults, []);
  },
});
