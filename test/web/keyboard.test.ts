import assert from "node:assert/strict";
import { CHROMIUM } from "../e2e/chromium.ts";
import { until } from "../e2e/server.ts";
import { jsonAnswer, snapshotText, startDouble } from "./double.ts";
import { openSite, type Site } from "./site.ts";

const COLUMNS = [
  { name: "window_start", type: "timestamp" },
  { name: "city", type: "string" },
  { name: "n", type: "double" },
];
const CITIES = ["Rome", "Bern", "Oslo"];
const rows = Array.from(
  { length: 30 },
  (_, i) => ({ window_start: (30 - i) * 1000, city: CITIES[i % 3], n: i === 4 ? null : i + 0.5 }),
);

function double() {
  const all = startDouble(() => snapshotText(COLUMNS, ["city"], rows, 5));
  const edge = (from: string, to: string) => ({
    from,
    to,
    rows: 10,
    rows_per_second: 5,
    watermark: null,
    queue_rows: 2,
  });
  const nodes = ["in", "by", "out"].map((id, i) => ({
    id,
    op: ["source", "aggregate", "sink"][i],
    label: `what ${id} does`,
  }));
  all.answers.set(
    "/v1/pipelines/p/flow",
    () =>
      jsonAnswer({
        pipeline: "p",
        state: "running",
        reason: null,
        nodes,
        edges: [edge("in", "by"), edge("by", "out")],
      }),
  );
  const column = (name: string) => ({ name, type: "string", nullable: true });
  all.answers.set("/v1/streams/s/rows", () => jsonAnswer({ columns: [column("a")], rows: [{ a: "first" }] }));
  const dead = ["offset", "line", "field", "reason", "raw", "ts"].map(column);
  all.answers.set(
    "/v1/streams/s/dead",
    () =>
      jsonAnswer({
        columns: dead,
        rows: [{ offset: 1, line: 2, field: "n", reason: "It is no number", raw: "{n:x}", ts: null }],
      }),
  );
  let kept = false;
  all.answers.set("/v1/streams/s/late", (request) => {
    if (request.method === "PUT") kept = true;
    if (kept) return jsonAnswer({ columns: [column("$watermark")], rows: [] });
    return jsonAnswer({
      type: "/problems/not_found",
      status: 404,
      detail: "Late rows of stream s are counted and not kept: PUT keeps them",
    }, 404);
  });
  const acts: string[] = [];
  for (const act of ["replay", "discard"]) {
    all.answers.set(`/v1/streams/s/dead/${act}`, ({ method }) => {
      acts.push(`${method} ${act}`);
      return jsonAnswer(act === "replay" ? { replayed: 3, failed: 1 } : { discarded: 4 });
    });
  }
  return Object.assign(all, { acts });
}

const shown = (site: Site, selector: string, text: string) =>
  until(
    () =>
      site.page.evaluate(([one, wanted]) => document.querySelector(one)!.shadowRoot!.textContent!.includes(wanted), [
        selector,
        text,
      ]),
    30,
  );
/** The text of the table's active cell, through what it names to readers of the screen. */
const active = (site: Site) =>
  site.page.evaluate(() => {
    const grid = document.querySelector("rdx-table")!.shadowRoot!.querySelector("[role=grid]")!;
    return document.querySelector("rdx-table")!.shadowRoot!.getElementById(
      grid.getAttribute("aria-activedescendant") ?? "",
    )?.textContent;
  });

Deno.test({
  name: "a table is read, sorted, copied and opened by keyboard",
  ignore: !CHROMIUM,
  async fn() {
    await using server = double();
    await using site = await openSite({ servers: [server.url] });
    await site.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await site.show(`<rdx-table server="${server.url}" src="/v1/views/v"></rdx-table>`);
    await shown(site, "rdx-table", "3 rows");
    const { keyboard } = site.page, is = (text: string) => until(async () => await active(site) === text, 20);
    await site.page.locator("rdx-table").getByRole("grid").focus();
    await is("Bern");
    await keyboard.press("ArrowDown");
    await is("Oslo");
    await keyboard.press("ArrowRight");
    await is("2.5");
    await keyboard.press("Control+End");
    await is("1970-01-01 00:00:30");
    await keyboard.press("Control+c");
    const copied = await until(async () => await site.page.evaluate(() => navigator.clipboard.readText()) || null, 20);
    assert.deepEqual(JSON.parse(copied), { city: "Rome", n: 0.5, window_start: "1970-01-01T00:00:30.000Z" });
    await keyboard.press("Home");
    await keyboard.press("ArrowRight");
    for (let i = 0; i < 4; i++) await keyboard.press("ArrowUp");
    await is("n▲");
    await keyboard.press("Enter");
    await keyboard.press("ArrowDown");
    await is("0.5");
    assert.match(
      await site.page.locator("rdx-table").ariaSnapshot(),
      /grid "Rows of \/v1\/views\/v"[^]*columnheader "n"[^]*gridcell "Rome"/,
    );
    await keyboard.press("Enter");
    await shown(site, "rdx-table", "n · double");
    await keyboard.press("Escape");
    await is("0.5");
    await site.page.locator("rdx-table").getByRole("searchbox", { name: "Rows that contain" }).fill("osl");
    await shown(site, "rdx-table", "1 of 3 rows");
    assert.deepEqual(site.faults, []);
  },
});

