import assert from "node:assert/strict";
import type { BrowserContext, CDPSession, Page } from "../deps/playwright.ts";
import { CHROMIUM, launchChromium } from "../e2e/chromium.ts";
import { startServer, type TestServer, until } from "../e2e/server.ts";
import { TcpProxy } from "../sim/tcp_proxy.ts";
import { UNTIL_MS_MAX } from "../until.ts";
import { assertCountedOnce, deployNumbers, printedSeed, seeded } from "./numbers.ts";
import { addressOf, allow, BATCH_ROWS, LAST, newPage, ROWS, serveSender, told } from "./outbox_site.ts";

const CRASHES = 4;
/** Rows that are sent before verdicts are held back, so that there are some that have none. */
const ANSWERED_ROWS = 4000;
/** Less than the rows of ROWS take. */
const QUOTA_BYTES = 600_000;

interface Tabs {
  readonly context: BrowserContext;
  readonly origin: string;
  readonly server: TestServer;
  /** What stands between pages and the server. */
  readonly proxy: TcpProxy;
  /** A page of the origin that has no part in it, and what rules the browser from there. */
  readonly aside: Page;
  readonly devtools: CDPSession;
  open(options?: { only?: "drain"; leave?: number }): Promise<Page>;
}

async function withTabs(test: (tabs: Tabs) => Promise<void>): Promise<void> {
  await using site = await serveSender();
  await using server = await startServer({ args: ["--allow-origin", site.origin] });
  await deployNumbers(server);
  using proxy = new TcpProxy(server.url);
  const browser = await launchChromium();
  try {
    const context = await browser.newContext(), { origin } = site;
    context.setDefaultTimeout(UNTIL_MS_MAX);
    const aside = await newPage(context, `${origin}/rdx-client.js`), devtools = await context.newCDPSession(aside);
    await test({
      context,
      origin,
      server,
      proxy,
      aside,
      devtools,
      open: (options) => newPage(context, addressOf(origin, proxy.url, options)),
    });
  } finally {
    await browser.close();
  }
}

function tabsTest(name: string, test: (tabs: Tabs) => Promise<void>): void {
  Deno.test({ name, ignore: !CHROMIUM, fn: () => withTabs(test) });
}

/** Ends a page as if its process had died, while it does whatever it does. */
async function crash(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page), crashed = page.waitForEvent("crash");
  // Nobody is left to answer.
  session.send("Page.crash").catch(() => {});
  await crashed;
  await page.close();
}

/** Where a page begins, and how many rows wait in its outbox then. */
async function begun(page: Page): Promise<{ readonly from: number; readonly waiting: number }> {
  const found = await until(async () => {
    const { state } = await told(page);
    assert.match(state, /^(opening|sending .*)$/);
    return /^sending (\d+) (\d+)/.exec(state);
  }, 5);
  return { from: Number(found[1]), waiting: Number(found[2]) };
}

/** Opens a page and holds back what the server says to it: resolves once it waits for leave to send more, with what lets verdicts pass. */
async function openUnanswered({ proxy, open }: Tabs): Promise<{ readonly page: Page; release(): void }> {
  const page = await open({ leave: ANSWERED_ROWS });
  await begun(page);
  await heard(page, "connected");
  return { page, release: proxy.hold() };
}

/** Lets a page keep its batches up to its last. */
async function keepMost(page: Page): Promise<void> {
  await allow(page, LAST);
  await until(async () => (await told(page)).kept === LAST / BATCH_ROWS);
}

/** A page that goes on where another was, with batches of its. */
async function inherited({ open }: Tabs): Promise<Page> {
  const page = await open(), { from, waiting } = await begun(page);
  assert.equal(from, LAST);
  assert.ok(waiting > LAST / 2, `${waiting} rows waited`);
  return page;
}

/** Leaves an origin no room for a byte: browsers ask only now and then how much there is, and go by that until more is wanted. */
async function fill(page: Page): Promise<void> {
  await page.evaluate(() =>
    new Promise<void>((resolve, reject) => {
      const request = indexedDB.open("filler");
      request.onupgradeneeded = () => request.result.createObjectStore("bytes", { autoIncrement: true });
      request.onerror = () => reject(request.error);
      request.onsuccess = () => put(1 << 16);
      function put(bytes: number): void {
        const transaction = request.result.transaction("bytes", "readwrite");
        transaction.objectStore("bytes").add(new Uint8Array(bytes));
        transaction.oncomplete = () => put(bytes);
        transaction.onabort = () => bytes > 1 ? put(bytes >> 1) : resolve();
      }
    })
  );
}

