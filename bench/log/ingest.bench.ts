/**
 * P5: rows over HTTP and WebSocket until they are acknowledged as durable, 1,000 rows a request. The rival appends the same bodies to a file and calls fdatasync for each
 * group of as many as our clients have under way.
 */
import assert from "node:assert/strict";
import { benchOnce, compare } from "../lib/compare.ts";
import { startServer, type TestServer } from "../../test/e2e/server.ts";

const REQUESTS = 800, ROWS = 1000, UNDER_WAY = 16;
const GATE = 0.6, GOAL = 0.9;

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
function bodies(): Uint8Array<ArrayBuffer>[] {
  const encoder = new TextEncoder();
  return Array.from({ length: REQUESTS }, (_, request) => {
    const rows = Array.from({ length: ROWS }, (_, i) => {
      const n = request * ROWS + i;
      return `{"ts":${1_700_000_000_000 + n},"device":"d${n * 7919 % 500}","value":${(n % 997) / 8},"count":${n}}`;
    });
    return encoder.encode(rows.join("\n"));
  });
}

async function overHttp(server: TestServer, stream: string, all: readonly Uint8Array<ArrayBuffer>[]): Promise<number> {
  let next = 0, rows = 0;
  const send = async () => {
    while (next < all.length) {
      const body = all[next++], headers = { "content-type": "application/x-ndjson" };
      const response = await server.fetch(`/v1/streams/${stream}`, { method: "POST", headers, body });
      const answer = await response.json() as { accepted: number; durability: string };
      assert.equal(answer.durability, "fsync");
      rows += answer.accepted;
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, send));
  return rows;
}

/** Never more under way than the rival's groups have. */
async function overWebSocket(
  server: TestServer,
  stream: string,
  all: readonly Uint8Array<ArrayBuffer>[],
): Promise<number> {
  const url = `${server.url.replace("http", "ws")}/v1/streams/${stream}/ws`;
  const socket = new WebSocket(url, ["rdx.json.v1"]),
    decoder = new TextDecoder(),
    texts = all.map((body) => decoder.decode(body));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let sent = 0, verdicts = 0, rows = 0, credit = 0;
  const send = () => {
    while (sent < texts.length && sent - verdicts < UNDER_WAY && credit >= ROWS) {
      socket.send(texts[sent++]);
      credit -= ROWS;
    }
  };
  socket.onerror = () => reject(new Error("The WebSocket broke"));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.$rdx === "credit") credit += message.rows;
    else if (message.$rdx === "ack") {
      verdicts++;
      rows += message.accepted;
      assert.equal(message.durability, "fsync");
    } else reject(new Error(data));
    if (verdicts === texts.length) resolve(rows);
    send();
  };
  try {
    return await promise;
  } finally {
    socket.close();
  }
}

async function appendAndSync(path: string, all: readonly Uint8Array<ArrayBuffer>[]): Promise<number> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for (let at = 0; at < all.length; at += UNDER_WAY) {
    for (const body of all.slice(at, at + UNDER_WAY)) {
      for (let done = 0; done < body.length;) done += await file.write(body.subarray(done));
    }
    await file.syncData();
  }
  return all.length * ROWS;
}

benchOnce("durable ingest", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-bench-log-", dir: Deno.env.get("RDX_BENCH_FOLDER") });
  try {
    await using server = await startServer({ data: `${folder}/data` });
    const all = bodies(), bytes = all.reduce((sum, { length }) => sum + length, 0);
    let streams = 0;
    const fresh = async () => {
      const stream = `s${streams++}`;
      await server.put(`/v1/streams/${stream}`, STREAM);
      return stream;
    };
    const rival = { name: "append + fdatasync", run: () => timed(() => appendAndSync(`${folder}/rival`, all)) };
    const ours = (send: typeof overHttp) => async () => {
      const stream = await fresh(), result = await timed(() => send(server, stream, all));
      await server.fetch(`/v1/streams/${stream}`, { method: "DELETE" });
      return result;
    };
    const work = {
      events: REQUESTS * ROWS,
      bytes,
      rounds: 3,
      bars: { [rival.name]: { gate: GATE, goal: GOAL } },
      rivals: [rival],
    };
    await compare({
      ...work,
      title: `P5: HTTP until durable, ${ROWS} rows a request, ${UNDER_WAY} under way`,
      ours: { name: "rdx HTTP", run: ours(overHttp) },
    });
    await compare({
      ...work,
      title: `P5: WebSocket until durable, ${ROWS} rows a message, ${UNDER_WAY} under way`,
      ours: { name: "rdx WebSocket", run: ours(overWebSocket) },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function timed(work: () => Promise<number>): Promise<{ answer: number; seconds: number }> {
  const start = performance.now(), answer = await work();
  return { answer, seconds: (performance.now() - start) / 1000 };
}
