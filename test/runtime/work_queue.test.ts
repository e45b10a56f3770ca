import assert from "node:assert/strict";
import { REPORTS_HELD_MAX, TURN_CHUNKS_MAX, TURN_MS } from "../../src/core/limits.ts";
import type { FromTask, ToTask } from "../../src/runtime/protocol.ts";
import { type PackedReports, unpackReports } from "../../src/runtime/report_wire.ts";
import { ReportPort } from "../../src/runtime/task/report_port.ts";
import { selfChannel } from "../../src/runtime/task/self_channel_deno.ts";
import { WorkQueue } from "../../src/runtime/task/work_queue.ts";
import { done } from "./reports.ts";

function mark(pipeline: number, number: number): ToTask {
  return { kind: "mark", pipeline, number, source: 0, watermark: 0 };
}

/** Runs until the queue has handled `count` messages; returns them, with a null where a turn ended. */
async function handled(count: number, fill: (queue: WorkQueue) => void): Promise<(string | null)[]> {
  const log: (string | null)[] = [], { promise, resolve } = Promise.withResolvers<void>(), self = new MessageChannel();
  let left = count;
  const queue = new WorkQueue(({ pipeline, number }) => {
    log.push(`${pipeline}:${number}`);
    if (--left === 0) resolve();
    else if (log.at(-2) === null || log.length === 1) queueMicrotask(() => log.push(null));
    return "nothing";
  }, self);
  fill(queue);
  await promise;
  self.port1.close();
  return log;
}

Deno.test("pipelines take turns, and the order in each stays", async () => {
  const log = await handled(5, (queue) => queue.add([mark(1, 1), mark(1, 2), mark(1, 3), mark(2, 7), mark(2, 8)]));
  assert.deepEqual(log.filter((entry) => entry !== null), ["1:1", "2:7", "1:2", "2:8", "1:3"]);
});

Deno.test("after a turn's chunks everything else has its turn, and what comes meanwhile waits behind", async () => {
  const log = await handled(2 * TURN_CHUNKS_MAX + 2, (queue) => {
    queue.add(Array.from({ length: TURN_CHUNKS_MAX + 1 }, (_, i) => mark(1, i)));
    queue.add(Array.from({ length: TURN_CHUNKS_MAX + 1 }, (_, i) => mark(1, 100 + i)));
  });
  const first = Array.from({ length: TURN_CHUNKS_MAX + 1 }, (_, i) => `1:${i}`);
  const second = Array.from({ length: TURN_CHUNKS_MAX + 1 }, (_, i) => `1:${100 + i}`), all = [...first, ...second];
  assert.deepEqual(log.filter((entry) => entry !== null), all);
  assert.equal(log[TURN_CHUNKS_MAX], null, "the first turn ends after TURN_CHUNKS_MAX");
});

Deno.test("a chunk that took long ends a turn", async () => {
  const log: number[] = [], { promise, resolve } = Promise.withResolvers<void>(), self = new MessageChannel();
  let nowMs = 0;
  const handle = ({ number }: { readonly number: number }) => {
    log.push(number);
    nowMs += TURN_MS / 2;
    if (number === 4) resolve();
    return "nothing" as const;
  };
  const queue = new WorkQueue(handle, self, () => nowMs);
  queue.add([mark(1, 1), mark(1, 2), mark(1, 3), mark(1, 4)]);
  assert.deepEqual(log, [1, 2]);
  await promise;
  self.port1.close();
  assert.deepEqual(log, [1, 2, 3, 4]);
});

Deno.test("a worker that goes on without an end hears what else comes to it, behind few of its turns", async () => {
  const { port1, port2 } = new MessageChannel(), { promise, resolve } = Promise.withResolvers<void>();
  const self = selfChannel();
  let turns = 0, goesOn = true;
  self.port1.onmessage = () => {
    if (goesOn && ++turns < 10_000) self.port2.postMessage(null);
    else resolve();
  };
  port1.onmessage = () => {
    goesOn = false;
    resolve();
  };
  self.port2.postMessage(null);
  port2.postMessage("a request");
  await promise;
  port1.close();
  (self.port1 as MessagePort).close();
  assert.ok(turns < 1000, `it was heard behind ${turns} turns`);
});

