import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { type Column, INT64 } from "../../src/core/schema.ts";
import type { SourceClock } from "../../src/core/watermark.ts";
import type { PhysicalSource } from "../../src/plan/physical.ts";
import { LogInput } from "../../src/runtime/input.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import { type Dispatch, Sequencer } from "../../src/runtime/sequencer.ts";
import { sourceClock } from "../../src/runtime/source_clock.ts";
import type { Stream } from "../../src/runtime/stream.ts";
import { Streams } from "../../src/runtime/streams.ts";
import { JournalLog } from "../../src/log/journal.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { journalParts } from "../log/journals.ts";
import { SimClock } from "../sim/clock.ts";
import { HeldDisk } from "../sim/held_disk.ts";
import { seeded } from "../sim/pool.ts";
import { frameOfRows } from "./rows.ts";

export const IDLE_TIMEOUT_MS = 1000;
const N: Column = { name: "n", type: INT64, nullable: false }, SIZE = 1 << 20;

export async function someTurns(turns = 60): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise<void>((resolve) => setImmediate(() => resolve()));
}

/** A stream by time of arrival on a disk whose syncs can be held, and the order of a pipeline that reads its partitions. Tasks are as fast as the test wants. */
export class IdleWorld {
  readonly clock = new SimClock();
  readonly disk = new HeldDisk(seeded(3));
  readonly stream: Stream;
  readonly inputs: readonly LogInput[];
  readonly sequencer: Sequencer;
  readonly marks: { readonly source: number; readonly watermark: number }[] = [];
  /** Of each chunk: its first time of arrival, and what its partition's watermark was in front of it. */
  readonly taken: { readonly source: number; readonly arrivalMs: number; readonly watermark: number }[] = [];
  /** Decodings that wait, while there is a list. */
  decoding: (() => void)[] | null = null;
  /** What tasks are through with is told to the order. */
  readonly #unfinished: (() => void)[] = [];
  readonly #streams: Streams;

  constructor(readonly partitions: number, overlapBytes = SIZE) {
    const parts = journalParts(this.disk, this.clock, { segmentBytes: { first: SIZE, max: SIZE }, overlapBytes });
    this.#streams = new Streams({
      createLog: <Answer>(name: string) => JournalLog.create<Answer>(`journal/${name}`, parts),
      clock: this.clock,
      metrics: engineMetrics(new MetricRegistry()),
      decode: async () => {
        await new Promise<void>((go) => this.decoding ? this.decoding.push(go) : go());
        return { kind: "decoded", rows: 1, rejected: 0, errors: [], dead: [], fatal: false, ...this.#frames() };
      },
    });
    const rest = { time: null, delayMs: 0, futureSkewMs: 0, onError: "dead_letter", retentionMs: null } as const;
    this.#streams.put("s", { columns: [N], partitions, ...rest });
    this.stream = this.#streams.find("s")!;
    const shares = partitions === 1 ? [undefined] : Array.from({ length: partitions }, (_, index) => index);
    this.inputs = shares.map((index) => {
      const only = index === undefined ? undefined : { index, count: partitions };
      return new LogInput(this.stream.log, "earliest", only, this.stream.underWay);
    });
    const byArrival = { time: -1, delayMs: 0 } as PhysicalSource;
    const clocks = this.inputs.map(() => sourceClock(byArrival, -Infinity));
    const inTasks = this.inputs.map(() => sourceClock(byArrival, -Infinity));
    this.sequencer = new Sequencer(
      this.inputs.map((input, i) => ({
        ...{ id: `in ${i}`, stream: "s", input, clock: clocks[i], idleTimeoutMs: IDLE_TIMEOUT_MS, byArrival: true },
      })),
      this.#dispatch(clocks, inTasks),
      { window: 64, clock: this.clock, order: forgetfulOrder, after: 0 },
    );
    this.stream.log.onChange(() => this.sequencer.pump());
  }

  #frames() {
    return { frames: [frameOfRows([N], [[1n]])], sums: [] };
  }

  #dispatch(clocks: readonly SourceClock[], inTasks: readonly SourceClock[]): Dispatch {
    const never = () => assert.fail("It has no such step");
    const later = (number: number, act: () => void) =>
      this.#unfinished.push(() => {
        act();
        this.sequencer.finished(number);
      });
    return {
      ...{ leaveOut: never, cut: never, tick: never, answer: never, answerAgain: never, goOn: never },
      wantsLate: () => false,
      shareOf: () => 1,
      chunk: (number, source, { frames }) => {
        const { watermark } = inTasks[source];
        this.taken.push({ source, arrivalMs: frames[0].arrivalMs, watermark });
        const last = frames.at(-1)!.arrivalMs;
        inTasks[source].observe(last);
        later(number, () => clocks[source].observe(last));
      },
      mark: (number, source, watermark) => {
        this.marks.push({ source, watermark });
        inTasks[source].raise(watermark);
        later(number, () => clocks[source].raise(watermark));
      },
    };
  }

  /** Sends one row to a partition, which need not be stored when this returns. */
  send(partition = 0): Promise<unknown> {
    const body = new TextEncoder().encode("1"), more = this.partitions === 1 ? {} : { partition };
    return this.#streams.ingest("s", { body, format: "ndjson", autoCreate: false, ...more });
  }

  /** Sends one row, and is through with it. */
  async through(partition = 0): Promise<void> {
    await this.send(partition);
    this.finish();
  }

  /** Tasks are through with what they have. */
  finish(): void {
    while (this.#unfinished.length > 0) {
      for (const act of this.#unfinished.splice(0)) act();
      this.sequencer.pump();
    }
  }

  /** Time passes, and the pipeline looks for idle partitions. */
  pass(ms: number): void {
    this.clock.advance(ms);
    this.sequencer.idleTick();
    this.finish();
  }

  /** Nothing that was taken is late by what its partition was told before. */
  checkOrder(why = ""): void {
    for (const { source, arrivalMs, watermark } of this.taken) {
      assert.ok(arrivalMs > watermark, `${why} a row of ${source} at ${arrivalMs} is late at ${watermark}`);
    }
  }

  async close(): Promise<void> {
    this.disk.held = null;
    await this.stream.close();
  }
}
