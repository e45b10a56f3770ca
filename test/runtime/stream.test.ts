import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { RdxError } from "../../src/core/errors.ts";
import { FrameView } from "../../src/core/frame.ts";
import { BODIES_BYTES_MAX } from "../../src/core/limits.ts";
import { type Column, DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import { memoryLogs } from "../../src/log/memory.ts";
import { DEAD_COLUMNS } from "../../src/runtime/dead_letters.ts";
import type { DecodeJob, DecodeResult } from "../../src/runtime/protocol.ts";
import type { IngestAnswer, IngestRequest, StreamDeclaration } from "../../src/runtime/service.ts";
import { Streams } from "../../src/runtime/streams.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { SimClock } from "../sim/clock.ts";
import { frameOfRows, textOfRanges } from "./rows.ts";

const N: Column = { name: "n", type: INT64, nullable: false };
const DECLARED: StreamDeclaration = {
  columns: [N],
  time: null,
  delayMs: 0,
  futureSkewMs: 3_600_000,
  onError: "dead_letter",
  retentionMs: null,
};

const encoder = new TextEncoder(), decoder = new TextDecoder();

/**
 * Decodes bodies of words: a number is a row, `bad` a row that is not, `fatal` ends the body, `refuse` breaks the decoder; `wide`
 * and `more` ask for a wider type and another column while the schema has none.
 */
function decodeWords({ body, columns, widen }: DecodeJob): DecodeResult {
  const words = decoder.decode(body.subarray(0, 1000)).split(" ").filter((word) => word !== "");
  if (words.includes("refuse")) return { kind: "refused", code: "too_large", reason: "The body is too much" };
  if (widen && columns.length === 0) return { kind: "widen", columns: [N], body };
  if (widen && words.includes("wide") && columns[0].type.kind !== "double") {
    return { kind: "widen", columns: [{ ...N, type: DOUBLE }], body };
  }
  if (widen && words.includes("more") && columns.length < 2) {
    return { kind: "widen", columns: [N, { name: "m", type: STRING, nullable: true }], body };
  }
  const numbers = words.filter((word) => /^\d+$/.test(word)), bad = words.filter((word) => word === "bad");
  const rows = numbers.map((
    word,
  ) => [columns[0].type.kind === "double" ? Number(word) : BigInt(word), ...columns.slice(1).map(() => "")]);
  const errors = bad.map((_, i) => ({
    line: i + 1,
    column: 1,
    field: "n",
    reason: "It is bad",
    start: 0,
    end: 3,
    mismatch: false,
  }));
  return {
    kind: "decoded",
    frames: rows.length > 0 ? [frameOfRows(columns, rows)] : [],
    sums: [],
    rows: rows.length,
    rejected: bad.length,
    errors,
    dead: bad.length > 0
      ? [frameOfRows(DEAD_COLUMNS, bad.map((word, i) => [0n, BigInt(i + 1), "n", "It is bad", word, 0n]))]
      : [],
    fatal: words.includes("fatal"),
  };
}

interface Waiting {
  readonly job: DecodeJob;
  readonly answer: () => void;
}

class World {
  readonly clock = new SimClock(5000);
  readonly registry = new MetricRegistry();
  /** Decodings that wait until a test lets them go on; null: they do not wait. */
  waiting: Waiting[] | null = null;
  decoded = 0;
  readonly streams: Streams;

  constructor(bounds: { unreadBytesMax?: number } = {}) {
    this.streams = new Streams({
      createLog: memoryLogs(this.clock, bounds),
      clock: this.clock,
      metrics: engineMetrics(this.registry),
      decode: (job) => this.#decode(job),
    });
  }

  #decode(job: DecodeJob): Promise<DecodeResult> {
    this.decoded++;
    if (!this.waiting) return Promise.resolve(decodeWords(job));
    const { promise, resolve } = Promise.withResolvers<DecodeResult>();
    this.waiting.push({ job, answer: () => resolve(decodeWords(job)) });
    return promise;
  }

  send(words: string, more: Partial<IngestRequest> = {}, name = "s"): Promise<IngestAnswer> {
    return this.streams.ingest(name, { body: encoder.encode(words), format: "ndjson", autoCreate: false, ...more });
  }

  async rows(name = "s"): Promise<string[]> {
    return textOfRanges((await this.streams.rows(name, 1000)).ranges).reverse();
  }
}

