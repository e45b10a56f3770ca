import assert from "node:assert/strict";
import { CHROMIUM } from "../e2e/chromium.ts";
import { startServer, until } from "../e2e/server.ts";
import { eventText, problemAnswer, snapshotText, startDouble } from "./double.ts";
import { startForward } from "./forward.ts";
import { openSite, type Site } from "./site.ts";

/** Waits until the element's sentence matches. */
function says(site: Site, selector: string, sentence: RegExp): Promise<string> {
  let last = "";
  return until(async () => {
    last = await site.page.evaluate(
      (one) => document.querySelector(one)?.shadowRoot?.querySelector(".status")?.textContent ?? "",
      selector,
    );
    return sentence.test(last) ? last : null;
  }, 50).catch((thrown) => {
    throw new Error(`${selector} says ${JSON.stringify(last)}, and never ${sentence}`, { cause: thrown });
  });
}

const text = (site: Site, selector: string) =>
  site.page.evaluate((one) => document.querySelector(one)!.shadowRoot!.textContent!, selector);
const PLAN = {
  rdx: 1,
  nodes: [{ id: "in", op: "source", stream: "s" }, {
    id: "out",
    op: "sink",
    input: ["in"],
    sink: { kind: "view", name: "v" },
  }],
};

async function post(url: string, row: string): Promise<void> {
  const headers = { "content-type": "application/x-ndjson" };
  const answer = await fetch(`${url}/v1/streams/s`, { method: "POST", headers, body: row });
  assert.equal(answer.status, 200, await answer.text());
}

Deno.test({
  name: "a server that goes, comes back and has a view again is told in sentences, and all is shown again",
  ignore: !CHROMIUM,
  async fn() {
    let server = await startServer({ args: ["--allow-origin", "*"] });
    using forward = startForward(server.url);
    const { url } = forward;
    try {
      await using site = await openSite({ servers: [url], failing: true });
      await site.show(
        ["table", "chart", "stat"].map((one) =>
          `<rdx-${one} server="${url}" src="/v1/views/v"${one === "chart" ? ' x="n" y="n"' : ""}></rdx-${one}>`
        ).join("") +
          `<rdx-graph server="${url}" src="/v1/pipelines/p"></rdx-graph><rdx-stream server="${url}" src="/v1/streams/s"></rdx-stream>`,
      );
      await says(site, "rdx-table", /There is no view v on this server yet; trying again in 5 s\./);
      await says(site, "rdx-graph", /There is no pipeline p on this server yet; trying again/);
      await says(site, "rdx-stream", /There is no stream s on this server yet; trying again/);
      const begin = async () => {
        await post(url, '{"n":1}');
        await server.put("/v1/pipelines/p", PLAN);
      };
      await begin();
      await says(site, "rdx-table", /^Live/);
      for (const one of ["chart", "stat", "stream", "graph"]) await says(site, `rdx-${one}`, /^(Live|Running)/);
      await server.signal("SIGKILL");
      forward.target = null;
      for (const one of ["table", "chart", "stat", "stream", "graph"]) {
        await says(
          site,
          `rdx-${one}`,
          /Cannot reach the server; trying again in \d+ s\. What is shown is how it was\./,
        );
      }
      server = await startServer({ args: ["--allow-origin", "*"] });
      forward.target = server.url;
      await says(site, "rdx-table", /View v is gone; trying again|no view v/);
      await begin();
      await post(url, '{"n":77}');
      for (const one of ["table", "chart", "stat", "stream", "graph"]) {
        await says(site, `rdx-${one}`, /^(Live|Running)/);
      }
      await until(async () => (await text(site, "rdx-table")).includes("77"), 50);
      await server.fetch("/v1/pipelines/p", { method: "DELETE" });
      await says(site, "rdx-graph", /Pipeline p is gone; trying again in \d+ s\. It is shown again/);
      await server.put("/v1/pipelines/p", PLAN);
      await says(site, "rdx-graph", /^Running/);
      await says(site, "rdx-table", /^Live/);
      assert.deepEqual(site.faults, []);
    } finally {
      await server.signal("SIGKILL");
    }
  },
});

Deno.test({
  name: "a token that is missing or refused is told in a sentence, and a valid one heals it",
  ignore: !CHROMIUM,
  async fn() {
    await using server = await startServer({ args: ["--allow-origin", "*"], env: { RDX_TOKEN: "secret" } });
    await using site = await openSite({ servers: [server.url], failing: true });
    const headers = { authorization: "Bearer secret", "content-type": "application/json" };
    await (await server.fetch("/v1/streams/s", { method: "POST", headers, body: '[{"n":4711}]' })).body?.cancel();
    await (await server.fetch("/v1/pipelines/p", { method: "PUT", headers, body: JSON.stringify(PLAN) })).body
      ?.cancel();
    await site.show(
      `<rdx-table server="${server.url}" src="/v1/views/v"></rdx-table><rdx-stream server="${server.url}" src="/v1/streams/s" token="old"></rdx-stream>`,
    );
    await says(site, "rdx-table", /The server asks for its token: set the attribute token/);
    await says(site, "rdx-stream", /The server refuses the token: set a valid one/);
    await site.page.evaluate(() => {
      for (const element of document.querySelectorAll("rdx-table, rdx-stream")) {
        element.setAttribute("token", "secret");
      }
    });
    await says(site, "rdx-table", /^Live/);
    await says(site, "rdx-stream", /^Live/);
    for (const one of ["table", "stream"]) {
      await until(async () => (await text(site, `rdx-${one}`)).includes("4711"), 50);
    }
    assert.deepEqual(site.faults, []);
  },
});

