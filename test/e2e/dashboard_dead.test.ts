import assert from "node:assert/strict";
import { CHROMIUM } from "./chromium.ts";
import { openDashboard } from "./dashboard.ts";
import { startServer, type TestServer, until } from "./server.ts";

const columns = (nullable: boolean) => [
  { name: "id", type: "int64", nullable },
  { name: "city", type: "string", nullable: true },
];

/** A stream with 40 rows that lack their id, 3 whose id is none, and one that is no JSON. */
async function withDead(): Promise<TestServer> {
  const server = await startServer();
  await server.put("/v1/streams/orders", { columns: columns(false) });
  const lines = [
    '{"id":1,"city":"Bern"}',
    ...Array.from({ length: 40 }, (_, i) => `{"city":"Oslo ${i}"}`),
    ...Array.from({ length: 3 }, (_, i) => `{"id":"x${i}"}`),
    "<b>nonsense</b>",
  ];
  const headers = { "content-type": "application/x-ndjson" };
  const answer = await server.fetch("/v1/streams/orders", { method: "POST", headers, body: lines.join("\n") });
  assert.equal((await answer.json()).rejected, 44);
  return server;
}

const openOf = async (server: TestServer) =>
  (await server.json<{ dead_open: number; end: number }>("/v1/streams/orders")).dead_open;

Deno.test({
  name: "dead rows are filtered by their reasons, replayed once what was wrong is mended, chosen and discarded",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await withDead();
    await using dashboard = await openDashboard(`${server.url}/#/streams/orders`);
    const { page, errors, shows } = dashboard, dead = page.getByRole("region", { name: "Dead rows" }).first();
    await page.getByRole("button", { name: "Replay all 44" }).waitFor();
    await page.getByRole("button", { name: "Show older rows" }).click();
    await until(async () => await dead.getByRole("checkbox").count() === 44);
    await page.getByRole("button", { name: /^3 id: Expected int64/ }).click();
    await page.getByRole("button", { name: "Replay the 3 shown by the filter" }).waitFor();
    await until(async () => await dead.getByRole("checkbox").count() === 3);
    await page.getByRole("button", { name: /^3 id: Expected int64/ }).click();
    await page.getByRole("button", { name: "Replay all 44" }).waitFor();
    await server.put("/v1/streams/orders", { columns: columns(true) });
    await page.getByRole("button", { name: "Replay all 44" }).click();
    await shows("40 rows are in the stream now; 4 rows failed again.");
    await page.getByText("tried again once").first().waitFor();
    // By keyboard: a row is chosen, and its end is asked about first.
    await dead.getByRole("checkbox").first().focus();
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Discard 1 chosen" }).focus();
    await page.keyboard.press("Enter");
    await shows("Discard 1 dead row of orders?");
    await page.keyboard.press("Escape");
    assert.equal(await openOf(server), 4);
    await page.getByRole("button", { name: "Discard 1 chosen" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
    await shows("1 row was discarded.");
    assert.equal(await openOf(server), 3);
    await page.getByLabel("Filter", { exact: true }).fill("nothing like it");
    await shows("No dead row is like that.");
    assert.ok(await page.getByRole("button", { name: /^Discard the 0/ }).isDisabled());
    await page.getByLabel("Filter", { exact: true }).fill("");
    await page.getByRole("button", { name: "Discard all 3" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
    await shows("No dead rows are left.");
    assert.equal(await openOf(server), 0);
    assert.deepEqual(errors, []);
  },
});
