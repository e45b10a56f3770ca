import assert from "node:assert/strict";
import { openSite } from "../../src/compose.ts";

const { bundle, loadDemo } = await openSite();

Deno.test("the flights of the demo are the 20,000 real ones, in order of time, as the page plays them", async () => {
  const flights = JSON.parse(new TextDecoder().decode(await loadDemo!())) as Record<string, unknown>[];
  assert.equal(flights.length, 20_000);
  const types = { ts: "number", delay: "number", distance: "number", origin: "string", destination: "string" };
  let last = -Infinity;
  for (const flight of flights) {
    assert.deepEqual(Object.fromEntries(Object.entries(flight).map(([name, value]) => [name, typeof value])), types);
    assert.ok(flight.ts as number >= last);
    last = flight.ts as number;
  }
  assert.deepEqual([flights[0].ts, last].map((ms) => new Date(ms as number).getUTCFullYear()), [2001, 2001]);
});

Deno.test({
  name: "the build of a page that is built stands in its shell, and its assets are there by name",
  ignore: bundle === null,
  fn() {
    const { build, page, assets } = bundle!;
    assert.match(build, /^[0-9a-f]{16}$/);
    assert.ok(new TextDecoder().decode(page).includes(`<meta name="rdx-build" content="${build}"`));
    assert.deepEqual([...assets.keys()].sort(), [
      "page.css",
      "rdx-client.js",
      "rdx-components.js",
      "rdx-page.js",
      "rdx-sql.js",
    ]);
  },
});
