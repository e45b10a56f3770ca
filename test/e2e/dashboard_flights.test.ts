import assert from "node:assert/strict";
import { DuckDBInstance } from "../deps/duckdb.ts";
import type { Page } from "../deps/playwright.ts";
import { VEGA_DATASETS } from "../../examples/flights/flights_20k.ts";
import { npmPackageFiles } from "../../scripts/npm_files.ts";
import { CHROMIUM } from "./chromium.ts";
import { type Dashboard, openDashboard } from "./dashboard.ts";
import { completed, startServer, stayingPort, type TestServer, until } from "./server.ts";

const DAY_MS = 86_400_000, ROWS_MAX = 10_000;

interface Row {
  readonly window_start: string;
  readonly origin: string;
  readonly avg_delay: number;
  readonly max_delay: number;
  readonly flights: number;
}

/** All rows of a view, day by day: one answer has at most 10,000. */
async function allRows(server: TestServer, view: string): Promise<Row[]> {
  const rows: Row[] = [], last = Date.parse("2001-04-02");
  for (let from = Date.parse("2000-12-30"); from < last; from += DAY_MS) {
    const path = `/v1/views/${view}?from=${from}&to=${from + DAY_MS}&limit=${ROWS_MAX}`;
    const part = await server.json<{ rows: Row[] }>(path);
    assert.ok(part.rows.length < ROWS_MAX);
    rows.push(...part.rows);
  }
  return rows;
}

const RESULT = "sum(total)::DOUBLE / sum(n)::DOUBLE AS avg_delay, max(most) AS max_delay, sum(n)::INTEGER AS flights";
const QUERIES = new Map([
  ["delays_hourly", `SELECT h AS w, origin, ${RESULT} FROM by_hour GROUP BY h, origin`],
  [
    "delays_daily",
    `SELECT h - i * INTERVAL 1 HOUR AS w, origin, ${RESULT} FROM by_hour, range(24) AS hours(i) GROUP BY ALL`,
  ],
]);

/** The same windows by DuckDB, as lines of text. */
async function byDuckDb(view: string): Promise<string[]> {
  const folder = await npmPackageFiles("vega-datasets", VEGA_DATASETS);
  const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
  await duckdb.run(`CREATE TABLE by_hour AS
    SELECT time_bucket(INTERVAL 1 HOUR, strptime(date, '%Y/%m/%d %H:%M')) AS h, origin,
      sum(delay)::BIGINT AS total, max(delay) AS most, count(*) AS n
    FROM read_json('${folder}/data/flights-20k.json', columns = {date: 'VARCHAR', delay: 'BIGINT', origin: 'VARCHAR'})
    GROUP BY ALL`);
  const query = QUERIES.get(view)!;
  const result = await duckdb.runAndReadAll(
    `SELECT epoch_ms(w)::DOUBLE, origin, avg_delay, max_delay::INTEGER, flights FROM (${query})`,
  );
  return result.getRows().map((row) => row.join(" ")).sort();
}

const lineOf = ({ window_start, origin, avg_delay, max_delay, flights }: Row) =>
  [Date.parse(window_start), origin, avg_delay, max_delay, flights].join(" ");

Deno.test({
  name: "from nothing, one click plays the real flights: the chart moves, and at the end every window equals DuckDB's",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await using dashboard = await openDashboard(server.url, { viewport: { width: 1280, height: 900 } });
    const { page, errors, shows } = dashboard;
    await shows("Nothing runs here yet");
    await page.getByRole("button", { name: "Load the real flights" }).click();
    const canvas = page.locator("rdx-chart canvas").first();
    await canvas.waitFor();
    const pictures = new Set<string>();
    await until(async () => {
      pictures.add(await canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL()));
      return pictures.size >= 3;
    }, 200);
    await page.getByRole("button", { name: "Pause" }).first().click();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByLabel("How long all flights take").selectOption({ label: "no time: as fast as it goes" });
    await shows("All 20,000 flights are in, and their stream has ended.");
    for (const name of ["flights_hourly", "flights_daily"]) await completed(server, name);
    for (const view of QUERIES.keys()) {
      const ours = (await allRows(server, view)).map(lineOf).sort();
      assert.deepEqual(ours, await byDuckDb(view));
    }
    await shownRowsAre(page, await allRows(server, "delays_daily"));
    assert.deepEqual(errors, []);
  },
});

