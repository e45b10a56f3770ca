import { RdxError } from "../../core/errors.ts";
import { CREDIT_OVERRUN_ROWS_MAX } from "../../core/limits.ts";
import { BATCH_BYTES_MAX, type Columns, type Format, type RowEncoder } from "./format.ts";
import type { SocketAddress } from "./socket.ts";
import { memoryOutbox } from "./outbox_memory.ts";
import { Sender } from "./sender.ts";
import { Turns } from "./turns.ts";
import type { Row, Writer, WriterCounts, WriterOptions } from "./types.ts";

const BATCH_ROWS_DEFAULT = 4096, BATCH_DELAY_MS_DEFAULT = 20;
/** More a server may take for a breach of its credits. */
const BATCH_ROWS_MAX = CREDIT_OVERRUN_ROWS_MAX;

const DONE = Promise.resolve();

/** Gathers rows into batches and hands these to a sender. */
export class StreamWriter implements Writer {
  readonly #sender: Sender;
  readonly #encoder: RowEncoder;
  readonly #rowsMax: number;
  readonly #delayMs: number;
  readonly #signal: AbortSignal;
  readonly #turns = new Turns();
  /** Called once it is closed. */
  onClosed: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #closing: Promise<WriterCounts> | null = null;

  private constructor(sender: Sender, encoder: RowEncoder, rowsMax: number, delayMs: number, signal: AbortSignal) {
    this.#sender = sender;
    this.#encoder = encoder;
    this.#rowsMax = rowsMax;
    this.#delayMs = delayMs;
    this.#signal = signal;
  }

  /** Opens the outbox; the connection is made behind it. Throws RdxError("invalid") for options that make no sense. */
  static async open(
    address: SocketAddress,
    stream: string,
    format: Format,
    options: WriterOptions,
    signal: AbortSignal,
  ): Promise<StreamWriter> {
    const rowsMax = bounded("batchRowsMax", options.batchRowsMax ?? BATCH_ROWS_DEFAULT, 1, BATCH_ROWS_MAX);
    const delayMs = bounded("batchDelayMsMax", options.batchDelayMsMax ?? BATCH_DELAY_MS_DEFAULT, 0, 60_000);
    const onFailed = () => writer?.stop();
    let writer: StreamWriter | null = null;
    const sender = await Sender.open({
      address,
      stream,
      format,
      outbox: options.outbox ?? memoryOutbox(),
      signal,
      onStatus: options.onStatus ?? (() => {}),
      onFailed,
    });
    return writer = new StreamWriter(sender, format.encoder(rowsMax), rowsMax, delayMs, signal);
  }

  get counts(): WriterCounts {
    const { accepted, rejected, waitingRows, reconnects } = this.#sender;
    return { accepted, rejected, waiting: waitingRows + this.#encoder.rows, reconnects };
  }

  write(rows: object | readonly object[]): Promise<void> {
    try {
      this.#check();
      if (Array.isArray(rows)) return this.#writeAll(rows);
      this.#encoder.add(rows as Row);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    return this.#added() ? this.#pause() : DONE;
  }

  async #writeAll(rows: readonly object[]): Promise<void> {
    for (const row of rows) {
      this.#encoder.add(row as Row);
      if (this.#added()) await this.#pause();
    }
  }

  async writeColumns(columns: Columns): Promise<void> {
    this.#check();
    const lengths = Object.values(columns).map(({ length }) => length), rows = lengths[0] ?? 0;
    if (lengths.some((length) => length !== rows)) {
      throw new RdxError("invalid", `Columns have to be of one length: ${lengths.join(", ")}`);
    }
    for (let from = 0; from < rows;) {
      from += this.#encoder.addColumns(columns, from);
      if (this.#added()) await this.#pause();
    }
  }

  async flush(): Promise<WriterCounts> {
    this.#cut();
    await this.#sender.settled();
    return this.counts;
  }

  close(): Promise<WriterCounts> {
    this.#closed = true;
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<WriterCounts> {
    try {
      return await this.flush();
    } finally {
      this.stop();
      this.onClosed();
      await this.#sender.end();
    }
  }

  /** It has failed, and whoever writes was told. */
  get told(): boolean {
    return this.#sender.told;
  }

  /** Nothing more is gathered. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#turns.close();
  }

  #check(): void {
    this.#signal.throwIfAborted();
    this.#sender.check();
    if (this.#closed) throw new RdxError("closing", "The writer is closed: open another one");
  }

  /** Returns whether a batch has left, or one has to wait. */
  #added(): boolean {
    if (this.#encoder.rows >= this.#rowsMax || this.#encoder.bytes >= BATCH_BYTES_MAX) {
      this.#cut();
      return true;
    }
    this.#timer ??= setTimeout(() => this.#cut(), this.#delayMs);
    return this.#sender.full;
  }

  /** Lets the network have its turn, and waits for room. */
  async #pause(): Promise<void> {
    await (this.#sender.full ? this.#sender.room() : this.#turns.next());
    this.#signal.throwIfAborted();
    this.#sender.check();
  }

  #cut(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const batch of this.#encoder.take()) this.#sender.add(batch);
  }
}

function bounded(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RdxError("invalid", `Option ${name} is ${value}: expected a whole number from ${least} to ${most}`);
}