Deno.test("what a removed pipeline was to do is forgotten", async () => {
  const log = await handled(TURN_CHUNKS_MAX + 1, (queue) => {
    queue.add(Array.from({ length: 2 * TURN_CHUNKS_MAX }, (_, i) => mark(1, i)));
    assert.equal(queue.has(1), true);
    queue.drop(1);
    assert.equal(queue.has(1), false);
    queue.add([mark(2, 5)]);
  });
  assert.equal(log.at(-1), "2:5");
});

Deno.test("what is left of a message comes again in front of what is behind it, while other pipelines have their turns", async () => {
  const log: string[] = [], { promise, resolve } = Promise.withResolvers<void>(), self = new MessageChannel();
  let steps = 3;
  const queue = new WorkQueue(({ pipeline, number }) => {
    log.push(`${pipeline}:${number}`);
    if (log.length === 6) resolve();
    return pipeline === 1 && number === 1 && --steps > 0 ? "more" : "nothing";
  }, self);
  queue.add([mark(1, 1), mark(1, 2), mark(2, 7), mark(2, 8)]);
  await promise;
  self.port1.close();
  assert.deepEqual(log, ["1:1", "2:7", "1:1", "2:8", "1:1", "1:2"]);
});

Deno.test("a pipeline that waits is handed nothing until it is woken, and then what it put off first", async () => {
  const log: string[] = [], { promise, resolve } = Promise.withResolvers<void>(), self = new MessageChannel();
  let left: "wait" | "nothing" = "wait";
  const queue = new WorkQueue(({ pipeline, number }) => {
    log.push(`${pipeline}:${number}`);
    if (number === 2) resolve();
    return pipeline === 1 ? left : "nothing";
  }, self);
  queue.add([mark(1, 1), mark(2, 7)]);
  queue.add([mark(1, 2), mark(2, 8)]);
  queue.wake(2);
  assert.deepEqual(log, ["1:1", "2:7", "2:8"]);
  assert.equal(queue.has(1), false);
  left = "nothing";
  queue.wake(1);
  await promise;
  self.port1.close();
  assert.deepEqual(log, ["1:1", "2:7", "2:8", "1:1", "1:2"]);
});

/** What a ReportPort posts, message by message. */
class Posted {
  readonly messages: FromTask[][] = [];
  readonly port = new ReportPort({
    postMessage: (reports: PackedReports) => this.messages.push([...unpackReports(reports)]),
  } as unknown as MessagePort);

  get lengths(): number[] {
    return this.messages.map((message) => message.length);
  }
}

Deno.test("reports of one turn travel together", async () => {
  const posted = new Posted();
  for (let number = 0; number < 3; number++) posted.port.send(done({ number }), [], false);
  await null;
  assert.deepEqual(posted.lengths, [3]);
});

Deno.test("reports without results wait while their task goes on, and leave with the first that does not wait", async () => {
  const posted = new Posted(), frame = new ArrayBuffer(8);
  posted.port.send(done({ number: 1 }), [], true);
  await null;
  posted.port.send(done({ number: 2 }), [], true);
  await null;
  assert.deepEqual(posted.lengths, []);
  posted.port.send({ ...done({ number: 3 }), outputs: [{ sink: 0, frame, rows: 1, windows: null }] }, [frame], true);
  await null;
  assert.deepEqual(posted.lengths, [3], "a result waits for nothing");
  posted.port.send(done({ number: 4 }), [], true);
  await null;
  posted.port.send(done({ pipeline: 2, number: 9 }), [], false);
  await null;
  assert.deepEqual(posted.lengths, [3, 2], "another pipeline's last report takes them along");
  posted.port.send(done({ number: 5 }), [], true);
  await null;
  posted.port.send(
    { kind: "failed", pipeline: 1, number: 6, task: 0, node: null, stalled: false, reason: "x" },
    [],
    true,
  );
  await null;
  assert.deepEqual(posted.lengths, [3, 2, 2], "a failed task says nothing more");
});

Deno.test("no more reports wait than their bound", async () => {
  const posted = new Posted();
  for (let number = 0; number < REPORTS_HELD_MAX; number++) {
    posted.port.send(done({ number }), [], true);
    await null;
  }
  assert.deepEqual(posted.lengths, [REPORTS_HELD_MAX]);
});
