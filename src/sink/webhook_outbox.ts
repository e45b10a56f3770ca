import { FrameBuilder, FrameView } from "../core/frame.ts";
import { OUTBOX_BYTES_MAX, OUTBOX_MEMORY_BYTES_MAX } from "../core/limits.ts";
import { BYTES, type Column, INT64 } from "../core/schema.ts";
import type { Log, LogHold, LogRecord } from "../log.ts";
import type { Delivery } from "./deliveries.ts";
import type { Notes } from "./notes.ts";

const COLUMNS: readonly Column[] = [
  { name: "number", type: INT64, nullable: false },
  { name: "ordinal", type: INT64, nullable: false },
  { name: "rows", type: INT64, nullable: false },
  { name: "before", type: INT64, nullable: false }, // bytes of all requests before it
  { name: "lines", type: BYTES, nullable: false },
];
/** Whose marks say which outputs have come in. */
const OUTPUTS = "outputs";

/** A request that waits, with its place in the outbox. */
export interface Waiting extends Delivery {
  readonly offset: number;
}

/**
 * Requests that wait for their receiver, in a log: a request has an offset, all those of an output are one record, marked with its number. What has been delivered is
 * noted in another. Beside what the log itself has in memory nothing is held: requests are read when their turn comes.
 */
export class WebhookOutbox {
  readonly #log: Log<null>;
  readonly #notes: Notes;
  readonly #hold: LogHold;
  readonly #bytesMax: number;
  /** Offset of the request that is delivered next. */
  #next: number;
  /** Bytes of all requests that ever came in, and of those that are delivered. */
  #in = 0;
  #out = 0;
  #isClosed = false;
  /** Requests that were read and wait for their turn. */
  #ahead: Waiting[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(log: Log<null>, notes: Notes, bytesMax: number) {
    this.#log = log;
    this.#notes = notes;
    this.#next = notes.last + 1;
    this.#bytesMax = bytesMax;
    this.#hold = log.hold(this.#next);
    // What nobody needs goes as soon as it can.
    log.retain(0);
  }

  /** Goes on behind what `notes` says of an earlier process. */
  static async open(log: Log<null>, notes: Notes, bytesMax?: number): Promise<WebhookOutbox> {
    const most = bytesMax ?? (log.durability === "none" ? OUTBOX_MEMORY_BYTES_MAX : OUTBOX_BYTES_MAX);
    const outbox = new WebhookOutbox(log, notes, most);
    if (outbox.size > 0) {
      const first = viewOf(await recordAt(log, outbox.#next), outbox.#next),
        last = viewOf(await recordAt(log, log.end - 1), log.end - 1);
      outbox.#out = first.before;
      outbox.#in = last.before + last.lines.length;
    }
    return outbox;
  }

  /** The last output that has come in, −1: none. */
  get last(): number {
    return this.#log.lastOf(OUTPUTS);
  }

  /** How many requests wait. */
  get size(): number {
    return this.#log.end - this.#next;
  }

  /** Takes all requests of an output; resolves when they are as durable as the log makes them. Waits while there is no room. */
  async put(number: number, deliveries: readonly Delivery[], signal: AbortSignal): Promise<void> {
    const bytes = deliveries.reduce((sum, { lines }) => sum + lines.length, 0);
    while (this.#in > this.#out && this.#in - this.#out + bytes > this.#bytesMax) await this.#changed(signal);
    const frames = deliveries.map(({ ordinal, rows, lines }) => {
      const builder = new FrameBuilder(COLUMNS);
      builder.append([number, ordinal, rows, this.#in, lines]);
      this.#in += lines.length;
      return builder.finish();
    });
    const mark = { producer: OUTPUTS, sequence: number, sparse: true, digest: "" } as const;
    await this.#log.append({ kind: "rows", rows: frames.length, frames, schema: 0, mark, answer: () => null });
    this.#wake();
  }

  /** The request whose turn it is, as soon as there is one; null once there will be none. Rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<Waiting | null> {
    while (this.size === 0) {
      if (this.#isClosed) return null;
      await this.#changed(signal);
    }
    if (this.#ahead.length === 0) {
      const record = await recordAt(this.#log, this.#next);
      this.#ahead = record.frames.map((_, i) => viewOf(record, record.offset + i));
    }
    while (this.#ahead[0].offset < this.#next) this.#ahead.shift();
    return this.#ahead[0];
  }

  /** The request that `next` gave is delivered. Where the note of it is lost, it is delivered again. */
  delivered({ offset, lines }: Waiting): void {
    this.#next = offset + 1;
    this.#out += lines.length;
    this.#ahead.shift();
    this.#notes.note(offset);
    this.#hold.move(this.#next);
    this.#wake();
  }

  /** Nothing more comes in. */
  end(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  async #changed(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>(), wake = () => resolve();
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake);
    await promise;
    this.#waiting.delete(wake);
    signal.removeEventListener("abort", wake);
    signal.throwIfAborted();
  }
}

/** The record that has the request at an offset. Its reader is there for no longer than it reads: one that stayed behind would keep all in memory. */
async function recordAt(log: Log<null>, offset: number): Promise<LogRecord> {
  const reader = log.reader(offset);
  try {
    while (true) {
      const record = reader.next();
      if (record) return record;
      await new Promise<void>((resolve) => {
        const cancel = log.onChange(() => {
          cancel();
          resolve();
        });
        if (!reader.ready) return;
        cancel();
        resolve();
      });
    }
  } finally {
    reader.close();
  }
}

function viewOf({ offset: first, frames }: LogRecord, offset: number): Waiting & { readonly before: number } {
  const view = new FrameView(frames[offset - first]), whole = (column: number) => Number(view.int64(column, 0));
  return { offset, number: whole(0), ordinal: whole(1), rows: whole(2), before: whole(3), lines: view.bytes(4, 0) };
}
