import assert from "node:assert/strict";
import { CHROMIUM } from "./chromium.ts";
import { openDashboard, ORDERS } from "./dashboard.ts";
import { startServer, until } from "./server.ts";

const plan = (sizeMs: number, fn = "sum") =>
  `{
  "rdx": 1,
  "name": "sales",
  "nodes": [
    { "id": "orders", "op": "source", "stream": "orders" },
    { "id": "hour", "op": "window", "input": ["orders"], "window": { "kind": "tumble", "size_ms": ${sizeMs} } },
    { "id": "totals", "op": "aggregate", "input": ["hour"], "keys": ["city"], "aggs": [{ "fn": "${fn}", "arg": "price", "as": "total" }] },
    { "id": "out", "op": "sink", "input": ["totals"], "sink": { "kind": "view", "name": "sales" } }
  ]
}`;

Deno.test({
  name: "a wrong plan is refused in place: a click on the error selects its text; corrected, it runs",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/new?as=json`);
    const { page, errors, shows } = dashboard, text = page.getByLabel("The plan as JSON");
    await until(async () => /"rdx": 1/.test(await text.inputValue()));
    await text.fill(plan(3_600_000, "summ"));
    await page.getByRole("button", { name: "Deploy" }).click();
    await shows("The plan was not deployed: it has one mistake.");
    await page.getByRole("button", { name: /node totals · nodes\[2\]\.aggs\[0\]\.fn/ }).click();
    assert.equal(await page.evaluate(() => getSelection()?.toString()), '"summ"');
    await page.keyboard.type('"sum"');
    assert.equal(await text.inputValue(), plan(3_600_000));
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByRole("heading", { name: "sales", exact: true }).waitFor();
    const { state } = await server.json<{ state: string }>("/v1/pipelines/sales");
    assert.equal(state, "running");
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name:
    "a mistake of JSON is told while typing, with its line and column, and Check explains a plan without deploying it",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/new?as=json`);
    const { page, errors, shows } = dashboard, text = page.getByLabel("The plan as JSON");
    await until(async () => /"rdx": 1/.test(await text.inputValue()));
    await text.fill('{\n  "rdx": 1\n  "name": "sales"\n}');
    await shows('Line 3, column 3: Expected , or }, found "');
    await page.getByRole("button", { name: "Filter to a view" }).click();
    await page.getByRole("button", { name: "Check" }).click();
    await shows("The plan can be deployed. It would run so:");
    await shows(/filter some: price > 0/);
    assert.deepEqual(await server.json("/v1/pipelines"), { pipelines: [] });
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a change that does not fit the state offers to start fresh and says what is lost",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await server.put("/v1/pipelines/sales", JSON.parse(plan(3_600_000)));
    await using dashboard = await openDashboard(`${server.url}/#/pipelines/sales`);
    const { page, errors, shows } = dashboard, text = page.getByLabel("The plan as JSON");
    await page.getByRole("link", { name: "Change" }).click();
    await until(async () => /3600000/.test(await text.inputValue()));
    await text.fill((await text.inputValue()).replace("3600000", "60000"));
    await page.getByRole("button", { name: "Deploy" }).click();
    await shows("It was 3600000 and is 60000.");
    await shows(/Starting fresh throws away its open windows and the rows of its views/);
    await page.getByRole("button", { name: "Start fresh" }).click();
    await page.getByRole("heading", { name: "sales", exact: true }).waitFor();
    const explained = await (await server.fetch("/v1/pipelines/sales/explain")).text();
    assert.match(explained, /tumbling window of 1 min/);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "what becomes of the state of a changed plan is said on the pipeline's page until it is closed",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await server.put("/v1/pipelines/sales", JSON.parse(plan(3_600_000)));
    await using dashboard = await openDashboard(`${server.url}/#/pipelines/sales`);
    const { page, errors, shows } = dashboard, text = page.getByRole("textbox", { name: "The plan as JSON" });
    const change = async (before: RegExp, after: string) => {
      await page.getByRole("link", { name: "Change" }).click();
      await page.getByRole("heading", { name: "Change pipeline sales" }).waitFor();
      await until(async () => before.test(await text.inputValue()));
      await text.fill((await text.inputValue()).replace(before, after));
      await page.getByRole("button", { name: "Deploy" }).click();
      await page.getByRole("heading", { name: "sales", exact: true }).waitFor();
    };
    const notes = page.getByRole("status", { name: "What the deploy changed" });
    await change(/"as": "total"/, '"as": "sum"');
    await shows("Aggregate sum of totals goes on with the state of total.");
    await page.getByRole("link", { name: "Overview" }).first().click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.getByRole("link", { name: "sales", exact: true }).first().click();
    await notes.waitFor();
    await notes.getByRole("button", { name: "Close" }).click();
    await notes.waitFor({ state: "hidden" });
    await change(/"as": "sum"/, '"as": "whole"');
    await shows("Aggregate whole of totals goes on with the state of sum.");
    // A deploy that changes no state says nothing, and nothing old stays
    await change(/\}\s*$/, "}\n");
    await notes.waitFor({ state: "hidden" });
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "what was typed is there again after a reload, until it is deployed",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/new?as=json`);
    const { page, errors } = dashboard, text = page.getByLabel("The plan as JSON");
    await until(async () => /"rdx": 1/.test(await text.inputValue()));
    await text.fill(plan(60_000));
    await page.reload();
    assert.equal(await text.inputValue(), plan(60_000));
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByRole("heading", { name: "sales", exact: true }).waitFor();
    await page.goto(`${server.url}/#/new?as=json`);
    await until(async () => /orders_hourly/.test(await text.inputValue()));
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "undo brings back what a template or Tidy has replaced, and Tidy changes no value",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/new?as=json`);
    const { page, errors } = dashboard, text = page.getByLabel("The plan as JSON");
    await until(async () => /orders_hourly/.test(await text.inputValue()));
    const typed = '{"a":9007199254740993,"c":1e400}';
    await text.fill(typed);
    await page.getByRole("button", { name: "Tidy" }).click();
    assert.equal(await text.inputValue(), '{\n  "a": 9007199254740993,\n  "c": 1e400\n}');
    await page.keyboard.press("Control+z");
    assert.equal(await text.inputValue(), typed);
    await page.getByRole("button", { name: "Filter to a view" }).click();
    await until(async () => /orders_some/.test(await text.inputValue()));
    await page.keyboard.press("Control+z");
    assert.equal(await text.inputValue(), typed);
    await text.fill("[]");
    await page.getByRole("button", { name: "Deploy" }).click();
    await dashboard.shows("A plan is an object");
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "only what a person typed is kept; a kept change says that it differs from the plan that runs",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await server.put("/v1/pipelines/sales", JSON.parse(plan(3_600_000)));
    await using dashboard = await openDashboard(`${server.url}/#/new?as=json`);
    const { page, errors, shows } = dashboard, text = page.getByLabel("The plan as JSON");
    const kept = () => page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith("rdx.editor.")));
    await until(async () => /orders_hourly/.test(await text.inputValue()));
    assert.deepEqual(await kept(), []);
    await page.goto(`${server.url}/#/pipelines/sales/change`);
    await until(async () => /3600000/.test(await text.inputValue()));
    await text.fill(plan(60_000));
    await page.reload();
    await shows("It differs from what runs.");
    assert.equal(await text.inputValue(), plan(60_000));
    await page.getByRole("button", { name: "Take what runs" }).click();
    await until(async () => /3600000/.test(await text.inputValue()));
    await page.getByText("It differs from what runs.").waitFor({ state: "hidden" });
    assert.deepEqual(await kept(), []);
    await page.keyboard.press("Control+z");
    assert.equal(await text.inputValue(), plan(60_000));
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a deploy that ends after its page was left leads nowhere",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/new?as=json`);
    const { page, errors } = dashboard, text = page.getByLabel("The plan as JSON");
    await until(async () => /orders_hourly/.test(await text.inputValue()));
    await text.fill(plan(60_000));
    const held = Promise.withResolvers<void>();
    await page.route("**/v1/pipelines/sales?*", async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByRole("link", { name: "Overview" }).first().click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    held.resolve();
    await page.getByRole("status").getByText("Pipeline sales is deployed.").waitFor({ state: "attached" });
    assert.equal(new URL(page.url()).hash, "#/");
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "streams that come late leave the focus on the template where it is",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    const held = Promise.withResolvers<void>();
    await using dashboard = await openDashboard(`${server.url}/#/new?as=json`, {}, async (page) => {
      await page.route("**/v1/streams", async (route) => {
        await held.promise;
        await route.continue();
      });
    });
    const { page, errors } = dashboard, text = page.getByLabel("The plan as JSON");
    await page.getByRole("button", { name: "Filter to a view" }).focus();
    held.resolve();
    await until(async () => /orders_hourly/.test(await text.inputValue()));
    await page.keyboard.press("Enter");
    await until(async () => /orders_some/.test(await text.inputValue()));
    assert.deepEqual(errors, []);
  },
});
