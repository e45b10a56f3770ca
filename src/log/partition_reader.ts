import { frameRows } from "../core/frame_info.ts";
import type { LogReader, LogRecord, PartitionShare } from "../log.ts";

/** The reader, or one of some partitions of what it reads. */
export function readerOf(reader: LogReader, from: number | "earliest" | "latest", only?: PartitionShare): LogReader {
  return only ? new PartitionReader(reader, typeof from === "number" ? from : 0, only) : reader;
}

/** Something that was given, or is about to be, and is not released: where its rows end, and what of the log is done with then. */
interface Open {
  readonly end: number;
  upTo: number;
}

/** Reads some partitions out of what a reader of all gives. Rows of others are released as soon as those before them are. */
class PartitionReader implements LogReader {
  readonly #all: LogReader;
  readonly #share: PartitionShare;
  /** Rows before it are not wanted. */
  readonly #from: number;
  /** Read, and not yet given. */
  readonly #ahead: LogRecord[] = [];
  readonly #open: Open[] = [];
  #failure: unknown = null;
  /** Up to where rows of others are to be released, −1: none are. */
  #passed = -1;
  #closed = false;

  constructor(all: LogReader, from: number, share: PartitionShare) {
    this.#all = all;
    this.#from = from;
    this.#share = share;
  }

  get position(): number {
    this.#look();
    return this.#ahead[0]?.offset ?? this.#all.position;
  }

  get ready(): boolean {
    this.#look();
    return !this.#closed && (this.#failure !== null || this.#ahead.length > 0);
  }

  next(): LogRecord | null {
    this.#look();
    if (this.#closed) return null;
    if (this.#failure !== null && this.#ahead.length === 0) throw this.#failure;
    return this.#ahead.shift() ?? null;
  }

  /** Goes on to the next rows that are wanted. */
  #look(): void {
    while (!this.#closed && this.#failure === null && this.#ahead.length === 0 && this.#all.ready) {
      try {
        const record = this.#all.next();
        if (!record) return;
        this.#take(record);
      } catch (thrown) {
        // Told by who asks for the record: to ask whether there is one is safe.
        this.#failure = thrown;
      }
    }
  }

  #take(record: LogRecord): void {
    if (record.kind === "end") {
      this.#ahead.push(record);
      return;
    }
    const behind = record.offset + record.rows;
    for (const part of partsOf(record, this.#share)) {
      const end = part.offset + part.rows;
      if (end <= this.#from) continue;
      this.#ahead.push(part);
      this.#open.push({ end, upTo: record.offset });
    }
    const last = this.#open.at(-1);
    if (last) last.upTo = behind;
    else this.#pass(behind);
  }

  /** Releases rows of others a moment later: those who hear of it may be about to take something. */
  #pass(to: number): void {
    const waits = this.#passed >= 0;
    this.#passed = to;
    if (waits) return;
    queueMicrotask(() => {
      const passed = this.#passed;
      this.#passed = -1;
      if (!this.#closed) this.#all.release(passed);
    });
  }

  release(offset: number): void {
    let upTo = -1;
    while (this.#open.length > 0 && this.#open[0].end <= offset) upTo = this.#open.shift()!.upTo;
    if (upTo >= 0) this.#all.release(upTo);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ahead.length = 0;
    this.#all.close();
  }
}

/** What a record has of some partitions, each as a record. */
function partsOf(record: LogRecord, { index, count }: PartitionShare): LogRecord[] {
  const { partitions = [{ partition: 0, rows: record.rows }] } = record,
    isMine = (one: number) => one % count === index;
  if (partitions.length === 1) return isMine(partitions[0].partition) ? [record] : [];
  const parts: LogRecord[] = [];
  let { offset } = record, frame = 0;
  for (const one of partitions) {
    const first = frame;
    for (let rows = 0; rows < one.rows; frame++) rows += frameRows(record.frames[frame]);
    if (isMine(one.partition)) {
      const frames = record.frames.slice(first, frame),
        bytes = frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
      parts.push({ ...record, offset, rows: one.rows, frames, bytes, aside: [], partitions: [one] });
    }
    offset += one.rows;
  }
  return parts;
}
