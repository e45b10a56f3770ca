import { RdxError } from "../core/errors.ts";
import { ORDER_RETRY_MS, ORDER_STEPS_MAX } from "../core/limits.ts";
import type { OpenedOrder, OrderLog, OrderRecord, OrderReplay } from "../log.ts";
import { decodeOrder, encodeOrder } from "./order_codec.ts";
import type { RecordParts } from "./format.ts";
import type { Segment, SegmentParts } from "./segment_files.ts";
import { SegmentLog } from "./segment_log.ts";
import { SegmentReader } from "./segment_reader.ts";

export interface OrderParts {
  readonly segments: SegmentParts;
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, call: () => void): () => void;
  /** Called when there is a segment. */
  readonly made?: (first: number) => void;
}

interface Waiter {
  readonly number: number;
  resolve(): void;
  reject(reason: RdxError): void;
}

/**
 * The order of one pipeline on disk. Steps that come while others are written go together into the next record. While the disk is full they wait, and with
 * them all that follows from them; when it fails, they fail.
 */
export class OrderJournal implements OrderLog {
  readonly #parts: OrderParts;
  readonly #log: SegmentLog;
  /** Steps that are not given to the log yet. */
  #steps: OrderRecord[] = [];
  #writing = false;
  /** The last number that is stored. */
  #stored: number;
  readonly #waiters: Waiter[] = [];
  #failure: RdxError | null = null;
  #cancel = () => {};
  #closed = false;
  #dropping: Promise<void> = Promise.resolve();

  private constructor(parts: OrderParts, log: SegmentLog, last: number) {
    this.#parts = parts;
    this.#log = log;
    this.#stored = last;
  }

  /** The order of a new pipeline, whose numbers begin behind `after`. */
  static create(folder: string, parts: OrderParts, after = 0): OrderJournal {
    const log = new SegmentLog(folder, { ...parts.segments, rolled: ({ first }) => parts.made?.(first) });
    void log.start(after + 1);
    return new OrderJournal(parts, log, after);
  }

  /** What an earlier process has left, whose numbers began behind `after` or later. See `SegmentLog.open`; `said` gets what was cut from its end. */
  static async open(folder: string, parts: OrderParts, said: (cut: string) => void, after = 0): Promise<OpenedOrder> {
    const ends = new Map<string, number>(), idle = new Map<string, number>();
    let last = after;
    const segments = { ...parts.segments, rolled: ({ first }: Segment) => parts.made?.(first) };
    const { log, cut } = await SegmentLog.open(folder, segments, 0, (head, text) => {
      for (const step of decodeOrder(text, head.key)) {
        if (step.kind === "chunk") ends.set(step.source, step.to);
        else if (step.kind === "idle") idle.set(step.source, step.watermark);
      }
      last = head.key + head.rows - 1;
    });
    if (cut !== null) said(cut);
    if (log.segments.length === 0) await log.start(after + 1);
    const first = log.segments[0]?.first ?? after + 1, order = new OrderJournal(parts, log, last);
    return { order, first, last, replay: (after) => new Replay(log, after, last), ends, idle };
  }

  append(record: OrderRecord): void {
    if (this.#failure || this.#closed) return;
    this.#steps.push(record);
    this.#write();
  }

  #write(): void {
    if (this.#writing || this.#steps.length === 0) return;
    const steps = this.#steps.splice(0, ORDER_STEPS_MAX);
    this.#writing = true;
    this.#log.append({
      record: recordOf(steps),
      stored: () => {
        this.#writing = false;
        this.#stored = steps.at(-1)!.number;
        while (this.#waiters.length > 0 && this.#waiters[0].number <= this.#stored) this.#waiters.shift()!.resolve();
        this.#write();
      },
      refused: (reason) => {
        this.#steps.unshift(...steps);
        if (reason.code !== "no_space" || this.#closed) return this.#fail(reason);
        this.#cancel = this.#parts.after(ORDER_RETRY_MS, () => {
          this.#writing = false;
          this.#write();
        });
      },
    });
  }

  #fail(reason: RdxError): void {
    this.#failure = reason;
    this.#steps = [];
    for (const { reject } of this.#waiters.splice(0)) reject(reason);
  }

  durable(number: number): Promise<void> | null {
    if (number <= this.#stored) return null;
    if (this.#failure) return Promise.reject(this.#failure);
    // Asked in the order of the numbers, so that the first who waits is the first who goes.
    return new Promise((resolve, reject) => this.#waiters.push({ number, resolve, reject }));
  }

  replay(after: number): OrderReplay {
    return new Replay(this.#log, after, this.#stored);
  }

  /** Whole segments go; one that cannot go now goes with those that follow. */
  drop(number: number): void {
    this.#dropping = this.#dropping.then(async () => {
      const { segments } = this.#log,
        gone = segments.findIndex((_, i) => (segments[i + 1]?.first ?? Infinity) > number + 1);
      if (gone > 0 && !this.#closed) await this.#log.drop(gone);
    }).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#log.flush();
    this.#closed = true;
    await this.#dropping;
    this.#cancel();
    await this.#log.close();
    this.#fail(new RdxError("closing", "The order is closed"));
  }
}

function recordOf(steps: readonly OrderRecord[]): RecordParts {
  const place = { kind: "order", key: steps[0].number, rows: steps.length, schema: 0, arrivalMs: 0 } as const;
  return { ...place, newestAside: -1, text: encodeOrder(steps), parts: [], aside: [] };
}

/** Reads an order from behind a number on, a piece at a time. */
class Replay implements OrderReplay {
  readonly last: number;
  readonly #reader: SegmentReader;
  readonly #listeners = new Set<() => void>();
  /** Read and not yet taken, from `#at` on. */
  #steps: readonly OrderRecord[] = [];
  #at = 0;
  #read: number;
  #reading = false;
  #failure: unknown = null;
  #closed = false;

  constructor(log: SegmentLog, after: number, last: number) {
    this.last = last;
    this.#read = after;
    this.#reader = new SegmentReader(log, after + 1);
    this.#more();
  }

  peek(): OrderRecord | null {
    if (this.#failure !== null) throw this.#failure;
    return this.#steps[this.#at] ?? null;
  }

  shift(): void {
    if (++this.#at >= this.#steps.length) this.#more();
  }

  #more(): void {
    if (this.#reading || this.#closed || this.#read >= this.last) return;
    this.#reading = true;
    this.#reader.read().then((records) => {
      const steps = records.flatMap(({ head, text }) => decodeOrder(text, head.key));
      if (steps.length === 0) throw new RdxError("internal", `Steps from ${this.#read + 1} on are not on disk`);
      // What is written together is read together
      const after = this.#read;
      this.#steps = steps.filter(({ number }) => number > after && number <= this.last);
      this.#at = 0;
      this.#read = this.#steps.at(-1)?.number ?? this.last;
      // At once with what was read: whoever takes all of it before anybody is told has the next piece read.
      this.#reading = false;
    }).catch((thrown) => this.#failure = thrown).finally(() => {
      if (this.#closed && !this.#reading) this.#reader.close();
      else for (const listener of [...this.#listeners]) listener();
    });
  }

  onReady(listener: () => void): () => void {
    const call = () => listener();
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    if (!this.#reading) this.#reader.close();
  }
}