/** What the page's table shows at the end is the newest window of each origin. */
async function shownRowsAre(page: Page, rows: readonly Row[]): Promise<void> {
  const newest = new Map(rows.map((row) => [row.origin, row])), table = page.locator("rdx-table");
  await until(async () => {
    const names = await table.locator("[role=columnheader]").allInnerTexts();
    const cells = await table.locator("[role=row]:has([role=gridcell])").first().locator("[role=gridcell]")
      .allInnerTexts();
    const shown = new Map(names.map((name, i) => [/\w+/.exec(name)?.[0], cells[i]])),
      row = newest.get(shown.get("origin")!);
    return row !== undefined && Date.parse(`${shown.get("window_start")}Z`) === Date.parse(row.window_start) &&
      Math.abs(Number(shown.get("avg_delay")) - row.avg_delay) < 0.001 && Number(shown.get("flights")) === row.flights;
  });
}

Deno.test({
  name: "where the flights are already, the page says so, and starting over plays them again",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await using dashboard = await openDashboard(server.url);
    const { page, errors, shows } = dashboard;
    const load = async (button: string) => {
      await page.getByLabel("All of it in").selectOption({ label: "no time: as fast as it goes" });
      await page.getByRole("button", { name: button }).click();
      if (button === "Start over") {
        await shows("This deletes stream flights, pipeline flights_hourly, and pipeline flights_daily");
        await page.getByRole("button", { name: "Cancel" }).click();
        assert.equal((await server.json<{ rows_in: number }>("/v1/streams/flights")).rows_in, 20_000);
        await page.getByRole("button", { name: button }).click();
        await page.getByRole("button", { name: "Delete and play" }).click();
      }
      await shows("All 20,000 flights are in, and their stream has ended.");
      await page.getByRole("button", { name: "Close" }).click();
    };
    await load("Load the real flights");
    await page.getByRole("link", { name: "Overview" }).first().click();
    await page.getByText("Add something").click();
    await shows("The stream flights is here already.");
    await load("Start over");
    const { rows_in, ended } = await server.json<{ rows_in: number; ended: boolean }>("/v1/streams/flights");
    assert.deepEqual({ rows_in, ended }, { rows_in: 20_000, ended: true });
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name:
    "a server that is away is waited for; one that comes back without the flights ends the play, and keeps no stray stream",
  ignore: !CHROMIUM,
  async fn() {
    const port = stayingPort();
    let server = await startServer({ port });
    try {
      await using dashboard = await openDashboard(server.url);
      const { page, errors, shows } = dashboard;
      await page.getByRole("button", { name: "Load the real flights" }).click();
      await shows(/\d of 20,000/);
      await server.signal("SIGKILL");
      await shows(/^Waits\. /);
      server = await startServer({ port });
      await shows("The server has started anew without the flights, so the play has ended.");
      assert.deepEqual(await server.json("/v1/streams"), { streams: [] });
      await page.locator(".dock").getByRole("button", { name: "Start over" }).click();
      await shows(/\d of 20,000/);
      assert.equal((await server.json<{ declared: boolean }>("/v1/streams/flights")).declared, true);
      assert.deepEqual(errors.filter((error) => !/WebSocket connection to/.test(error)), []);
    } finally {
      await server.signal("SIGKILL");
    }
  },
});

/** Connections of writers fail for as long as the page's `away` is true, which it is at first. */
async function refuseWriters(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const state = Object.assign(globalThis, { away: true });
    class Refused extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        if (state.away && String(url).includes("/streams/")) this.close();
      }
    }
    Object.assign(globalThis, { WebSocket: Refused });
  });
}

/** The page with a play that waits for its first connection. */
async function waitingPlay(address: string): Promise<Dashboard> {
  const dashboard = await openDashboard(address, {}, refuseWriters);
  await dashboard.page.getByRole("button", { name: "Load the real flights" }).click();
  await dashboard.shows(/^Waits\. /);
  return dashboard;
}

