import { SourceClock } from "../../src/core/watermark.ts";
import type { OrderRecord, OrderReplay } from "../../src/log.ts";
import type { PipelineInput, Taken } from "../../src/runtime/input.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import { Sequencer } from "../../src/runtime/sequencer.ts";
import type { QuarantinedChunk } from "../../src/store.ts";
import { SimClock } from "../sim/clock.ts";

/** An input that has what a test put into it. */
class SimInput implements PipelineInput {
  /** Chunks that can be taken. */
  chunks = 0;
  ended = false;
  refusing = false;
  underWaySinceMs = Infinity;
  nextArrivalMs = Infinity;
  reading = false;
  inFlightMax = 8;
  readonly released: number[] = [];
  readonly lagRows = 0;
  readonly progress = null;
  #position = 0;
  #endTaken = false;

  get ready(): boolean {
    return !this.#endTaken && (this.chunks > 0 || this.ended);
  }

  take(): Taken {
    const from = this.#position, end = this.chunks === 0;
    if (end) this.#endTaken = true;
    else {
      this.chunks--;
      this.#position += 10;
    }
    return { frames: [], range: null, from, to: this.#position, end };
  }

  takeTo(to: number): Taken | null {
    return this.chunks > 0 && this.#position + 10 === to ? this.take() : null;
  }

  get offset(): number {
    return this.#position;
  }

  release(to: number): void {
    this.released.push(to);
  }

  stop(): void {
    this.ended = true;
  }

  onReady(): () => void {
    return () => {};
  }

  close(): void {}
}

interface Sent {
  readonly number: number;
  readonly source: number;
  /** Of a mark. */
  readonly watermark: number | null;
  readonly late?: true;
  /** Offsets of a chunk that is left out. */
  readonly out?: readonly [number, number];
}

interface SetUp {
  readonly window?: number;
  readonly nearWindow?: number;
  readonly idleTimeoutMs?: number;
  readonly after?: number;
  readonly watermarks?: number[];
  readonly replay?: OrderReplay;
  readonly until?: number;
  readonly quarantined?: readonly QuarantinedChunk[];
  readonly late?: true;
  /** All inputs are partitions of one stream. */
  readonly partitions?: boolean;
  /** Inputs go by arrival. */
  readonly byArrival?: boolean;
}

/** A sequencer over inputs that a test fills. */
export function setUp(options: SetUp = {}) {
  const { window = 3, idleTimeoutMs = 1000, after = 0, watermarks = [-Infinity, -Infinity], partitions, ...again } =
    options;
  const clock = new SimClock(), sent: Sent[] = [], order: OrderRecord[] = [];
  const inputs = watermarks.map(() => new SimInput()), clocks = watermarks.map((at) => new SourceClock(100, at));
  const sequencer = new Sequencer(
    inputs.map((input, i) => ({
      id: "abc"[i],
      stream: partitions ? "a" : "abc"[i],
      input,
      clock: clocks[i],
      idleTimeoutMs,
      byArrival: options.byArrival ?? false,
    })),
    {
      wantsLate: () => options.late ?? false,
      shareOf: () => 1,
      chunk: (number, source, _, late) =>
        void sent.push({ number, source, watermark: null, ...(late ? { late } : {}) }),
      leaveOut: (number, source, { from, to }, watermark) =>
        void sent.push({ number, source, watermark, out: [from, to] }),
      mark: (number, source, watermark) => void sent.push({ number, source, watermark }),
      cut: (number, source, watermark) => void sent.push({ number, source, watermark }),
      answer: (_, { number }) => void sent.push({ number, source: -1, watermark: null }),
      answerAgain: ({ number }) => void sent.push({ number, source: -1, watermark: null }),
      goOn: () => {},
      tick: (number) => void sent.push({ number, source: -1, watermark: null }),
    },
    { window, clock, order: { ...forgetfulOrder, append: (record) => void order.push(record) }, after, ...again },
  );
  return { sequencer, inputs, clocks, clock, sent, order };
}
