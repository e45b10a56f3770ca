import assert from "node:assert/strict";
import { CHROMIUM, launchChromium } from "../e2e/chromium.ts";
import { startServer, until } from "../e2e/server.ts";
import { UNTIL_MS_MAX } from "../until.ts";
import { assertCountedOnce, deployNumbers, printedSeed, seeded } from "./numbers.ts";
import { addressOf, allow, newPage, ROWS, serveSender, told } from "./outbox_site.ts";

const RELOADS = 6;

Deno.test({
  name:
    "a page that is reloaded again and again sends each row once, from its IndexedDB; a second tab is told that the first holds it",
  ignore: !CHROMIUM,
  async fn() {
    const random = seeded(printedSeed());
    await using site = await serveSender();
    await using server = await startServer({ args: ["--allow-origin", site.origin] });
    await deployNumbers(server);
    const browser = await launchChromium();
    try {
      const context = await browser.newContext();
      context.setDefaultTimeout(UNTIL_MS_MAX);
      const page = await newPage(context, addressOf(site.origin, server.url)), starts: number[] = [];
      // On a machine that is slow a page may be gone before it has kept a row: then others have longer.
      for (let reload = 0; reload < RELOADS || starts.at(-1) === 0; reload++) {
        const begun = await until(async () => /^sending (\d+)/.exec((await told(page)).state), 5);
        starts.push(Number(begun[1]));
        await new Promise((resolve) => setTimeout(resolve, random() * 150 + 100 * Math.max(0, reload - RELOADS)));
        await page.reload();
      }
      await until(async () => {
        const { state } = await told(page);
        assert.match(state, /^(opening|sending .*|done)$/);
        await allow(page);
        return state === "done";
      });
      assert.ok(starts.at(-1)! > 0, `rows went on from ${starts}`);
      await assertCountedOnce(server, ROWS);
      // A tab that has an outbox open, and one that wants it.
      await page.goto(addressOf(site.origin, server.url, { only: "hold" }));
      await until(async () => (await told(page)).state === "holding");
      const second = await newPage(context, addressOf(site.origin, server.url));
      await until(async () => /^conflict: Another tab/.test((await told(second)).state));
    } finally {
      await browser.close();
    }
  },
});
