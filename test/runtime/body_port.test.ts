import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import {
  BODIES_TOGETHER_BYTES,
  BODIES_TOGETHER_MAX,
  BODY_MESSAGES_MAX,
  BODY_SHAPES_MAX,
} from "../../src/core/limits.ts";
import { type Column, INT64 } from "../../src/core/schema.ts";
import { BodyPort } from "../../src/runtime/body_port.ts";
import { type BodyMessage, ShapeNumbers, ToldShapes } from "../../src/runtime/body_wire.ts";
import type { BodyAnswer, DecodeJob } from "../../src/runtime/protocol.ts";

const COLUMNS: readonly Column[] = [{ name: "n", type: INT64, nullable: false }];

function job(more: Partial<DecodeJob> = {}): DecodeJob {
  const shape = { stream: "s", schema: 1, columns: COLUMNS, format: "ndjson" as const, options: {} };
  return { ...shape, body: new Uint8Array(8), widen: false, bound: null, sums: true, pack: false, ...more };
}

/** A port, and a worker that answers a message when it is told to: with the number of the body's bytes as its rows. */
function portAndWorker() {
  const { port1, port2 } = new MessageChannel(), came: BodyMessage[][] = [], waiting: (() => void)[] = [];
  const port = new BodyPort(port1, () => assert.fail("an answer could not be read"));
  port2.onmessage = ({ data }) => {
    came.push(data);
    for (const wake of waiting.splice(0)) wake();
  };
  const answer = (messages: readonly BodyMessage[]) =>
    port2.postMessage(messages.map(({ id, body }): BodyAnswer => {
      const nothing = { rejected: 0, errors: [], dead: [], fatal: false };
      return { id, result: { kind: "decoded", frames: [], sums: [], rows: body.length, ...nothing } };
    }));
  const messages = async (count: number) => {
    while (came.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return came;
  };
  return { port, answer, messages, came, close: () => port2.close() };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 20));

Deno.test("bodies of one turn travel together, and wait while the worker has enough to do", async () => {
  const { port, answer, messages, came } = portAndWorker(), all = BODIES_TOGETHER_MAX * (BODY_MESSAGES_MAX + 1) + 1;
  const results = Array.from({ length: all }, (_, i) => port.decode(job({ body: new Uint8Array(i + 1) })));
  await messages(BODY_MESSAGES_MAX);
  await turns();
  assert.deepEqual(came.map(({ length }) => length), Array(BODY_MESSAGES_MAX).fill(BODIES_TOGETHER_MAX));
  assert.equal(port.decoding, all);
  for (let i = 0; i < BODY_MESSAGES_MAX + 2; i++) answer((await messages(i + 1))[i]);
  const rows = (await Promise.all(results)).map((result) => result.kind === "decoded" ? result.rows : -1);
  assert.deepEqual(rows, Array.from({ length: all }, (_, i) => i + 1));
  assert.equal(came.length, BODY_MESSAGES_MAX + 2);
  assert.equal(port.decoding, 0);
  port.leave(new Error("done"));
});

Deno.test("large bodies travel in messages of their own", async () => {
  const { port, answer, messages } = portAndWorker(), bytes = BODIES_TOGETHER_BYTES * 2 / 3;
  const results = [bytes, bytes].map((length) => port.decode(job({ body: new Uint8Array(length) })));
  for (let i = 0; i < 2; i++) {
    const message = (await messages(i + 1))[i];
    assert.equal(message.length, 1);
    answer(message);
  }
  await Promise.all(results);
  port.leave(new Error("done"));
});

Deno.test("a body that cannot be handed over is refused alone", async () => {
  const { port, answer, messages } = portAndWorker(), taken = new Uint8Array(8);
  structuredClone(taken, { transfer: [taken.buffer] });
  const [before, refused, behind] = [job(), job({ body: taken }), job()].map((one) => port.decode(one));
  await assert.rejects(refused);
  for (let i = 0; i < 2; i++) answer((await messages(i + 1))[i]);
  for (const { kind } of await Promise.all([before, behind])) assert.equal(kind, "decoded");
  const told = (await messages(2)).flat().map(({ fresh }) => fresh !== null);
  assert.equal(told[0], true, "the worker was not told what the body is");
  port.leave(new Error("done"));
});

Deno.test("what a worker has not answered fails when it is gone, and so does what comes later", async () => {
  const { port, messages, close } = portAndWorker(), first = port.decode(job());
  await messages(1);
  const second = port.decode(job());
  port.leave(new Error("It died"));
  for (const one of [first, second, port.decode(job())]) await assert.rejects(one, /It died/);
  close();
});

Deno.test("a worker knows what each body is, however many kinds of them there are and whatever was not delivered", () => {
  const stream = fc.nat(BODY_SHAPES_MAX + 20), step = fc.tuple(stream, fc.integer({ min: 0, max: 9 }));
  fc.assert(fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
    const numbers = new ShapeNumbers(), told = new ToldShapes();
    let fresh = 0;
    steps.forEach(([stream, lost], id) => {
      const sent = job({ stream: `s${stream}` }), message = numbers.message(id, sent);
      if (message.fresh) fresh++;
      if (lost === 0) return numbers.forget();
      assert.deepEqual(told.job(message), sent);
    });
    const kinds = new Set(steps.map(([stream]) => stream)).size;
    if (kinds <= BODY_SHAPES_MAX && steps.every(([, lost]) => lost > 0)) assert.equal(fresh, kinds);
  }));
});
