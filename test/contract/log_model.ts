import type { Appended, LogEntry } from "../../src/log.ts";

interface ModelRecord {
  offset: number;
  rows: number;
  bytes: number;
}

interface Bounds {
  unreadBytesMax: number;
  retainedBytesMax: number;
  producersMax: number;
  answersMax: number;
}

/** A log as plain as can be, with everything counted anew at each question: what a real one is compared with. */
export class LogModel {
  readonly #bounds: Bounds;
  #records: ModelRecord[] = [];
  /** Least recently used first. */
  #producers: { name: string; answers: string[] }[] = [];
  #readers = new Map<number, { position: number; released: number }>();
  #opened = 0;
  end = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  get start(): number {
    return this.#records[0]?.offset ?? this.end;
  }

  get unreadBytes(): number {
    const slowest = Math.min(this.end, ...[...this.#readers.values()].map((reader) => reader.released));
    return this.#bytes((record) => record.offset >= slowest);
  }

  expected(producer: string): number {
    return this.#producers.find((known) => known.name === producer)?.answers.length ?? 0;
  }

  append(entry: LogEntry<string>): Appended<string> | string {
    const { mark } = entry, bytes = entry.frames[0].byteLength;
    if (mark) {
      const known = this.#use(mark.producer), expected = known?.answers.length ?? 0;
      if (mark.sequence > expected) return "conflict";
      if (known && mark.sequence < expected) {
        if (mark.sequence < expected - this.#bounds.answersMax) return "conflict";
        return { duplicate: true, answer: known.answers[mark.sequence] };
      }
    }
    if (this.unreadBytes > 0 && this.unreadBytes + bytes > this.#bounds.unreadBytesMax) return "busy";
    const answer = entry.answer(this.end);
    if (mark) this.#remember(mark.producer, answer);
    this.#records.push({ offset: this.end, rows: entry.rows, bytes });
    this.end += entry.rows;
    this.#trim();
    return { duplicate: false, answer };
  }

  open(from: number): number {
    const record = this.#records.find((record) => record.offset <= from && from < record.offset + record.rows);
    const position = record?.offset ?? this.end;
    this.#readers.set(this.#opened, { position, released: position });
    return this.#opened++;
  }

  next(id: number): number | null {
    const reader = this.#reader(id);
    const record = this.#records.find((record) => record.offset === reader.position);
    if (!record) return null;
    reader.position += record.rows;
    return record.offset;
  }

  release(id: number, offset: number): void {
    const reader = this.#reader(id);
    for (const record of this.#records) {
      const end = record.offset + record.rows;
      if (end <= Math.min(offset, reader.position)) reader.released = Math.max(reader.released, end);
    }
    this.#trim();
  }

  close(id: number): void {
    this.#readers.delete(id);
    this.#trim();
  }

  #reader(id: number) {
    const reader = this.#readers.get(id);
    if (!reader) throw new Error(`no reader ${id}`);
    return reader;
  }

  #bytes(which: (record: ModelRecord) => boolean): number {
    return this.#records.filter(which).reduce((sum, record) => sum + record.bytes, 0);
  }

  #trim(): void {
    const slowest = Math.min(this.end, ...[...this.#readers.values()].map((reader) => reader.released));
    while (this.#bytes((record) => record.offset < slowest) > this.#bounds.retainedBytesMax) this.#records.shift();
  }

  #use(name: string) {
    const at = this.#producers.findIndex((known) => known.name === name);
    if (at >= 0) this.#producers.push(...this.#producers.splice(at, 1));
    return at >= 0 ? this.#producers.at(-1) : undefined;
  }

  #remember(name: string, answer: string): void {
    const known = this.#use(name);
    if (known) known.answers.push(answer);
    else {
      if (this.#producers.length === this.#bounds.producersMax) this.#producers.shift();
      this.#producers.push({ name, answers: [answer] });
    }
  }
}