function declared(declaration: Partial<StreamDeclaration> = {}, bounds = {}): World {
  const world = new World(bounds);
  world.streams.put("s", { ...DECLARED, ...declaration });
  return world;
}

async function pause(): Promise<void> {
  // Digests are made outside of this thread.
  await new Promise((resolve) => setTimeout(resolve, 1));
}

Deno.test("requests enter in the order in which they came, in whatever order they are decoded", async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), async (order) => {
      const world = declared();
      world.waiting = [];
      const answers = order.map((_, i) =>
        world.send(i === 2 ? "bad" : i === 4 ? "refuse" : `${i} ${i + 10}`).catch((thrown) => thrown.code)
      );
      await null;
      for (const i of order) {
        world.waiting.find(({ job }) =>
          decoder.decode(job.body) === (i === 2 ? "bad" : i === 4 ? "refuse" : `${i} ${i + 10}`)
        )!.answer();
        await null;
      }
      const offsets = (await Promise.all(answers)).map((answer) => answer.offset ?? answer);
      assert.deepEqual(offsets, [0, 2, "invalid", 4, "too_large", 6]);
      assert.deepEqual(await world.rows(), ["0n", "10n", "1n", "11n", "3n", "13n", "5n", "15n"]);
    }),
    { numRuns: 20 },
  );
});

Deno.test("a repetition of a numbered batch gets its first answer and stores nothing", async () => {
  const world = declared();
  const first = await world.send("1 2", { producer: "p", sequence: 0 });
  await world.send("3", { producer: "p", sequence: 1 });
  assert.deepEqual(await world.send("1 2", { producer: "p", sequence: 0 }), { ...first, duplicate: true });
  assert.deepEqual(await world.rows(), ["1n", "2n", "3n"]);
  assert.equal(world.streams.get("s").rowsIn, 3);
});

Deno.test("a gap in a producer's numbers is a conflict that says what comes next, and so is other content, without", async () => {
  const world = declared();
  await world.send("1", { producer: "p", sequence: 0 });
  await assert.rejects(world.send("9", { producer: "p", sequence: 2 }), { code: "conflict", extra: { expected: 1 } });
  await assert.rejects(world.send("2", { producer: "p", sequence: 0 }), { code: "conflict", extra: {} });
  await world.send("2", { producer: "q", sequence: 0 });
  assert.deepEqual(await world.rows(), ["1n", "2n"]);
});

Deno.test("concurrent repetitions of one numbered batch store it once", async () => {
  const world = declared();
  world.waiting = [];
  const answers = [0, 1, 2].map(() => world.send("7", { producer: "p", sequence: 0 }));
  while (world.waiting.length < 3) await pause();
  for (const { answer } of [...world.waiting].reverse()) answer();
  assert.deepEqual((await Promise.all(answers)).map(({ duplicate }) => duplicate), [undefined, true, true]);
  assert.deepEqual(await world.rows(), ["7n"]);
});

Deno.test("a numbered batch that was refused keeps its verdict, and the producer goes on behind it", async () => {
  const world = declared({ onError: "reject" });
  const refused = { code: "invalid", extra: { rejected: 1, accepted: 0 } };
  await assert.rejects(world.send("1 bad", { producer: "p", sequence: 0 }), refused);
  await assert.rejects(world.send("1 bad", { producer: "p", sequence: 0 }), refused);
  await assert.rejects(world.send("1", { producer: "p", sequence: 0 }), { code: "conflict" });
  assert.equal((await world.send("2", { producer: "p", sequence: 1 })).offset, 0);
  assert.deepEqual(await world.rows(), ["2n"]);
});

Deno.test("the first numbered batch of a new stream keeps its verdict too", async () => {
  const world = new World(), first = { producer: "p", sequence: 0, autoCreate: true };
  await assert.rejects(world.send("bad", first), { code: "invalid" });
  await world.send("1", { producer: "p", sequence: 1, autoCreate: true });
  assert.deepEqual(await world.rows(), ["1n"]);
});

