import { JOURNAL_SHARED_FILES_MAX } from "../core/limits.ts";
import type { LogRecord } from "../log.ts";
import { partitionsOf } from "./journal_records.ts";
import { RecentRecords } from "./recent_records.ts";
import type { ReadRecord, SegmentReader } from "./segment_reader.ts";

/** A piece of a journal on disk, from an offset on: whole records that have rows. */
export interface ReadPiece {
  readonly records: LogRecord[];
  /** All that is on disk lies before it. */
  readonly isEnd: boolean;
}

/** Reads the next piece, without rows before `offset`: in between there are marks of producers that brought none. */
export async function readPiece(disk: SegmentReader, offset: number): Promise<ReadPiece> {
  const read = await disk.read();
  const wanted = read.filter(({ head: { kind, rows, key } }) => kind === "rows" && rows > 0 && key + rows > offset);
  return { records: wanted.map(recordOf), isEnd: read.length === 0 };
}

/**
 * What the readers of partitions of a journal have in common while they read from disk: they go through the same records, one close behind the other, so that one
 * reads a piece, and all have it.
 */
export class SharedReads {
  readonly #recent: RecentRecords;
  readonly #open: (offset: number) => SegmentReader;
  /** Those that nobody reads with at the moment, by the offset of what comes next; the one that was used last is last. */
  readonly #idle = new Map<number, SegmentReader>();
  /** What is being read, by the offset where it begins. */
  readonly #underWay = new Map<number, Promise<void>>();

  /** `bytesMax`: what is kept of records that were read; `open` gives a reader of what is on disk from an offset on. */
  constructor(bytesMax: number, open: (offset: number) => SegmentReader) {
    this.#recent = new RecentRecords(bytesMax);
    this.#open = open;
  }

  at(offset: number): LogRecord | null {
    return this.#recent.at(offset);
  }

  /** The piece from `offset` on; null: another has read it meanwhile, and `at` has it, unless that is too much to be kept. */
  async read(offset: number): Promise<ReadPiece | null> {
    const other = this.#underWay.get(offset);
    if (other) {
      await other;
      return null;
    }
    const disk = this.#take(offset), { promise, resolve } = Promise.withResolvers<void>();
    this.#underWay.set(offset, promise);
    try {
      const piece = await readPiece(disk, offset), last = piece.records.at(-1);
      for (const record of piece.records) this.#recent.put(record);
      this.#leave(last ? last.offset + last.rows : offset, disk);
      return piece;
    } catch (thrown) {
      disk.close();
      throw thrown;
    } finally {
      this.#underWay.delete(offset);
      resolve();
    }
  }

  #take(offset: number): SegmentReader {
    const disk = this.#idle.get(offset);
    this.#idle.delete(offset);
    if (disk?.isThere) return disk;
    disk?.close();
    return this.#open(offset);
  }

  #leave(next: number, disk: SegmentReader): void {
    this.#idle.get(next)?.close();
    this.#idle.delete(next);
    this.#idle.set(next, disk);
    for (const [offset, oldest] of this.#idle) {
      if (this.#idle.size <= JOURNAL_SHARED_FILES_MAX) return;
      this.#idle.delete(offset);
      oldest.close();
    }
  }

  /** Nobody reads from disk any more. */
  clear(): void {
    this.#recent.clear();
    if (this.#idle.size === 0) return;
    for (const disk of this.#idle.values()) disk.close();
    this.#idle.clear();
  }
}

function recordOf({ head, text, parts, aside }: ReadRecord): LogRecord {
  const partitions = partitionsOf(head, text);
  return {
    ...(partitions ? { partitions } : {}),
    offset: head.key,
    rows: head.rows,
    kind: "rows",
    frames: parts,
    schema: head.schema,
    arrivalMs: head.arrivalMs,
    bytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    aside,
  };
}