async function finished(page: Page): Promise<void> {
  await allow(page);
  await until(async () => {
    const { state } = await told(page);
    assert.match(state, /^(sending .*|done)$/);
    return state === "done";
  });
}

const count = async (page: Page, status: string) =>
  (await told(page)).statuses.filter((kind) => kind === status).length;

/** Waits until the writer of a page has told a status more often than before. */
async function heard(page: Page, status: string, before = 0): Promise<void> {
  await until(async () => await count(page, status) > before);
}

/** A page keeps most of its batches unanswered, something befalls it, and it crashes: the next page sends all of them, each once. */
async function outlivesCrash(tabs: Tabs, befall: (page: Page) => Promise<void>): Promise<void> {
  const { context, server, proxy } = tabs, { page, release } = await openUnanswered(tabs);
  await keepMost(page);
  await befall(page);
  await crash(context, page);
  proxy.cut();
  release();
  await finished(await inherited(tabs));
  await assertCountedOnce(server, ROWS);
}

tabsTest(
  "a page that crashes again and again while it sends leaves its rows to the next, which sends each once",
  async (tabs) => {
    const { context, server, open } = tabs, random = seeded(printedSeed());
    for (let crashes = 0; crashes < CRASHES; crashes++) {
      const page = await open();
      await begun(page);
      await new Promise((resolve) => setTimeout(resolve, random() * 100));
      await crash(context, page);
    }
    const next = await open();
    await begun(next);
    await finished(next);
    await assertCountedOnce(server, ROWS);
  },
);

tabsTest(
  "a page that crashes before it has heard what the server makes of its rows leaves all of them to the next",
  (tabs) => outlivesCrash(tabs, async () => {}),
);

tabsTest(
  "a page whose quota is used up is told what to do; what it has kept is sent without any room, and the rest with",
  async (tabs) => {
    const { origin, server, proxy, aside, devtools, open } = tabs;
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: QUOTA_BYTES });
    const { page, release } = await openUnanswered(tabs);
    await allow(page);
    await until(async () => !/^(opening|sending .*)$/.test((await told(page)).state));
    const { state, kept } = await told(page);
    assert.match(state, /^no_space: This page's IndexedDB has no room for more batches: free some/);
    assert.ok(kept > ANSWERED_ROWS / BATCH_ROWS && kept < LAST / BATCH_ROWS, `${kept} batches were kept`);
    await page.close();
    proxy.cut();
    release();
    // Not even who opens it can be noted down.
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    await fill(aside);
    const drain = await open({ only: "drain" });
    const drained = await until(async () => {
      const { state } = await told(drain);
      assert.match(state, /^(opening|sending .*|drained .*)$/);
      return /^drained (\d+)$/.exec(state);
    });
    assert.ok(Number(drained[1]) > 0, "nothing had waited");
    await drain.close();
    // Without a size the override ends.
    await devtools.send("Storage.overrideQuotaForOrigin", { origin });
    const next = await open();
    assert.deepEqual(await begun(next), { from: kept * BATCH_ROWS, waiting: 0 });
    await finished(next);
    await assertCountedOnce(server, ROWS);
  },
);

tabsTest(
  "a database that is deleted while batches wait in it is begun anew with them, and the writer says so; they outlive the page as before",
  (tabs) =>
    outlivesCrash(tabs, async (page) => {
      const { origin, devtools } = tabs;
      for (const storageTypes of ["indexeddb", "all"]) {
        const before = await count(page, "restored");
        await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes });
        await heard(page, "restored", before);
      }
      const before = await count(page, "restored");
      // A script of the origin is not left waiting for the page to close it.
      await page.evaluate(() =>
        new Promise<void>((resolve, reject) => {
          const request = indexedDB.deleteDatabase("rdx-outbox");
          request.onsuccess = () => resolve();
          request.onerror = () => reject(request.error);
        })
      );
      await heard(page, "restored", before);
    }),
);

tabsTest(
  "when a page's locks went with its data, of two tabs that have one outbox only the last that opened it keeps and sends new batches",
  async (tabs) => {
    const { origin, server, devtools } = tabs, { page: first, release } = await openUnanswered(tabs);
    await keepMost(first);
    await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
    await heard(first, "restored");
    release();
    const second = await tabs.open();
    assert.equal((await begun(second)).from, LAST);
    await allow(first);
    await until(async () => /^conflict: Another tab has opened the outbox numbers/.test((await told(first)).state));
    await finished(second);
    await assertCountedOnce(server, ROWS);
  },
);