Deno.test("a stream that rejects stores nothing of a request with a bad row, one with dead letters the others", async () => {
  const strict = declared({ onError: "reject" }), lenient = declared();
  await assert.rejects(strict.send("1 bad 2"), (thrown: RdxError) => {
    assert.equal(thrown.code, "invalid");
    assert.deepEqual(thrown.details, [{ line: 1, column: 1, field: "n", reason: "It is bad" }]);
    return true;
  });
  assert.deepEqual(await strict.rows(), []);
  assert.equal(strict.streams.find("s.dead"), null);
  await lenient.send("5");
  const answer = await lenient.send("1 bad 2 bad");
  assert.deepEqual([answer.accepted, answer.rejected, answer.offset, answer.errors.length], [2, 2, 1, 2]);
  assert.deepEqual(await lenient.rows(), ["5n", "1n", "2n"]);
  assert.deepEqual(await lenient.rows("s.dead"), [
    '1n 1n "n" "It is bad" "bad" 5000n null null null null',
    '1n 2n "n" "It is bad" "bad" 5000n null null null null',
  ]);
  assert.equal(lenient.streams.get("s").deadRows, 2);
});

Deno.test("a body without a good row, or one that breaks off, is refused as a whole", async () => {
  const world = declared();
  await assert.rejects(world.send("bad bad"), { code: "invalid" });
  await assert.rejects(world.send("1 bad fatal"), { code: "invalid" });
  assert.deepEqual(await world.rows(), []);
  assert.equal(world.streams.find("s.dead"), null, "what was refused leaves no dead letters");
});

Deno.test("an empty body is accepted and stores nothing", async () => {
  const world = declared();
  const answer = await world.send("");
  assert.deepEqual([answer.accepted, answer.rejected, answer.offset], [0, 0, 0]);
});

Deno.test("dead letters that have no place refuse the request before anything is stored", async () => {
  const world = declared();
  for (let i = 0; i < 1023; i++) world.streams.put(`other${i}`, DECLARED);
  await assert.rejects(world.send("1 bad"), { code: "busy" });
  assert.deepEqual(await world.rows(), []);
});

Deno.test("a stream with the longest name has dead letters too", async () => {
  const world = new World(), name = "s".repeat(128);
  world.streams.put(name, DECLARED);
  await world.send("1 bad", {}, name);
  assert.equal((await world.rows(`${name}.dead`)).length, 1);
});

Deno.test("wider schemas that are found at the same time are merged, each column in its place", async () => {
  const world = new World();
  world.waiting = [];
  const answers = ["1", "2 wide", "3 more"].map((words) => world.send(words, { autoCreate: true }));
  for (let rounds = 0; rounds < 20; rounds++) {
    await null;
    for (const { answer } of world.waiting.splice(0).reverse()) answer();
  }
  await Promise.all(answers);
  const { columns, schemaVersion } = world.streams.get("s");
  assert.deepEqual(columns.map(({ name, type }) => [name, type.kind]), [["n", "double"], ["m", "string"]]);
  assert.equal(schemaVersion, 4);
  const types = (await world.streams.rows("s", 10)).ranges.map(({ frame }) =>
    new FrameView(frame).types.map(({ kind }) => kind)
  );
  assert.ok(types.every((kinds) => kinds.length <= 2 && ["int64", "double"].includes(kinds[0])));
});

Deno.test("each record says under which version of the schema it was decoded", async () => {
  const world = declared(), { log } = world.streams.find("s")!, reader = log.reader("earliest");
  world.waiting = [];
  const answer = world.send("1");
  world.streams.put("s", { ...DECLARED, columns: [N, { name: "m", type: STRING, nullable: true }] });
  world.waiting[0].answer();
  await answer;
  assert.equal(world.streams.get("s").schemaVersion, 2);
  assert.equal(reader.next()!.schema, 1);
});

Deno.test("a stream whose first rows are all bad is gone again, unless others are on their way into it", async () => {
  const world = new World();
  await assert.rejects(world.send("bad", { autoCreate: true }), { code: "invalid" });
  assert.equal(world.streams.find("s"), null);
  world.waiting = [];
  const bad = assert.rejects(world.send("bad", { autoCreate: true }), { code: "invalid" });
  const good = world.send("1", { autoCreate: true });
  for (let rounds = 0; rounds < 20; rounds++) {
    await null;
    for (const { answer } of world.waiting.splice(0)) answer();
  }
  await bad;
  assert.equal((await good).accepted, 1);
  assert.deepEqual(await world.rows(), ["1n"]);
});

