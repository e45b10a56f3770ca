import assert from "node:assert/strict";
import { CHROMIUM } from "../e2e/chromium.ts";
import { metric } from "../e2e/requests.ts";
import { until } from "../e2e/server.ts";
import { ELEMENTS } from "./frame_rate.ts";
import { startSensors } from "./sensors.ts";
import { openSite } from "./site.ts";

/** The long form is run by hand: it prints frames a second, long tasks and the heap's slope. */
Deno.test({
  name: "a table and a chart take a hundred windows of a thousand keys a second, and share one connection",
  ignore: !CHROMIUM,
  async fn() {
    await using sensors = await startSensors();
    const { server } = sensors;
    await using site = await openSite({ servers: [server.url] });
    await site.show(ELEMENTS(server.url));
    // The writer's, and one of both elements.
    await until(async () => await metric(server, "rdx_connections") === 2);
    sensors.start();
    const table = site.page.locator("rdx-table"), chart = site.page.locator("rdx-chart"), seen = new Set<string>();
    await until(async () => {
      const text = await table.evaluate((element) => element.shadowRoot!.textContent!);
      seen.add(text);
      return seen.size > 5 && /1000 rows/.test(text);
    });
    await until(
      async () => /8 of 1000 series/.test(await chart.evaluate((element) => element.shadowRoot!.innerHTML)),
      50,
    );
    // One that a loaded machine has lost comes back, and there is never another
    await until(async () => {
      const connections = await metric(server, "rdx_connections");
      assert.ok(connections <= 2, `${connections} connections`);
      return connections === 2;
    });
    // Of a thousand rows those that can be seen are elements.
    assert.ok(await table.evaluate((element) => element.shadowRoot!.querySelectorAll(".row").length) < 40);
    assert.deepEqual(site.faults, []);
  },
});
