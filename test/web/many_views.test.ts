import assert from "node:assert/strict";
import { CHROMIUM } from "../e2e/chromium.ts";
import { COUNT, plan, source, toView, tumble } from "../e2e/plans.ts";
import { startServer, until } from "../e2e/server.ts";
import { jsonAnswer, snapshotText, startDouble } from "./double.ts";
import { openSite, shownText } from "./site.ts";

/** More than a browser opens connections for requests to one server. */
const VIEWS = 9;

Deno.test({
  name: "a page with more views than a browser has connections shows all of them, and what it polls, too",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer({ args: ["--allow-origin", "*"] });
    const names = Array.from({ length: VIEWS }, (_, i) => `v${i}`);
    const columns = [{ name: "ts", type: "timestamp" }, { name: "key", type: "string" }];
    await server.put("/v1/streams/events", { columns, time: "ts" });
    const by = { id: "aggregate", op: "aggregate", input: ["window"], keys: ["key"], aggs: [COUNT] };
    const sinks = names.map((name) => ({ ...toView(name, "aggregate"), id: `to_${name}` }));
    await server.put("/v1/pipelines/p", plan(source("events"), tumble(1000), by, ...sinks));
    const send = async (second: number) => {
      const body = `{"ts":${second * 1000},"key":"second ${second}"}\n`;
      const headers = { "content-type": "application/x-ndjson" };
      await server.fetch("/v1/streams/events", { method: "POST", headers, body }).then((answer) => answer.text());
    };
    await send(1);
    await send(3);
    await using site = await openSite({ servers: [server.url, server.url.replace("http", "ws")], height: 6000 });
    const tables = names.map((name) => `<rdx-table server="${server.url}" src="/v1/views/${name}"></rdx-table>`);
    await site.show(
      `${tables.join("")}<rdx-graph server="${server.url}" src="/v1/pipelines/p"></rdx-graph>` +
        `<rdx-stream server="${server.url}" src="/v1/streams/events"></rdx-stream>`,
    );
    const show = async (text: string) => {
      for (let i = 1; i <= VIEWS; i++) {
        await until(async () => (await shownText(site.page, `rdx-table:nth-of-type(${i})`)).includes(text), 50);
      }
    };
    await show("second 1");
    await until(async () => (await shownText(site.page, "rdx-stream")).includes("second 3"), 50);
    await until(async () => (await shownText(site.page, "rdx-graph")).includes("rows/s"), 50);
    await send(5);
    await show("second 3");
    assert.deepEqual(site.faults, []);
  },
});

Deno.test({
  name: "where WebSockets do not get through, further views come as event streams, too",
  ignore: !CHROMIUM,
  async fn() {
    const columns = [{ name: "k", type: "string" }];
    await using double = startDouble((view) => snapshotText(columns, ["k"], [{ k: `a row of ${view}` }]));
    await using site = await openSite({ servers: [double.url, double.url.replace("http", "ws")], failing: true });
    const names = ["a", "b", "c", "d"];
    for (const name of names) double.answers.set(`/v1/views/${name}`, () => jsonAnswer({ rows: [] }));
    await site.show(
      names.map((name) => `<rdx-table server="${double.url}" src="/v1/views/${name}"></rdx-table>`).join(""),
    );
    for (const [i, name] of names.entries()) {
      const selector = `rdx-table:nth-of-type(${i + 1})`;
      await until(async () => (await shownText(site.page, selector)).includes(`a row of ${name}`), 50);
    }
  },
});