Deno.test({
  name: "10,000 columns are shown as far as they can be seen, and a value of 1 MB is cut and can be read in full",
  ignore: !CHROMIUM,
  async fn() {
    const long = "<b>é".repeat(1 << 18),
      columns = Array.from({ length: 10_000 }, (_, i) => ({ name: `column ${i}`, type: "string" }));
    const row = Object.fromEntries(columns.map(({ name }, i) => [name, i === 0 ? long : `value ${i}`]));
    await using double = startDouble(() => snapshotText(columns, [], [row]));
    await using site = await openSite({ servers: [double.url] });
    await site.show(`<rdx-table class="wide" server="${double.url}" src="/v1/views/v"></rdx-table>`);
    await says(site, "rdx-table", /^Live/);
    const elements = await site.page.evaluate(() =>
      document.querySelector("rdx-table")!.shadowRoot!.querySelectorAll("*").length
    );
    assert.ok(elements < 500, `${elements} elements`);
    const table = site.page.locator("rdx-table");
    await table.getByRole("grid").focus();
    await site.page.keyboard.press("Enter");
    await table.getByRole("button", { name: "Show all 1,048,576 characters" }).click();
    assert.equal(await table.locator("pre").evaluate((element) => element.textContent!.length), long.length);
    await site.page.keyboard.press("Escape");
    await site.page.keyboard.press("End");
    await until(async () => (await text(site, "rdx-table")).includes("value 9999"), 20);
    assert.deepEqual(site.faults, []);
  },
});

Deno.test({
  name: "answers that are no answers, events that are none and busy servers are sentences, and the next try heals them",
  ignore: !CHROMIUM,
  async fn() {
    const good = snapshotText([{ name: "n", type: "int64" }], [], [{ n: 1 }]);
    const turns = [
      () => new Response("<html>", { headers: { "access-control-allow-origin": "*" } }),
      () => eventText("snapshot", "{nonsense"),
      () => problemAnswer("busy", 429, "4096 connections are open"),
      () => problemAnswer("closing", 503, "The server is closing"),
      () =>
        good + eventText("error", { type: "/problems/internal", title: "x", status: 500, detail: "A disk is gone" }),
    ];
    let turn = 0;
    await using double = startDouble(() => (turns[turn++] ?? (() => good))());
    await using site = await openSite({ servers: [double.url], failing: true });
    await site.page.evaluate(() => {
      const said: string[] = (globalThis as unknown as { said: string[] }).said = [];
      addEventListener("rdx-status", (event) => said.push((event as CustomEvent).detail.text));
    });
    await site.show(`<rdx-table server="${double.url}" src="/v1/views/v"></rdx-table>`);
    await until(() => turn > turns.length, 50);
    await says(site, "rdx-table", /^Live/);
    const said = (await site.page.evaluate(() => (globalThis as unknown as { said: string[] }).said)).join("\n");
    for (
      const one of [
        /Cannot reach the server/,
        /Cannot read an event of the view: \{nonsense/,
        /is busy: 4096 connections/,
        /shutting down or starting/,
        /made a mistake: A disk is gone/,
      ]
    ) {
      assert.match(said, one);
    }
    assert.deepEqual(site.faults, []);
  },
});

Deno.test({
  name: "attributes that make no sense are sentences that say what would",
  ignore: !CHROMIUM,
  async fn() {
    await using double = startDouble(() =>
      snapshotText([{ name: "a", type: "string" }, { name: "n", type: "int64" }], ["a"], [{ a: "x", n: 1 }])
    );
    await using site = await openSite({ servers: [double.url] });
    const cases: [string, RegExp][] = [
      ["<rdx-table></rdx-table>", /Set the attribute src, as in src="\/v1\/views\/<name>"/],
      ['<rdx-graph src="/v1/views/x"></rdx-graph>', /expected src="\/v1\/pipelines\/<name>"/],
      [
        `<rdx-chart server="${double.url}" src="/v1/views/v"></rdx-chart>`,
        /no column of times: name the column to draw along/,
      ],
      [`<rdx-chart server="${double.url}" src="/v1/views/v" x="n" y="zz"></rdx-chart>`, /no column zz: it has a, n/],
      [
        `<rdx-stat server="${double.url}" src="/v1/views/v" agg="median"></rdx-stat>`,
        /expected agg to be one of last, sum/,
      ],
      [`<rdx-stat server="${double.url}" src="/v1/views/v" warn="high"></rdx-stat>`, /Cannot read warn="high"/],
    ];
    for (const [html, sentence] of cases) {
      await site.show(html);
      await says(site, "main > *", sentence);
    }
    assert.deepEqual(site.faults, []);
  },
});
