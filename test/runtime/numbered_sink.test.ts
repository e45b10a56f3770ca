import assert from "node:assert/strict";
import { NumberedSink } from "../../src/runtime/numbered_sink.ts";
import { closeSinks } from "../../src/runtime/open_sinks.ts";
import { SINK_CLOSE_MS_MAX } from "../../src/core/limits.ts";
import type { OutputBatch, Sink } from "../../src/sink.ts";
import { SimClock } from "../sim/clock.ts";
import { sinkOutput } from "../contract/sink.ts";

/** Says that it has committed up to a number, and keeps the numbers that come. */
class KnowingSink implements Sink {
  readonly guarantee = "exactly once";
  readonly place = { run: "r" };
  readonly written: number[] = [];
  openedWith: unknown = null;
  hang: PromiseWithResolvers<void> | null = null;
  closed = 0;

  constructor(readonly committed: number) {}

  open(place?: unknown): Promise<number> {
    this.openedWith = place;
    return Promise.resolve(this.committed);
  }

  async write({ number }: OutputBatch): Promise<void> {
    await this.hang?.promise;
    this.written.push(number);
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  giveUp(): void {
    this.hang?.reject(new Error("given up"));
  }
}

Deno.test("outputs that a sink has committed are not given to it again, and everything behind them is", async () => {
  const inner = new KnowingSink(4), sink = new NumberedSink(inner);
  assert.equal(await sink.open({ run: "before" }), 4);
  assert.deepEqual(inner.openedWith, { run: "before" });
  for (const number of [1, 2, 4, 5, 7]) await sink.write(sinkOutput(number, [[1n, "a"]]));
  assert.deepEqual(inner.written, [5, 7]);
  assert.deepEqual([sink.place, sink.guarantee, sink.trouble], [{ run: "r" }, "exactly once", null]);
  await sink.flush();
  await sink.close();
  assert.equal(inner.closed, 1);
});

Deno.test("a sink that hangs when nobody waits any more is told to give up, and is closed then", async () => {
  const inner = new KnowingSink(-1), sink = new NumberedSink(inner), clock = new SimClock();
  await sink.open();
  inner.hang = Promise.withResolvers();
  const writing = sink.write(sinkOutput(1, [[1n, "a"]])).catch(() => {});
  const closing = closeSinks(clock, writing, [sink]);
  await new Promise((resolve) => setTimeout(resolve, 0));
  clock.advance(SINK_CLOSE_MS_MAX);
  await closing;
  await writing;
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([inner.written, inner.closed], [[], 1]);
});
