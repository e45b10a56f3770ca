import assert from "node:assert/strict";
import { connect, type ConnectOptions, type LiveChange, type WriterStatus } from "../../src/client/rdx/mod.ts";
import { until } from "../e2e/server.ts";
import { HeldTimers } from "./held_timers.ts";

/** Longer than any wait of the client between two tries. */
const LONG_MS = 30_000;
const LIVE_SILENCE_MS = 37_500, VERDICT_SILENCE_MS = 60_000;

/** A connection that is there, and whose other side says what the test says. */
class StillSocket {
  static all: StillSocket[] = [];
  readyState = 0;
  binaryType = "blob";
  readonly sent: Uint8Array[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { reason: string }) => void) | null = null;

  constructor(readonly url: URL) {
    StillSocket.all.push(this);
    setTimeout(() => {
      this.readyState = 1;
      this.onopen?.();
    });
  }

  say(message: Record<string, unknown>): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  send(message: Uint8Array): void {
    this.sent.push(message);
  }

  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ reason: "" }));
  }
}

/** A view's feed as the test has it: each connection with the event behind which it goes on. */
interface StillFeed {
  readonly options: ConnectOptions;
  readonly connections: { readonly since: string; say(id: string, event: Record<string, unknown>): void }[];
}

function eventFeed(): StillFeed {
  const connections: StillFeed["connections"] = [], encoder = new TextEncoder();
  const answer = (_input: unknown, init?: RequestInit) => {
    let body!: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => void (body = controller) });
    connections.push({
      since: new Headers(init?.headers).get("last-event-id") ?? "",
      say: (id, event) =>
        body.enqueue(encoder.encode(`event: ${event.event}\n${id && `id: ${id}\n`}data: ${JSON.stringify(event)}\n\n`)),
    });
    return Promise.resolve(new Response(stream, { headers: { "content-type": "text/event-stream" } }));
  };
  return { options: { fetch: answer as typeof fetch }, connections };
}

function socketFeed(): StillFeed {
  const sockets: StillSocket[] = StillSocket.all = [];
  return {
    options: { WebSocket: StillSocket as unknown as typeof WebSocket },
    get connections() {
      return sockets.map((socket) => ({
        since: socket.url.searchParams.get("since") ?? "",
        say: (id: string, event: Record<string, unknown>) => socket.say({ ...(id ? { id } : {}), ...event }),
      }));
    },
  };
}

for (const [transport, feedOf] of [["events", eventFeed], ["socket", socketFeed]] as const) {
  Deno.test(`${transport}: a live view that says nothing for 37.5 s is connected anew and goes on behind its last event`, async () => {
    using timers = new HeldTimers(LONG_MS);
    const feed = feedOf(), client = connect("http://127.0.0.1:9", feed.options), seen: LiveChange[] = [];
    const following = (async () => {
      for await (const change of client.live("v", { transport })) seen.push(change);
    })();
    const kinds = () => seen.map(({ kind }) => kind).join(" ");
    await until(() => kinds() === "connected", 1);
    feed.connections[0].say("3.first", { event: "snapshot", seq: 3, watermark: null, keys: [], columns: [], rows: [] });
    await until(() => kinds() === "connected snapshot" && timers.waiting.length === 1, 1);
    // A heartbeat is a word: the silence begins anew.
    const { made } = timers;
    feed.connections[0].say("", { event: "heartbeat", seq: 3, watermark: null });
    await until(() => kinds() === "connected snapshot heartbeat" && timers.made > made, 1);
    assert.deepEqual(timers.waiting, [LIVE_SILENCE_MS]);
    timers.runOut();
    await until(() => kinds() === "connected snapshot heartbeat waiting connected", 1);
    const waiting = seen[3];
    assert.ok(waiting.kind === "waiting" && waiting.error.extra.unreachable);
    assert.match(waiting.error.message, /nothing came for 37\.5 s$/);
    assert.deepEqual(feed.connections.map(({ since }) => since), ["", "3.first"]);
    await client.close();
    await following;
    assert.deepEqual(timers.waiting, []);
  });
}

Deno.test("a connection that owes a verdict for 60 s is given up, and the batch goes over the next one", async () => {
  using timers = new HeldTimers(LONG_MS);
  const sockets: StillSocket[] = StillSocket.all = [], heard: WriterStatus[] = [];
  const client = connect("http://127.0.0.1:9", { WebSocket: StillSocket as unknown as typeof WebSocket });
  const writer = await client.writer("s", { batchDelayMsMax: 0, onStatus: (status) => heard.push(status) });
  await until(() => heard.length === 1, 1);
  sockets[0].say({ $rdx: "credit", rows: 100 });
  assert.deepEqual(timers.waiting, []);
  await writer.write({ n: 1 });
  await until(() => sockets[0].sent.length === 1, 1);
  // Credits are a word too, but no verdict: the connection has the whole time again.
  sockets[0].say({ $rdx: "credit", rows: 1 });
  assert.deepEqual([timers.waiting, timers.made], [[VERDICT_SILENCE_MS], 2]);
  timers.runOut();
  await until(() => sockets.length === 2 && heard.length === 3, 1);
  const [, waiting] = heard;
  assert.ok(waiting.kind === "waiting");
  assert.match(waiting.reason, /no verdict came for 60 s$/);
  sockets[1].say({ $rdx: "credit", rows: 100 });
  await until(() => sockets[1].sent.length === 1, 1);
  assert.deepEqual(sockets[1].sent, sockets[0].sent);
  sockets[1].say({ $rdx: "ack", sequence: 0, accepted: 1, rejected: 0 });
  // Nothing is owed: it may be silent for as long as it likes.
  assert.deepEqual(timers.waiting, []);
  assert.deepEqual(await writer.close(), { accepted: 1, rejected: 0, waiting: 0, reconnects: 1 });
  await client.close();
});
