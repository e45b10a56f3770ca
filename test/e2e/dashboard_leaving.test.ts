import assert from "node:assert/strict";
import { CHROMIUM } from "./chromium.ts";
import { focused, openDashboard, ORDERS } from "./dashboard.ts";
import { startServer } from "./server.ts";

/** A plan over orders that writes so many views. */
function plan(views: number) {
  const sinks = Array.from({ length: views }, (_, i) => ({
    id: `out_${i}`,
    op: "sink",
    input: ["totals"],
    sink: { kind: "view", name: `view_${i}` },
  }));
  return {
    rdx: 1,
    nodes: [
      { id: "orders", op: "source", stream: "orders" },
      { id: "minute", op: "window", input: ["orders"], window: { kind: "tumble", size_ms: 60_000 } },
      {
        id: "totals",
        op: "aggregate",
        input: ["minute"],
        keys: ["city"],
        aggs: [{ fn: "sum", arg: "price", as: "total" }, { fn: "count", as: "orders" }],
      },
      ...sinks,
    ],
  };
}

Deno.test({
  name: "a question about deleting closes when its page is left, and the next page has the focus",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/`);
    const { page, errors, shows } = dashboard;
    await page.getByRole("link", { name: "orders" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await shows("Delete stream orders?");
    await page.goBack();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await focused(page, "h1");
    assert.equal(await page.locator("dialog").count(), 0);
    await server.json("/v1/streams/orders");
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "of a view that is missing only that is said; once it is there it is shown",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/views/view_0`);
    const { page, errors, shows } = dashboard, embed = page.getByRole("heading", { name: "Embed" });
    await shows("There is no view view_0. Once it is there, it shows up here by itself.");
    assert.equal(await embed.isVisible(), false);
    assert.equal(await page.locator("main dl").isVisible(), false);
    await server.put("/v1/pipelines/sales", plan(1));
    await embed.waitFor();
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "choices of a view stay when its columns become others, and a chart may have 24 series",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await server.put("/v1/pipelines/sales", plan(1));
    await using dashboard = await openDashboard(`${server.url}/#/views/view_0`);
    const { page, errors } = dashboard;
    await page.getByLabel("Kind").selectOption("bar");
    await page.getByLabel("Value", { exact: true }).selectOption("orders");
    await page.getByRole("spinbutton", { name: "Series" }).fill("24");
    await page.getByRole("spinbutton", { name: "Series" }).press("Enter");
    assert.equal(
      await page.getByRole("spinbutton", { name: "Series" }).evaluate((input) =>
        (input as HTMLInputElement).validity.valid
      ),
      true,
    );
    await page.getByLabel("city", { exact: true }).fill("Bern");
    const { nodes, ...rest } = plan(1), [orders, minute, totals, out] = nodes;
    const wider = {
      ...totals,
      aggs: [{ fn: "sum", arg: "price", as: "total" }, { fn: "count", as: "orders" }, {
        fn: "max",
        arg: "price",
        as: "most",
      }],
    };
    await server.fetch("/v1/pipelines/sales", { method: "DELETE" });
    await server.put("/v1/pipelines/sales", { ...rest, nodes: [orders, minute, wider, out] });
    await page.getByLabel("Value", { exact: true }).locator("option[value=most]").waitFor({ state: "attached" });
    assert.equal(await page.getByLabel("Kind").inputValue(), "bar");
    assert.equal(await page.getByLabel("Value", { exact: true }).inputValue(), "orders");
    assert.equal(await page.getByRole("spinbutton", { name: "Series" }).inputValue(), "24");
    assert.equal(await page.getByLabel("city", { exact: true }).inputValue(), "Bern");
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a pipeline's first six views are live at once, the others when they are asked for",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await server.put("/v1/pipelines/sales", plan(7));
    await using dashboard = await openDashboard(`${server.url}/#/pipelines/sales`);
    const { page, errors } = dashboard;
    await page.getByRole("button", { name: "Show its rows" }).waitFor();
    assert.equal(await page.locator("rdx-table").count(), 6);
    await page.getByRole("button", { name: "Show its rows" }).click();
    assert.equal(await page.locator("rdx-table").count(), 7);
    assert.deepEqual(errors, []);
  },
});
