import assert from "node:assert/strict";
import { breakingModule } from "../runtime/breaking_module.ts";
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
      await using dashboard = await openDashboard(`${server.url}/#/`);
      const { page, errors, shows } = dashboard, sinksShown = page.getByRole("heading", { name: "Sinks", exact: true });
      const answered = Promise.withResolvers<void>(), asked = Promise.withResolvers<void>();
      await page.route("**/v1/pipelines/p", async (route) => {
        asked.resolve();
        await answered.promise;
        await route.continue();
      });
      await page.goto(`${server.url}/#/pipelines/p`);
      await shows("Rows/s in");
      await asked.promise;
      // Neither before the server has answered nor behind it
      const titles = () => page.locator("h2:visible").allInnerTexts();
      assert.deepEqual(await titles(), ["Flow"]);
      answered.resolve();
      await shows("running");
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

Deno.test({
  name: "chunks that a pipeline goes on without are on its page with what broke it",
  ignore: !CHROMIUM,
  async fn() {
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "rdx-trouble-" })), module = `${root}/same.ts`;
    await Deno.writeTextFile(module, breakingModule([7], `${root}/mended`));
    try {
      const args = ["--workers", "1", "--functions", root];
      await using server = await startServer({ data: `${root}/data`, args });
      const columns = [{ name: "n", type: "int64", nullable: false }];
      await server.put("/v1/streams/s", { columns });
      const send = async (n: number) => {
        const headers = { "content-type": "application/x-ndjson" };
        const response = await server.fetch("/v1/streams/s", { method: "POST", headers, body: `{"n":${n}}` });
        assert.equal(response.status, 200, await response.text());
      };
      await send(1);
      const same = {
        call: "same",
        args: [{ column: "n" }],
        function: { module: `file://${module}`, export: "same", takes: ["int64"], returns: "int64" },
      };
      await server.put("/v1/pipelines/p", {
        rdx: 1,
        nodes: [
          { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 },
          { id: "same", op: "project", input: ["source"], columns: [{ as: "n", expr: same }] },
          { id: "sink", op: "sink", input: ["same"], sink: { kind: "discard" } },
        ],
      });
      await using dashboard = await openDashboard(`${server.url}/#/pipelines/p`);
      const { page, errors, shows } = dashboard, heading = page.getByRole("heading", { name: /^Quarantined: / });
      await shows("Rows/s in");
      await until(async () => (await server.json<{ rows_in: number }>("/v1/pipelines/p")).rows_in === 1);
      assert.equal(await heading.isVisible(), false);
      await send(7);
      await shows(/^Quarantined: it goes on without these/);
      const rows = page.locator("section", { has: heading }).locator("tbody tr");
      assert.deepEqual(await rows.locator("th, td").allTextContents(), ["s", "1", "2", "same", "unreachable"]);
      await send(8);
      await until(async () => (await server.json<{ rows_in: number }>("/v1/pipelines/p")).rows_in === 2);
      assert.deepEqual(errors, []);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
