import type { BrowserContext, Page } from "../deps/playwright.ts";
import { bundleFor } from "./bundle.ts";

export const ROWS = 40_000, BATCH_ROWS = 200;

/** What a page of the site tells about itself. */
export interface Told {
  /** opening · sending, with the row that it begins at and the rows that wait in its outbox · drained, with the rows that were · holding · done · an error */
  readonly state: string;
  /** Batches that its outbox has ever kept. */
  readonly kept: number;
  /** Of its writer's statuses the kinds. */
  readonly statuses: readonly string[];
}

/**
 * The page: goes on behind the last row that its outbox has ever had (batches are of one size, so that this follows from their numbers), and says when all are
 * acknowledged. Behind the row that `leave` names it waits until it may go on: a busy machine may come to it late. With `do=hold` it only holds the outbox, with `do=drain` it only
 * sends what that has.
 */
const PAGE = `<!doctype html><title>sender</title><script type="module">
import { connect, indexedDbOutbox } from "/rdx-client.js";
const outbox = indexedDbOutbox("numbers"), open = outbox.open.bind(outbox), append = outbox.append.bind(outbox);
const told = globalThis.told = { state: "opening", kept: 0, statuses: [] };
outbox.open = async (tell) => {
  const opened = await open(tell);
  told.kept = opened.next;
  return opened;
};
outbox.append = async (batch) => {
  await append(batch);
  told.kept = batch.sequence + 1;
};
try {
  const parameters = new URLSearchParams(location.search), client = connect(parameters.get("server"));
  const onStatus = ({ kind }) => told.statuses.push(kind);
  const writer = await client.writer("numbers", { outbox, batchRowsMax: ${BATCH_ROWS}, batchDelayMsMax: 60000, onStatus });
  const { waiting } = writer.counts, from = told.kept * ${BATCH_ROWS};
  const only = parameters.get("do");
  globalThis.leave ??= Number(parameters.get("leave"));
  told.state = only === "hold" ? "holding" : "sending " + from + " " + waiting;
  if (only === "hold") await new Promise(() => {});
  for (let id = from; only === null && id < ${ROWS}; id++) {
    while (id >= globalThis.leave) await new Promise((resolve) => setTimeout(resolve, 5));
    await writer.write({ ts: Date.UTC(2025, 0, 1) + id, id, bucket: id % 1000 });
  }
  await writer.close();
  told.state = only === "drain" ? "drained " + waiting : "done";
} catch (thrown) {
  told.state = thrown.code + ": " + thrown.message;
}
</script>`;

/** Serves the page and the client, as `/` and `/rdx-client.js`. */
export async function serveSender(): Promise<{ readonly origin: string; [Symbol.asyncDispose](): Promise<void> }> {
  const folder = await Deno.makeTempDir(), path = `${folder}/rdx-client.js`;
  await bundleFor("browser", "web/client.ts", path);
  const script = await Deno.readFile(path);
  await Deno.remove(folder, { recursive: true });
  const site = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    return new URL(request.url).pathname === "/rdx-client.js"
      ? new Response(script, { headers: { "content-type": "text/javascript" } })
      : new Response(PAGE, { headers: { "content-type": "text/html" } });
  });
  return {
    origin: `http://127.0.0.1:${site.addr.port}`,
    [Symbol.asyncDispose]: () => site.shutdown(),
  };
}

/** Rows behind which a page waits to be reloaded or told to finish, unless it is told otherwise. */
export const LAST = ROWS - BATCH_ROWS;

/** Where the page that sends to `server` is. */
export function addressOf(
  origin: string,
  server: string,
  { only, leave = LAST }: { only?: "hold" | "drain"; leave?: number } = {},
): string {
  return `${origin}/?server=${encodeURIComponent(server)}&leave=${leave}${only ? `&do=${only}` : ""}`;
}

/** What a page tells now; while it loads, that it is opening. */
export async function told(page: Page): Promise<Told> {
  const found = await page.evaluate(() => (globalThis as unknown as { told?: Told }).told ?? null).catch(() => null);
  return found ?? { state: "opening", kept: 0, statuses: [] };
}

/** Gives a page leave to send the rows before `row`; all unless it is given. */
export async function allow(page: Page, row = ROWS): Promise<void> {
  await page.evaluate((row) => void ((globalThis as unknown as { leave: number }).leave = row), row);
}

/** Another page of the site. */
export async function newPage(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  return page;
}
