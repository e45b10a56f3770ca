import assert from "node:assert/strict";
import { COLUMNS_MAX } from "../../src/core/limits.ts";
import type { Page } from "../deps/playwright.ts";
import { CHROMIUM } from "./chromium.ts";
import { focused, openDashboard, ORDERS } from "./dashboard.ts";
import { startServer, type TestServer, until } from "./server.ts";

/** Any name is a text, whatever a page could take it for. */
const HOSTILE = '<img src=x onerror="alert(1)">';

const SALES = {
  rdx: 1,
  nodes: [
    { id: "orders", op: "source", stream: "orders" },
    { id: "minute", op: "window", input: ["orders"], window: { kind: "tumble", size_ms: 60_000 } },
    {
      id: "by_city",
      op: "aggregate",
      input: ["minute"],
      keys: ["city"],
      aggs: [{ fn: "sum", arg: "price", as: "total" }, { fn: "count", as: "orders" }],
    },
    { id: "out", op: "sink", input: ["by_city"], sink: { kind: "view", name: "sales_view" } },
  ],
};

async function withSales(): Promise<TestServer> {
  const server = await startServer();
  await server.put("/v1/streams/orders", ORDERS);
  await server.put("/v1/pipelines/sales", SALES);
  const rows = [
    { ts: "2026-01-01T00:00:10Z", city: "Bern", price: 12.5 },
    { ts: "2026-01-01T00:00:20Z", city: "Oslo", price: 1 },
    { ts: "2026-01-01T00:02:00Z", city: "Bern", price: 7 },
  ];
  const headers = { "content-type": "application/x-ndjson" };
  const body = rows.map((row) => JSON.stringify(row)).join("\n");
  await (await server.fetch("/v1/streams/orders", { method: "POST", headers, body })).body?.cancel();
  return server;
}

