import assert from "node:assert/strict";
import {
  CHUNK_BYTES,
  IN_FLIGHT_CHUNKS_MAX,
  LOG_RETAINED_BYTES_MAX,
  LOG_UNREAD_BYTES_MAX,
} from "../../src/core/limits.ts";
import { filter, plan, source, toStdout } from "./plans.ts";
import { type Accepted, sendByHttp, sendBySocket, type Sending } from "./producers.ts";
import { ask, isHealthy } from "./requests.ts";
import { SlowReader } from "./slow_reader.ts";
import { completed, startServer, type TestServer, until } from "./server.ts";

const MIB = 1 << 20;
const WORKERS = 2;
/** How long the consumer is too slow once the stream is full. */
const FULL_MS = 30_000;
const PRODUCERS = ["http", "socket"];
/** Rows of a request, and about what one of them has as JSON. */
const ROWS = 256, ROW_BYTES = 512;
/** What an isolate (the main thread, each worker) leaves uncollected before V8 looks at the buffers that it holds. */
const UNCOLLECTED_BYTES = 64 * MIB;
/** Copies of a chunk on its way: posted to its task, read into the kernel, written as a frame, and encoded. */
const CHUNK_COPIES = 4;
/** What a full log, full hands and all garbage may add to a server that has nothing to do; measured: 250 to 315 MiB. */
const GROWTH_BYTES_MAX = LOG_UNREAD_BYTES_MAX + LOG_RETAINED_BYTES_MAX +
  WORKERS * IN_FLIGHT_CHUNKS_MAX * CHUNK_COPIES * CHUNK_BYTES + (1 + WORKERS) * UNCOLLECTED_BYTES;

/** What the two producers offer together, and a tenth of it, which the consumer takes. */
const OFFERED_BYTES_PER_SECOND = 20 * MIB;
const TAKEN_BYTES_PER_SECOND = OFFERED_BYTES_PER_SECOND / 10;
const TEXT = "x".repeat(ROW_BYTES - 50);
/** Every so many rows one is not wanted and filtered out. */
const DROPPED_EVERY = 10;

const STREAM = {
  columns: [{ name: "id", type: "int64" }, { name: "producer", type: "string" }, { name: "text", type: "string" }],
};

/** Rows as the output has to have them: all that were accepted, in the order of the log, but for those that are filtered out. */
function expected(accepted: readonly Accepted[]): string[] {
  const rows: string[] = [], inOrder = [...accepted].sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const request of inOrder) {
    assert.equal(request.offset, offset, "the log holds rows that nobody was told of, or lacks some");
    offset += request.count;
    for (let id = request.first; id < request.first + request.count; id++) {
      if (id % DROPPED_EVERY !== 0) rows.push(`${request.producer} ${id}`);
    }
  }
  return rows;
}

/** Says where two long lists differ first. */
function assertSame(actual: readonly string[], wanted: readonly string[]): void {
  const at = actual.findIndex((row, i) => row !== wanted[i]);
  assert.equal(at, -1, `row ${at} of the output is ${actual[at]} and should be ${wanted[at]}`);
  assert.equal(actual.length, wanted.length, "rows at the end are missing");
}

/** Samples the server's memory, in bytes, until it is told to stop. */
function watchMemory(server: TestServer): { readonly samples: readonly number[]; stop(): void } {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(server.rss()), 200);
  return { samples, stop: () => clearInterval(timer) };
}

/** How often the socket had too few credits for a message, while HTTP was refused, and went on when it had more. */
function withheld(events: Sending["events"]): number {
  return events.join(" ").match(/exhausted (refused )+resumed/g)?.length ?? 0;
}

const countOf = (sending: Sending, event: Sending["events"][number]) =>
  sending.events.filter((one) => one === event).length;

/** What was accepted while the stream was full at least once. */
function acceptedWhenFull({ accepted, acceptedAtFirstRefusal }: Sending, producer: string): number {
  return accepted.slice(acceptedAtFirstRefusal ?? Infinity).filter((request) => request.producer === producer).length;
}

/** Whether both producers were held back, and got on all the same. */
function heldBack(sending: Sending): boolean {
  const isServed = (producer: string) => acceptedWhenFull(sending, producer) > countOf(sending, "busy");
  return withheld(sending.events) > 0 && PRODUCERS.every(isServed);
}

Deno.test("a consumer 10 times too slow for half a minute behind a full stream: producers are held back, memory is bounded, nothing is lost or doubled", async () => {
  let output: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  await using server = await startServer({
    args: ["--workers", String(WORKERS)],
    onOutput: (stream) => output = stream,
  });
  await server.put("/v1/streams/rows", STREAM);
  const wanted = {
    call: "ne",
    args: [{ call: "mod", args: [{ column: "id" }, { literal: DROPPED_EVERY }] }, { literal: 0 }],
  };
  await server.put(
    "/v1/pipelines/copy",
    plan(source("rows"), { ...filter("eq", "id", 0), where: wanted }, toStdout("filter")),
  );
  const taken: string[] = [];
  const reader = new SlowReader(output!, TAKEN_BYTES_PER_SECOND, (line) => {
    // What the server says to people at its start comes before all rows.
    if (taken.length === 0 && !line.startsWith("{")) return;
    const { id, producer, text } = JSON.parse(line);
    assert.equal(text, TEXT);
    taken.push(`${producer} ${id}`);
  });
  const sending: Sending = {
    stream: "rows",
    rows: ROWS,
    everyMs: 2 * ROWS * ROW_BYTES * 1000 / OFFERED_BYTES_PER_SECOND,
    row: (producer, id) => ({ id, producer, text: TEXT }),
    accepted: [],
    events: [],
    acceptedAtFirstRefusal: null,
    stopping: false,
  };
  const before = server.rss(), memory = watchMemory(server);
  const producers = Promise.all([sendByHttp(server, sending), sendBySocket(server, sending)]);
  let fullFrom = 0;
  const slowly = async () => {
    await until(() => countOf(sending, "refused") > 0);
    fullFrom = memory.samples.length;
    await new Promise((resolve) => setTimeout(resolve, FULL_MS));
    await until(() => heldBack(sending));
  };
  await Promise.race([producers, slowly()]);
  memory.stop();
  const { unread_bytes } = await server.json<{ unread_bytes: number }>("/v1/streams/rows");
  assert.ok(unread_bytes > LOG_UNREAD_BYTES_MAX / 2 && unread_bytes <= LOG_UNREAD_BYTES_MAX, `${unread_bytes} unread`);
  assert.ok(await isHealthy(server));

  reader.hurry();
  sending.stopping = true;
  await producers;
  await ask(server, "/v1/streams/rows/end", { method: "POST" });
  await completed(server, "copy");
  assert.equal(await server.signal("SIGTERM"), 0, server.errors);
  await reader.finished;
  assertSame(taken, expected(sending.accepted));

  const { samples } = memory, most = Math.max(...samples);
  assert.ok(most - before < GROWTH_BYTES_MAX, `memory grew from ${before / MIB} to ${most / MIB} MiB`);
  const full = samples.slice(fullFrom), third = full.length / 3;
  const early = Math.max(...samples.slice(0, fullFrom + 2 * third)), late = Math.max(...full.slice(2 * third));
  assert.ok(late - early < UNCOLLECTED_BYTES, `memory still grows: ${early / MIB}, then ${late / MIB} MiB`);
});
