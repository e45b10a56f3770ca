import assert from "node:assert/strict";
import type { RdxError } from "../../src/core/errors.ts";
import type { LiveChange } from "../../src/client/rdx/types.ts";
import { follow, type Follower } from "../../web/components/feed.ts";
import { parseSource, type Source } from "../../web/model/source.ts";
import { CHROMIUM } from "../e2e/chromium.ts";
import { until } from "../e2e/server.ts";
import { snapshotText, startDouble } from "./double.ts";
import { openSite, shownText } from "./site.ts";

const FIRST = snapshotText([{ name: "k", type: "string" }], ["k"], [{ k: "a row" }]);

interface Watched extends Follower {
  readonly changes: LiveChange[];
  readonly errors: RdxError[];
}

/** A follower that remembers what it got; `taken` may throw. */
function watched(taken: (change: LiveChange) => void = () => {}): Watched {
  const changes: LiveChange[] = [], errors: RdxError[] = [];
  return {
    open: false,
    limit: null,
    changes,
    errors,
    change(change) {
      taken(change);
      changes.push(change);
    },
    fail: (error) => void errors.push(error),
  };
}

const has = (follower: Watched, kind: LiveChange["kind"]) => follower.changes.some((change) => change.kind === kind);

Deno.test("whoever comes when all others have left before the feed began gets a feed of its own", async () => {
  await using double = startDouble(() => FIRST);
  const source = parseSource(`${double.url}/v1/views/v`, null, double.url, "views") as Source;
  const left = watched(), came = watched(), leaving = new AbortController(), staying = new AbortController();
  follow(source, null, left, leaving.signal);
  leaving.abort();
  follow(source, null, came, staying.signal);
  await until(() => has(came, "snapshot"), 20);
  assert.deepEqual(left.changes, []);
  assert.equal(double.followers("v"), 1);
  staying.abort();
  await until(() => double.followers("v") === 0, 20);
});

Deno.test("a follower that cannot take a change is reported and dropped alone", async () => {
  await using double = startDouble(() => FIRST);
  const source = parseSource(`${double.url}/v1/views/v`, null, double.url, "views") as Source;
  const reported: string[] = [], ends = new AbortController();
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error.message);
  };
  addEventListener("error", report);
  try {
    const good = watched(),
      bad = watched(({ kind }) => {
        if (kind === "snapshot") throw new Error("no room");
      });
    for (const one of [bad, good]) follow(source, null, one, ends.signal);
    await until(() => has(good, "snapshot"), 20);
    double.send("v", "delta", { seq: 2, watermark: null, rows: [] }, "2.first");
    await until(() => has(good, "delta"), 20);
    assert.deepEqual([good.errors, reported], [[], ["no room"]]);
    assert.match(bad.errors.map(({ message }) => message).join(), /^Cannot show what the view has sent: no room$/);
    assert.ok(!has(bad, "delta"));
    assert.equal(double.followers("v"), 1);
  } finally {
    removeEventListener("error", report);
    ends.abort();
    await until(() => double.followers("v") === 0, 20);
  }
});

Deno.test({
  name: "an element that is taken out and put in again in one turn of the page is shown",
  ignore: !CHROMIUM,
  async fn() {
    await using double = startDouble(() => FIRST);
    await using site = await openSite({ servers: [double.url] });
    await site.page.evaluate(async (server) => {
      const turns = async () => {
        for (let i = 0; i < 10; i++) await null;
      };
      const main = document.querySelector("main")!, table = document.createElement("rdx-table");
      table.setAttribute("server", server);
      table.setAttribute("src", "/v1/views/v");
      main.append(table);
      await turns();
      table.remove();
      await turns();
      main.append(table);
    }, double.url);
    await until(async () => (await shownText(site.page, "rdx-table")).includes("a row"), 20);
    assert.deepEqual(site.faults, []);
  },
});