/** Presses Tab until the focus is on an element with this name, as somebody without a mouse does. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const PRESSES_MAX = 80;
  for (let press = 0; press < PRESSES_MAX; press++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
    });
    if (typeof name === "string" ? at === name : name.test(at)) return;
  }
  throw new Error(`Tab does not come to ${name}`);
}

Deno.test({
  name: "by keyboard alone: from the overview to a view, a choice of its chart, a plan written, deployed and deleted",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await withSales();
    await using dashboard = await openDashboard(server.url);
    const { page, errors, shows } = dashboard, { keyboard } = page;
    await page.getByRole("link", { name: "sales_view" }).waitFor();
    await keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content");
    await keyboard.press("Enter");
    await focused(page, "main");
    await tabTo(page, "sales_view");
    await keyboard.press("Enter");
    await focused(page, "h1");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "sales_view");
    await page.getByLabel("Value", { exact: true }).waitFor();
    await page.getByLabel("Value", { exact: true }).focus();
    await keyboard.type("orders");
    await until(() => page.locator('rdx-chart[y="orders"]').count().then((count) => count === 1));
    assert.match(page.url(), /y=orders/);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await tabTo(page, "Write a pipeline");
    await keyboard.press("Enter");
    await focused(page, "h1");
    await keyboard.press("Tab");
    await keyboard.press("ArrowRight");
    await page.getByLabel("The plan as JSON").waitFor();
    await tabTo(page, "Filter to a view");
    await until(() => page.locator("#plan").inputValue().then((text) => text !== ""));
    await keyboard.press("Enter");
    await until(() => page.locator("#plan").inputValue().then((text) => text.includes("orders_some")));
    await page.locator("#plan").focus();
    await keyboard.press("Tab");
    await focused(page, "#plan");
    assert.match(await page.locator("#plan").inputValue(), /^ {2}\{/);
    await keyboard.press("Escape");
    await tabTo(page, "Deploy");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "orders_some" }).first().waitFor();
    await focused(page, "h1");
    await tabTo(page, "Delete");
    await keyboard.press("Enter");
    await shows("Delete pipeline orders_some?");
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    const { pipelines } = await server.json<{ pipelines: { name: string }[] }>("/v1/pipelines");
    assert.deepEqual(pipelines.map(({ name }) => name), ["sales"]);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "rows sent by hand are answered in place, with line and reason of those that are refused",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await withSales();
    await using dashboard = await openDashboard(`${server.url}/#/streams/orders`);
    const { page, errors, shows } = dashboard, rows = page.getByLabel("Rows as NDJSON, one a line");
    await until(async () => /"city"/.test(await rows.inputValue()));
    await rows.fill(
      '{"ts":"2026-01-01T00:05:00Z","city":"Bern","price":1}\n{"ts":"2026-01-01T00:05:00Z","city":"Bern","price":"x"}',
    );
    await page.getByRole("button", { name: "Send rows" }).click();
    await shows(/1 row accepted from offset 3; 1 row went to the dead letters/);
    await shows(/line 2, .*field price/);
    await rows.fill("nonsense");
    await page.getByRole("button", { name: "Send rows" }).click();
    await shows(/Nothing was stored: /);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a pipeline's page shows its flow, its view, its plan and how that runs",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await withSales();
    await using dashboard = await openDashboard(`${server.url}/#/pipelines/sales`);
    const { page, errors, shows } = dashboard;
    await shows("running");
    await page.locator("rdx-graph text").getByText("by_city").first().waitFor();
    await page.locator("rdx-table").scrollIntoViewIfNeeded();
    await page.locator("rdx-table").getByText("Oslo").first().waitFor();
    await page.getByText("Plan", { exact: true }).click();
    await shows(/"id": "minute"/);
    await page.getByText("Explain", { exact: true }).click();
    await shows(/tumbling window of 1 min by ts/);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a pipeline's page shows what it keeps of a key that somebody looks up",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await withSales();
    // The first window is closed when all rows have gone through.
    await until(async () => (await server.json<{ rows: unknown[] }>("/v1/views/sales_view")).rows.length > 0);
    await using dashboard = await openDashboard(`${server.url}/#/pipelines/sales`);
    const { page, errors, shows } = dashboard, key = page.getByLabel("Key", { exact: true });
    await key.fill("Bern");
    await key.press("Enter");
    await shows(/Behind number \d+:/);
    await shows('"city":"Bern","total":7');
    await key.fill("Rome");
    await page.getByRole("button", { name: "Look up" }).click();
    await shows(/Behind number \d+: no rows/);
    await key.fill("7");
    await key.press("Enter");
    await shows(/table slices is looked for by city string/);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "the lines to embed name the server and what was chosen; without leave for the clipboard they are selected",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await withSales();
    await using dashboard = await openDashboard(`${server.url}/#/views/sales_view?kind=bar&y=orders&key=Bern`);
    const { page, errors, shows } = dashboard;
    const expected =
      `<rdx-chart src="/v1/views/sales_view?key=Bern" server="${server.url}" kind="bar" y="orders"></rdx-chart>`;
    await shows(expected);
    await page.evaluate(() => {
      Object.defineProperty(navigator, "clipboard", {
        value: { writeText: () => Promise.reject(new Error("no leave")) },
      });
    });
    await page.getByRole("button", { name: "Copy" }).click();
    await shows("Selected: copy it with Ctrl+C or ⌘C");
    const selected = await page.evaluate(() => getSelection()?.toString());
    assert.equal(selected?.split("\n").length, 3);
    assert.equal(selected?.split("\n")[1], expected);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "no page is wider than a phone, light or dark, and the theme that is chosen stays",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await withSales();
    const viewport = { width: 390, height: 844 };
    await using dashboard = await openDashboard(server.url, { viewport, colorScheme: "dark" });
    const { page, errors } = dashboard;
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.getByLabel("Theme").selectOption("light");
    const light = await ground();
    assert.notEqual(light, dark);
    for (const hash of ["#/", "#/pipelines/sales", "#/streams/orders", "#/views/sales_view", "#/new", "#/nothing"]) {
      await page.goto(`${server.url}/${hash}`);
      await page.reload();
      await page.locator("h1").waitFor();
      await page.waitForTimeout(1500);
      const over = await page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth
      );
      assert.equal(over, 0, `${hash} is ${over} px too wide`);
      assert.equal(await ground(), light);
    }
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "as many columns as there may be, a value of a megabyte and hostile names leave the pages usable",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    const columns = Array.from(
      { length: COLUMNS_MAX },
      (_, i) => ({ name: i === 0 ? HOSTILE : `c${i}`, type: "string" }),
    );
    await server.put("/v1/streams/wide", { columns });
    await server.put("/v1/pipelines/wide", {
      rdx: 1,
      nodes: [
        { id: "rows", op: "source", stream: "wide" },
        { id: "out", op: "sink", input: ["rows"], sink: { kind: "view", name: "wide" } },
      ],
    });
    const headers = { "content-type": "application/x-ndjson" }, huge = "x".repeat(1 << 20);
    const body = `${JSON.stringify({ [HOSTILE]: HOSTILE, c1: huge })}\n{"c1":${JSON.stringify(huge)},"c2":{}}`;
    await (await server.fetch("/v1/streams/wide", { method: "POST", headers, body })).body?.cancel();
    await using dashboard = await openDashboard(`${server.url}/#/streams/wide`);
    const { page, errors, shows } = dashboard;
    await shows(`and ${(COLUMNS_MAX - 500).toLocaleString("en-US")} more columns`);
    await page.getByText(HOSTILE).first().waitFor();
    await page.goto(`${server.url}/#/pipelines/wide`);
    await shows("running");
    await page.goto(`${server.url}/#/views/wide`);
    await shows("Embed");
    await page.getByRole("link", { name: "Overview" }).first().click();
    await page.getByRole("link", { name: "wide" }).first().waitFor();
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a stream that pipelines read is not deleted, and its page says why",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await withSales();
    await using dashboard = await openDashboard(`${server.url}/#/streams/orders`);
    const { page, errors } = dashboard;
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("alert").getByText(/sales/).waitFor();
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "when the last stream is deleted its dead letters go too, and the overview begins anew",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    const headers = { "content-type": "application/x-ndjson" };
    const body = '{"ts":"2026-01-01T00:00:10Z","price":1}\n{"ts":"2026-01-01T00:00:10Z","price":"much"}';
    await (await server.fetch("/v1/streams/orders", { method: "POST", headers, body })).body?.cancel();
    await using dashboard = await openDashboard(server.url);
    const { page, errors, shows } = dashboard;
    await page.getByRole("link", { name: "orders.dead" }).waitFor();
    await page.getByRole("link", { name: "orders", exact: true }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await shows("All rows that it keeps are gone with it, and those that were put aside as dead or late.");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await shows("Nothing runs here yet");
    assert.deepEqual(await server.json("/v1/streams"), { streams: [] });
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "figures fill their lines, and none stands alone, on pages of any width",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await withSales();
    await using dashboard = await openDashboard(`${server.url}/#/pipelines/sales`);
    const { page } = dashboard;
    for (const path of ["pipelines/sales", "streams/orders"]) {
      await page.goto(`${server.url}/#/${path}`);
      await page.locator(".figures").waitFor();
      for (const width of [1600, 1280, 1218, 1000, 700, 390]) {
        await page.setViewportSize({ width, height: 900 });
        const lines = await page.evaluate(() => {
          const grid = document.querySelector(".figures")!, { right } = grid.getBoundingClientRect();
          const tiles = [...grid.children].map((tile) => tile.getBoundingClientRect());
          return [...Map.groupBy(tiles, ({ top }) => Math.round(top)).values()].map((line) => ({
            tiles: line.length,
            isFull: Math.abs(line.at(-1)!.right - right) < 4,
          }));
        });
        assert.ok(lines.every(({ isFull }) => isFull), `${path} at ${width}: ${JSON.stringify(lines)}`);
        if (width > 640) {
          assert.ok(lines.every(({ tiles }) => tiles > 1), `${path} at ${width}: ${JSON.stringify(lines)}`);
        }
      }
    }
    assert.deepEqual(dashboard.errors, []);
  },
});
