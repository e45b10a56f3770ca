import assert from "node:assert/strict";
import { CHROMIUM } from "../e2e/chromium.ts";
import { until } from "../e2e/server.ts";
import { ELEMENTS, startFeed } from "./frame_rate.ts";
import { openSite } from "./site.ts";

/** The long form is run by hand: it prints frames a second, long tasks and the heap's slope. */
Deno.test({
  name: "a table and a chart take a hundred deltas of a thousand keys a second, and share one connection",
  ignore: !CHROMIUM,
  async fn() {
    await using feed = startFeed();
    await using site = await openSite({ servers: [feed.double.url] });
    await site.show(ELEMENTS(feed.double.url));
    await until(() => feed.double.followers("sensors") > 0);
    feed.start();
    const table = site.page.locator("rdx-table"), chart = site.page.locator("rdx-chart"), seen = new Set<string>();
    await until(async () => {
      seen.add(await table.evaluate((element) => element.shadowRoot!.textContent!));
      return seen.size > 5;
    });
    await until(
      async () => /8 of 1000 series/.test(await chart.evaluate((element) => element.shadowRoot!.innerHTML)),
      50,
    );
    assert.match([...seen].at(-1)!, /1000 rows/);
    assert.equal(feed.double.followers("sensors"), 1);
    // Of a thousand rows those that can be seen are elements.
    assert.ok(await table.evaluate((element) => element.shadowRoot!.querySelectorAll(".row").length) < 40);
    assert.deepEqual(site.faults, []);
  },
});