/** Lets connections of writers come about. */
async function connect(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(globalThis, { away: false }));
}

Deno.test({
  name: "a play whose first connection comes late goes on with it",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await using dashboard = await waitingPlay(server.url);
    const { page, shows } = dashboard;
    await connect(page);
    await shows(/[1-9]\d* of 20,000/);
    // What was given to the writer comes to the server a little later.
    await until(async () => (await server.json<{ rows_in: number }>("/v1/streams/flights")).rows_in > 0);
  },
});

Deno.test({
  name: "a play whose first connection is to a server without the flights ends, and keeps no stray stream",
  ignore: !CHROMIUM,
  async fn() {
    const port = stayingPort();
    let server = await startServer({ port });
    try {
      await using dashboard = await waitingPlay(server.url);
      const { page, shows } = dashboard;
      await server.signal("SIGKILL");
      server = await startServer({ port });
      await connect(page);
      await shows("The server has started anew without the flights, so the play has ended.");
      assert.deepEqual(await server.json("/v1/streams"), { streams: [] });
    } finally {
      await server.signal("SIGKILL");
    }
  },
});

Deno.test({
  name: "a server that cannot say at once whether it has the flights is asked again over the same connection",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await using dashboard = await waitingPlay(server.url);
    const { page, shows } = dashboard;
    let refused = 0;
    await page.route("**/v1/streams/flights", async (route) => {
      if (refused++ === 0) await route.abort();
      else await route.continue();
    });
    await connect(page);
    await shows(/[1-9]\d* of 20,000/);
    assert.ok(refused > 1);
  },
});

Deno.test({
  name: "a play goes on over a connection that broke, and stops at once while the server is away",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await using dashboard = await openDashboard(server.url, {}, async (page) => {
      await page.addInitScript(() => {
        const sockets: WebSocket[] = [];
        class Kept extends WebSocket {
          constructor(url: string | URL, protocols?: string | string[]) {
            super(url, protocols);
            if (String(url).includes("/streams/")) sockets.push(this);
          }
        }
        Object.assign(globalThis, { WebSocket: Kept, sockets });
      });
    });
    const { page, errors, shows } = dashboard;
    await page.getByRole("button", { name: "Load the real flights" }).click();
    await shows(/\d of 20,000/);
    await page.evaluate(() => (globalThis as unknown as { sockets: WebSocket[] }).sockets[0].close());
    await page.getByRole("status").getByText("The flights go on.").waitFor({ state: "attached" });
    await shows(/\d of 20,000/);
    await server.signal("SIGKILL");
    await shows(/^Waits\. /);
    await page.getByRole("button", { name: "Stop" }).click();
    await shows(/Stopped after [\d,]+ flights/);
    assert.deepEqual(errors.filter((error) => !/WebSocket connection to/.test(error)), []);
  },
});

Deno.test({
  name: "a stopped demo keeps what was sent and leaves its stream open",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer();
    await using dashboard = await openDashboard(server.url);
    const { page, errors, shows } = dashboard;
    await page.getByRole("button", { name: "Load the real flights" }).click();
    await shows(/\d of 20,000/);
    await page.getByRole("button", { name: "Stop" }).click();
    await shows(/Stopped after [\d,]+ flights; their stream stays open/);
    const { ended } = await server.json<{ ended: boolean }>("/v1/streams/flights");
    assert.equal(ended, false);
    assert.deepEqual(errors, []);
  },
});

Deno.test({
  name: "behind a token the flights play as well, and the components show them",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer({ env: { RDX_TOKEN: "secret" } });
    await using dashboard = await openDashboard(`${server.url}/#token=secret`);
    const { page, errors, shows } = dashboard;
    await page.getByLabel("All of it in").selectOption({ label: "no time: as fast as it goes" });
    await page.getByRole("button", { name: "Load the real flights" }).click();
    await shows("All 20,000 flights are in, and their stream has ended.");
    // Components ask for their rows when they are seen
    await page.locator("rdx-table").scrollIntoViewIfNeeded();
    await page.locator("rdx-table [role=gridcell]").first().waitFor();
    assert.deepEqual(errors, []);
  },
});