Deno.test("bodies that no pipeline has room for are refused before they are decoded, until there is room", async () => {
  const world = declared({}, { unreadBytesMax: 2000 }), reader = world.streams.find("s")!.log.reader("earliest");
  assert.ok(world.streams.credit("s") > 0);
  let accepted = 0, busy = false;
  while (!busy) {
    assert.ok(accepted < 100);
    await world.send(String(accepted)).then(() => accepted++, ({ code }) => busy = code === "busy");
  }
  assert.ok(accepted > 1);
  const { decoded } = world;
  await assert.rejects(world.send("9".repeat(1900)), { code: "busy" });
  assert.equal(world.decoded, decoded);
  while (reader.next());
  reader.release(accepted);
  assert.equal((await world.send("3")).offset, accepted);
});

Deno.test("bodies that are being decoded at one time are bounded", async () => {
  const world = declared();
  world.waiting = [];
  const body = () => encoder.encode("1".padEnd(BODIES_BYTES_MAX / 3 + 1));
  const sent = [0, 1].map(() => world.send("", { body: body() }));
  await assert.rejects(world.send("", { body: body() }), { code: "busy" });
  await null;
  for (const { answer } of world.waiting) answer();
  await Promise.all(sent);
  world.waiting = null;
  await world.send("", { body: body() });
  assert.equal((await world.rows()).length, 3);
});

Deno.test("a failure of the decoder is the sender's answer and stops nobody behind it", async () => {
  const world = declared();
  const answers = await Promise.allSettled([world.send("1"), world.send("refuse"), world.send("2")]);
  assert.deepEqual(answers.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(await world.rows(), ["1n", "2n"]);
});

Deno.test("the end of a stream comes behind what was sent before it, and refuses what comes after", async () => {
  const world = declared();
  world.waiting = [];
  const before = world.send("1"),
    end = world.streams.end("s"),
    after = assert.rejects(world.send("2"), { code: "conflict" });
  await null;
  for (const { answer } of world.waiting.reverse()) answer();
  await Promise.all([before, end, after]);
  await world.streams.end("s");
  assert.deepEqual(await world.rows(), ["1n"]);
  assert.equal(world.streams.get("s").ended, true);
  assert.equal(world.streams.credit("s"), 0);
});

Deno.test("while the engine stops, what came before is stored and what comes after refused", async () => {
  const world = declared();
  world.waiting = [];
  const before = world.send("1"), stopped = world.streams.stop();
  await assert.rejects(world.send("2"), { code: "closing" });
  world.waiting[0].answer();
  await Promise.all([before, stopped]);
  assert.deepEqual(await world.rows(), ["1n"]);
});

Deno.test("a stream that is read cannot be deleted, and a deleted one leaves no metrics", async () => {
  const world = declared();
  await world.send("1 bad");
  const stream = world.streams.find("s")!;
  stream.readers.add("p");
  assert.throws(() => world.streams.delete("s"), { code: "conflict" });
  stream.readers.delete("p");
  assert.match(world.registry.render(), /stream="s"/);
  world.streams.delete("s");
  assert.doesNotMatch(world.registry.render(), /stream="s"/);
});

Deno.test("declaring again may add columns and nothing else", () => {
  const world = declared();
  const more = [N, { name: "m", type: STRING, nullable: true }];
  assert.deepEqual(world.streams.put("s", { ...DECLARED, columns: more }).stream.schemaVersion, 2);
  assert.throws(() => world.streams.put("s", DECLARED), { code: "conflict" });
  assert.throws(() => world.streams.put("s", { ...DECLARED, columns: [{ ...N, type: STRING }, more[1]] }), {
    code: "conflict",
  });
  assert.throws(() => world.streams.put("s", { ...DECLARED, columns: more, time: "m" }), { code: "invalid_plan" });
});

Deno.test("names that cannot be names are refused", () => {
  const world = new World();
  for (const name of ["", "a b", "1a", "x".repeat(129), "../x"]) {
    assert.throws(() => world.streams.put(name, DECLARED), { code: "invalid_plan" });
  }
  world.streams.put("__proto__", DECLARED);
  assert.equal(world.streams.list().length, 1);
});
