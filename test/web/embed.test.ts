import assert from "node:assert/strict";
import { bundle } from "../../scripts/bundle.ts";
import { CHROMIUM, launchChromium } from "../e2e/chromium.ts";
import { startServer, until } from "../e2e/server.ts";
import { FLIGHTS, HOURLY } from "../../examples/flights/plans.ts";
import { UNTIL_MS_MAX } from "../until.ts";

const folder = new URL("../../examples/embed/", import.meta.url);
const TYPES: Record<string, string> = { html: "text/html", css: "text/css", js: "text/javascript" };

Deno.test({
  name: "the static page of another origin shows a view with three lines of HTML, and only where its origin is let in",
  ignore: !CHROMIUM,
  async fn() {
    const out = await Deno.makeTempFile({ suffix: ".js" }), target = { url: "" };
    await bundle("web/components.ts", out);
    const pages = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      const name = new URL(request.url).pathname.slice(1) || "index.html";
      if (name === "favicon.ico") return new Response();
      const text = name === "rdx-components.js"
        ? await Deno.readTextFile(out)
        : await Deno.readTextFile(new URL(name, folder));
      // The bundle comes from the test: what the server has in dist/ may be older.
      const own = text.replace("http://127.0.0.1:8080/assets/", "/").replaceAll("http://127.0.0.1:8080", target.url);
      return new Response(own, { headers: { "content-type": TYPES[name.split(".").pop()!] } });
    });
    const origin = `http://127.0.0.1:${pages.addr.port}`, browser = await launchChromium();
    await using open = await startServer({ args: ["--allow-origin", origin] });
    await using closed = await startServer();
    try {
      const flight = (minute: number) =>
        JSON.stringify({ ts: minute * 60_000, delay: 4711, distance: 1, origin: "ABQ", destination: "X" });
      await open.put("/v1/streams/flights", FLIGHTS);
      await open.put("/v1/pipelines/flights_hourly", HOURLY);
      const headers = { "content-type": "application/x-ndjson" };
      const answer = await open.fetch("/v1/streams/flights", {
        method: "POST",
        headers,
        body: `${flight(1)}\n${flight(70)}`,
      });
      assert.equal((await answer.json()).accepted, 2);
      const page = await browser.newPage(),
        statuses = () =>
          page.evaluate(() =>
            ["rdx-chart", "rdx-table"].map((name) => document.querySelector(name)!.shadowRoot!.textContent!)
          );
      page.setDefaultTimeout(UNTIL_MS_MAX);
      target.url = open.url;
      await page.goto(origin);
      await until(async () => (await statuses()).every((text) => text.includes("ABQ") && text.includes("Live")), 50);
      target.url = closed.url;
      await page.goto(`${origin}/index.html`);
      await until(
        async () => (await statuses()).every((text) => text.includes("Cannot reach the server; trying again")),
        50,
      );
    } finally {
      await browser.close();
      await pages.shutdown();
      await Deno.remove(out);
    }
  },
});
