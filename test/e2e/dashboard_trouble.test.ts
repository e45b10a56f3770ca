import assert from "node:assert/strict";
import { Receiver } from "../sink/receiver.ts";
import { CHROMIUM } from "./chromium.ts";
import { openDashboard, ORDERS } from "./dashboard.ts";
import { startServer, until } from "./server.ts";

Deno.test({
  name: "a sink that does not get on is on its pipeline's page with the reason, and goes from there when it does",
  ignore: !CHROMIUM,
  async fn() {
    const receiver = await Receiver.start();
    try {
      await using server = await startServer({ args: ["--workers", "1", "--allow-private", "127.0.0.1"] });
      await server.put("/v1/streams/orders", ORDERS);
      const sinks = [{ kind: "webhook", url: receiver.url }, { kind: "discard" }];
      await server.put("/v1/pipelines/p", {
        rdx: 1,
        nodes: [
          { id: "source", op: "source", stream: "orders", idle_timeout_ms: 0 },
          ...sinks.map((sink, i) => ({ id: `sink${i}`, op: "sink", input: ["source"], sink })),
        ],
      });
      await using dashboard = await openDashboard(`${server.url}/#/pipelines/p`);
      const { page, errors, shows } = dashboard, sinksShown = page.getByRole("heading", { name: "Sinks", exact: true });
      await shows("Rows/s in");
      assert.equal(await sinksShown.isVisible(), false);
      receiver.act = () => ({ status: 503, body: "closed today" });
      const headers = { "content-type": "application/x-ndjson" };
      const body = '{"ts":"2026-01-01T00:00:00Z","city":"Oslo","price":1.5}';
      assert.equal((await server.fetch("/v1/streams/orders", { method: "POST", headers, body })).status, 200);
      await shows(/answers 503: closed today/);
      assert.equal(await sinksShown.isVisible(), true);
      // The one that has nothing to complain of is not listed
      assert.equal(await page.locator("section", { has: sinksShown }).locator("tbody tr").count(), 1);
      receiver.act = () => ({ status: 200 });
      await until(() => receiver.rows.length === 1);
      await sinksShown.waitFor({ state: "hidden" });
      assert.deepEqual(errors, []);
    } finally {
      await receiver.close();
    }
  },
});