Deno.test({
  name: "a chart is told in words, zoomed, walked through, paused and thinned by keyboard",
  ignore: !CHROMIUM,
  async fn() {
    await using server = double();
    await using site = await openSite({ servers: [server.url] });
    await site.show(`<rdx-chart server="${server.url}" src="/v1/views/v"></rdx-chart>`);
    await shown(site, "rdx-chart", "Oslo");
    const chart = site.page.locator("rdx-chart"), { keyboard } = site.page;
    const snapshot = await until(async () => {
      const text = await chart.ariaSnapshot();
      return /row "Oslo/.test(text) ? text : null;
    }, 50);
    assert.match(snapshot, /group "line chart of n: 3 of 3 series"/);
    assert.match(snapshot, /3 of 3 series, from 1970-01-01 00:00:01 UTC to 1970-01-01 00:00:30 UTC \(29 s\)/);
    await chart.getByRole("group").focus();
    await keyboard.press("ArrowLeft");
    await shown(site, "rdx-chart", "1970-01-01 00:00:30 UTC: ");
    await keyboard.press("ArrowLeft");
    await shown(site, "rdx-chart", "1970-01-01 00:00:29 UTC: ");
    await keyboard.press("+");
    await until(() => chart.getByRole("button", { name: "Show all" }).isVisible(), 20);
    await keyboard.press("Escape");
    await until(async () => !await chart.getByRole("button", { name: "Show all" }).isVisible(), 20);
    await keyboard.press(" ");
    await shown(site, "rdx-chart", "still collecting");
    server.send("v", "delta", {
      seq: 6,
      watermark: null,
      rows: [{ op: "+I", row: { window_start: 40_000, city: "Bern", n: 1 } }],
    }, 6);
    await shown(site, "rdx-chart", "1 row came since");
    await keyboard.press(" ");
    await shown(site, "rdx-chart", "Live");
    await chart.getByRole("button", { name: /^Oslo/ }).press("Enter");
    assert.equal(await chart.getByRole("button", { name: /^Oslo/ }).getAttribute("aria-pressed"), "false");
    const over = await chart.locator(".u-over").boundingBox();
    await site.page.mouse.move(over!.x + 100, over!.y + 20);
    await site.page.mouse.down();
    await site.page.mouse.move(over!.x + 300, over!.y + 30, { steps: 5 });
    await site.page.mouse.up();
    await until(() => chart.getByRole("button", { name: "Show all" }).isVisible(), 20);
    await chart.locator(".u-over").dblclick();
    await until(async () => !await chart.getByRole("button", { name: "Show all" }).isVisible(), 20);
    assert.deepEqual(site.faults, []);
  },
});

Deno.test({
  name: "a graph is walked along its edges, and its edges are a list for readers of the screen",
  ignore: !CHROMIUM,
  async fn() {
    await using server = double();
    await using site = await openSite({ servers: [server.url] });
    await site.show(`<rdx-graph server="${server.url}" src="/v1/pipelines/p"></rdx-graph>`);
    await shown(site, "rdx-graph", "5 rows/s");
    const graph = site.page.locator("rdx-graph");
    await graph.getByRole("button").first().focus();
    await site.page.keyboard.press("ArrowRight");
    await shown(site, "rdx-graph", "aggregate by (what by does): takes 5 rows/s from in, gives 5 rows/s to out");
    assert.match(
      await graph.ariaSnapshot(),
      /list "Edges"[^]*in to by: 5 rows\/s, 10 rows in all, no rows yet, 2 waiting/,
    );
    assert.deepEqual(site.faults, []);
  },
});

Deno.test({
  name: "a stream's tabs, its dead rows with what can be done about them, and the offer to keep late rows",
  ignore: !CHROMIUM,
  async fn() {
    await using server = double();
    await using site = await openSite({ servers: [server.url], failing: true });
    await site.show(`<rdx-stream server="${server.url}" src="/v1/streams/s"></rdx-stream>`);
    await shown(site, "rdx-stream", "first");
    const stream = site.page.locator("rdx-stream");
    await stream.getByRole("tab", { name: "Newest rows" }).focus();
    await site.page.keyboard.press("ArrowRight");
    await shown(site, "rdx-stream", "It is no number");
    assert.match(await stream.ariaSnapshot(), /tab "Dead rows" \[selected\][^]*tabpanel "Dead rows"/);
    await stream.getByRole("button", { name: "Replay" }).click();
    await shown(site, "rdx-stream", "3 replayed, 1 failed again");
    // Nothing is discarded before somebody has said yes.
    await stream.getByRole("button", { name: "Discard", exact: true }).click();
    await stream.getByRole("tab", { name: "Dead rows" }).focus();
    await stream.getByRole("button", { name: "Discard", exact: true }).click();
    assert.deepEqual(server.acts, ["POST replay"]);
    await stream.getByRole("button", { name: "Discard all?" }).click();
    await shown(site, "rdx-stream", "4 discarded");
    assert.deepEqual(server.acts, ["POST replay", "POST discard"]);
    await stream.getByRole("tab", { name: "Dead rows" }).press("ArrowRight");
    await stream.getByRole("button", { name: "Keep late rows from now on" }).click();
    await shown(site, "rdx-stream", "Late rows are kept from now on.");
    await shown(site, "rdx-stream", "No late rows");
    assert.deepEqual(site.faults, []);
  },
});
