import assert from "node:assert/strict";
import { RETRY_AFTER_SECONDS } from "../../src/core/limits.ts";
import { SocketClient } from "../server/client.ts";
import { post, toLines } from "./requests.ts";
import type { TestServer } from "./server.ts";

/** One request that was taken: `count` rows with ids from `first` on, at `offset` of the stream. */
export interface Accepted {
  readonly producer: string;
  readonly first: number;
  readonly count: number;
  readonly offset: number;
}

/** What producers share: what was taken, what happened in which order, and until when they send. */
export interface Sending {
  readonly stream: string;
  /** Rows of one request. */
  readonly rows: number;
  /** Time between two requests of one producer. */
  readonly everyMs: number;
  readonly row: (producer: string, id: number) => unknown;
  readonly accepted: Accepted[];
  /**
   * `refused`: HTTP got 429 · `exhausted`: the WebSocket has too few credits for a message · `resumed`: it has enough again ·
   * `busy`: it was refused in spite of its credits.
   */
  readonly events: ("refused" | "exhausted" | "resumed" | "busy")[];
  /** Requests that had been accepted when HTTP was refused for the first time. */
  acceptedAtFirstRefusal: number | null;
  stopping: boolean;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function linesOf({ rows, row }: Sending, producer: string, first: number): string {
  return toLines(Array.from({ length: rows }, (_, i) => row(producer, first + i)));
}

/** Posts rows once; returns after how many seconds to come again, 0 when they were accepted. */
async function postOnce(server: TestServer, sending: Sending, producer: string, first: number): Promise<number> {
  const { rows, stream, accepted, events } = sending;
  const answer = await post(server, stream, linesOf(sending, producer, first));
  if (answer.status === 200) {
    assert.equal(answer.json.accepted, rows, answer.text);
    accepted.push({ producer, first, count: rows, offset: answer.json.offset });
    return 0;
  }
  assert.deepEqual([answer.status, answer.json.type], [429, "/problems/busy"], answer.text);
  events.push("refused");
  sending.acceptedAtFirstRefusal ??= accepted.length;
  const seconds = Number(answer.headers.get("retry-after"));
  assert.equal(seconds, RETRY_AFTER_SECONDS);
  return seconds;
}

/** Posts one request after the other; one that got 429 is sent again after Retry-After. */
export async function sendByHttp(server: TestServer, sending: Sending): Promise<void> {
  for (let first = 0; !sending.stopping; first += sending.rows) {
    for (let seconds; (seconds = await postOnce(server, sending, "http", first)) > 0;) await wait(seconds * 1000);
    await wait(sending.everyMs);
  }
}

/**
 * Sends messages over a WebSocket, each only with credit for all of its rows, and the next when it has its verdict. Whenever it has too few
 * credits it asks by HTTP whether the stream is full.
 */
export async function sendBySocket(server: TestServer, sending: Sending): Promise<void> {
  const { rows, everyMs, stream, accepted, events } = sending, producer = "socket";
  const client = await SocketClient.open(server, `/v1/streams/${stream}/ws`, ["rdx.json.v1"]);
  let credit = 0, asked = 0;
  const next = async () => {
    const message = await client.next();
    if (message.$rdx !== "credit") return message;
    assert.ok(Number.isSafeInteger(message.rows) && message.rows > 0);
    credit += message.rows;
    return null;
  };
  for (let sequence = 0; !sending.stopping;) {
    if (credit < rows) {
      events.push("exhausted");
      if (await postOnce(server, sending, "question", asked) === 0) asked += rows;
      while (credit < rows) assert.equal(await next(), null);
      events.push("resumed");
    }
    const lead = JSON.stringify({ $rdx: { producer, sequence } });
    client.send(`${lead}\n${linesOf(sending, producer, sequence * rows)}`);
    credit -= rows;
    let verdict = null;
    while (verdict === null) verdict = await next();
    assert.equal(verdict.sequence, sequence);
    if (verdict.$rdx === "ack") {
      assert.equal(verdict.accepted, rows);
      accepted.push({ producer, first: sequence * rows, count: rows, offset: verdict.offset });
      sequence++;
      await wait(everyMs);
    } else {
      assert.deepEqual([verdict.$rdx, verdict.type], ["error", "/problems/busy"], JSON.stringify(verdict));
      events.push("busy");
      await wait(RETRY_AFTER_SECONDS * 1000);
    }
  }
  await client.close();
}
