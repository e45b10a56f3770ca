/**
 * P5: rows over HTTP and WebSocket until they are acknowledged as durable, 1,000 rows a request. The rival appends the same bodies to a file and calls fdatasync for each
 * group of as many as our clients have under way. The rival has no clients, and no way to them; what these cost is told by a second one, without a bar: the same requests of the
 * same clients to a server that does no more than that (plain_server.ts). Both servers have answered some thousand requests before: what a server does best is compiled
 * after so many. The clients run in the process of the bench: how busy they and the server are says which of them a figure is about.
 */
import assert from "node:assert/strict";
import { benchOnce, compare, type Timed } from "../lib/compare.ts";
import { httpRequests, sendHttp, sendWebSocket, type Verdict, webSocketMessages } from "../lib/plain_clients.ts";
import { sayDisk } from "../lib/disk.ts";
import { ProcessorShares } from "../lib/processor_time.ts";
import { startServer, type TestServer } from "../../test/e2e/server.ts";

const ROWS = 1000, ROUNDS = 5;
/** Requests of a run, by how many are under way. */
const REQUESTS: readonly [underWay: number, requests: number][] = [[1, 600], [8, 800], [64, 1600]];
/** Before anything is timed, in each way. */
const WARM_REQUESTS = 3000, WARM_UNDER_WAY = 4;
const GATE = 0.6, GOAL = 0.9;

/** As `deno task serve` starts it. */
const SERVE_FLAGS = ["--initial-old-space-size=128"];

const STREAM = {
  columns: [
    { name: "ts", type: "timestamp", nullable: false },
    { name: "device", type: "string", nullable: false },
    { name: "value", type: "double", nullable: false },
    { name: "count", type: "int64", nullable: false },
  ],
  time: "ts",
  future_skew_ms: 0,
};

/** Different bodies, so that nothing is stored twice. */
function bodies(requests: number): Uint8Array<ArrayBuffer>[] {
  const encoder = new TextEncoder();
  return Array.from({ length: requests }, (_, request) => {
    const rows = Array.from({ length: ROWS }, (_, i) => {
      const n = request * ROWS + i;
      return `{"ts":${1_700_000_000_000 + n},"device":"d${n * 7919 % 500}","value":${(n % 997) / 8},"count":${n}}`;
    });
    return encoder.encode(rows.join("\n"));
  });
}

async function appendAndSync(path: string, all: readonly Uint8Array[], group: number): Promise<number> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for (let at = 0; at < all.length; at += group) {
    for (const body of all.slice(at, at + group)) {
      for (let done = 0; done < body.length;) done += await file.write(body.subarray(done));
    }
    await file.syncData();
  }
  return all.length * ROWS;
}

/** Rows that were acknowledged. */
class Accepted {
  rows = 0;

  readonly count = ({ accepted, durability }: Verdict) => {
    assert.equal(durability, "fsync");
    this.rows += accepted;
  };
}

async function sendPlain(url: string, all: readonly Uint8Array[], underWay: number): Promise<number> {
  const accepted = new Accepted();
  await sendHttp(url, httpRequests(url, "s", all), underWay, accepted.count);
  return accepted.rows;
}

/** Times what `prepare` makes ready for a stream that nobody has used. */
async function onFreshStream(
  server: TestServer,
  prepare: (stream: string) => (answered: (verdict: Verdict) => void) => Promise<void>,
): Promise<Timed<number>> {
  const stream = `s${crypto.randomUUID()}`, accepted = new Accepted(), send = prepare(stream);
  await server.put(`/v1/streams/${stream}`, STREAM);
  const result = await timed(async () => {
    await send(accepted.count);
    return accepted.rows;
  });
  await server.fetch(`/v1/streams/${stream}`, { method: "DELETE" });
  return result;
}

async function warm({ server, plainUrl }: Servers): Promise<void> {
  const all = bodies(WARM_REQUESTS), messages = webSocketMessages(all), { url } = server, underWay = WARM_UNDER_WAY;
  await onFreshStream(
    server,
    (stream) => (answered) => sendHttp(url, httpRequests(url, stream, all), underWay, answered),
  );
  await onFreshStream(server, (stream) => (answered) => {
    return sendWebSocket(url, stream, { messages, rows: ROWS, underWay }, answered);
  });
  await sendPlain(plainUrl, all, underWay);
}

/** A server that only appends and syncs. */
async function startPlain(path: string) {
  const script = new URL("../lib/plain_server.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--no-lock", script, path], stdout: "piped" })
    .spawn();
  const reader = child.stdout.getReader(), { value } = await reader.read();
  return {
    url: `http://127.0.0.1:${new TextDecoder().decode(value).trim()}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

interface Servers {
  readonly server: TestServer;
  readonly plainUrl: string;
}

async function compareBoth(
  { server, plainUrl }: Servers,
  folder: string,
  underWay: number,
  requests: number,
): Promise<void> {
  const all = bodies(requests), messages = webSocketMessages(all), { url } = server;
  const rival = {
    name: "append + fdatasync",
    run: () => timed(() => appendAndSync(`${folder}/rival`, all, underWay)),
  };
  const plain = {
    name: "the same behind a plain server",
    run: () => timed(() => sendPlain(plainUrl, all, underWay)),
  };
  const work = {
    events: requests * ROWS,
    bytes: all.reduce((sum, { length }) => sum + length, 0),
    rounds: ROUNDS,
    bars: { [rival.name]: { gate: GATE, goal: GOAL } },
    rivals: [rival, plain],
  };
  const http = (stream: string) => {
    const ready = httpRequests(url, stream, all);
    return (answered: (verdict: Verdict) => void) => sendHttp(url, ready, underWay, answered);
  };
  const webSocket = (stream: string) => (answered: (verdict: Verdict) => void) =>
    sendWebSocket(url, stream, { messages, rows: ROWS, underWay }, answered);
  const compareWay = async (name: string, what: string, prepare: typeof http) => {
    const shares = new ProcessorShares(server.pid);
    const title = `P5: ${name} until durable, ${ROWS} rows a ${what}, ${underWay} under way`;
    const run = () => shares.during(() => onFreshStream(server, prepare));
    await compare({ ...work, title, ours: { name: `rdx ${name}`, run } });
    shares.say();
  };
  await compareWay("HTTP", "request", http);
  await compareWay("WebSocket", "message", webSocket);
}

benchOnce("durable ingest", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-log-", dir: Deno.env.get("RDX_BENCH_FOLDER") });
  try {
    await sayDisk(folder);
    await using server = await startServer({ data: `${folder}/data`, v8Flags: SERVE_FLAGS });
    await using plain = await startPlain(`${folder}/plain`);
    const servers = { server, plainUrl: plain.url };
    await warm(servers);
    for (const [underWay, requests] of REQUESTS) await compareBoth(servers, folder, underWay, requests);
    await sayDisk(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function timed(work: () => Promise<number>): Promise<Timed<number>> {
  const start = performance.now(), answer = await work();
  return { answer, seconds: (performance.now() - start) / 1000 };
}
