import type { Batch } from "../core/batch.ts";
import type { ColdFile, OpenColdFile } from "../core/cold_file.ts";
import { isFull } from "../core/device.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { KEY_GROUPS, STAGED_GROUPS_BYTES } from "../core/limits.ts";
import type { StateChange } from "../core/state.ts";
import { damagedFile } from "./cold_segments.ts";
import { FrameReader, FrameWriter, NO_INFO } from "./frame.ts";
import type { Kernel } from "./module.ts";

/** Rows of a table are gone whose window ends before a time. */
interface Expiry {
  readonly kind: "expire";
  readonly table: string;
  readonly below: bigint;
  readonly room: 0;
}

/** A step for one key group: its rows as a frame, or where the frame is in the file. */
interface Piece {
  readonly kind: "upsert" | "delete";
  readonly table: string;
  readonly frame: ArrayBuffer | null;
  readonly at: number;
  readonly bytes: number;
  /** Bytes of state that its rows may take. */
  readonly room: number;
}

/**
 * Steps of a restore by key groups, in the order in which they came: what rows hold may come in front of them, and all of it may be more than there
 * is memory for. Beyond STAGED_GROUPS_BYTES they are in a working file.
 */
export class StagedGroups {
  readonly #kernel: Kernel;
  readonly #open: OpenColdFile;
  readonly #roomOf: (table: string, rows: number, bytes: number) => number;
  readonly #pieces: (Piece | Expiry)[][] = Array.from({ length: KEY_GROUPS }, () => []);
  #file: ColdFile | null = null;
  #end = 0;
  #held = 0;

  /** `roomOf`: bytes of state that rows of a table may take, by their number and the bytes of their frame. */
  constructor(kernel: Kernel, open: OpenColdFile, roomOf: (table: string, rows: number, bytes: number) => number) {
    this.#kernel = kernel;
    this.#open = open;
    this.#roomOf = roomOf;
  }

  /** Takes rows of a step, whose first column is their key group. Throws RdxError: "no_space", "invalid" for a key group that cannot be. */
  add(kind: "upsert" | "delete", table: string, rows: Batch): void {
    const kernel = this.#kernel, writer = new FrameWriter(kernel), [{ data }] = rows.columns;
    const of = new BigInt64Array(kernel.bytes.buffer, data, rows.rows), byGroup = new Map<number, number[]>();
    of.forEach((word, row) => {
      const group = Number(word), list = byGroup.get(group);
      if (!(group >= 0 && group < KEY_GROUPS)) {
        throw new RdxError("invalid", `Cannot restore table ${table}: there is no key group ${group}`);
      }
      if (list) list.push(row);
      else byGroup.set(group, [row]);
    });
    for (const [group, list] of byGroup) {
      const mark = kernel.mark(), selection = kernel.arena(list.length * 4);
      new Uint32Array(kernel.bytes.buffer, selection, list.length).set(list);
      const frame = writer.write({ ...rows, selection, selected: list.length }, NO_INFO);
      this.#pieces[group].push(this.#keep(kind, table, frame, kind === "upsert" ? list.length : 0));
      kernel.release(mark);
    }
  }

  #keep(kind: Piece["kind"], table: string, frame: ArrayBuffer, rows: number): Piece {
    const at = this.#end, bytes = frame.byteLength, room = rows === 0 ? 0 : this.#roomOf(table, rows, bytes);
    if (this.#held + bytes <= STAGED_GROUPS_BYTES) {
      this.#held += bytes;
      return { kind, table, frame, at, bytes, room };
    }
    try {
      this.#file ??= this.#open();
      this.#file.write(at, new Uint8Array(frame));
    } catch (thrown) {
      const why = isFull(thrown) ? "the disk has no room" : reasonOf(thrown);
      throw new RdxError("no_space", `Cannot write groups that are restored to a working file: ${why}`);
    }
    this.#end += bytes;
    return { kind, table, frame: null, at, bytes, room };
  }

  /** What has come of a table is gone where its window ends before a time. */
  expire(table: string, below: bigint): void {
    for (const list of this.#pieces) {
      if (list.some((piece) => piece.table === table)) list.push({ kind: "expire", table, below, room: 0 });
    }
  }

  /** Nothing of a table has come. */
  clear(table: string): void {
    this.#pieces.forEach((list, group) => this.#pieces[group] = list.filter((piece) => piece.table !== table));
  }

  /** Ranges of key groups whose rows take at most so many bytes of state, or it is one key group. */
  *ranges(most: number): Generator<{ readonly from: number; readonly to: number; readonly room: number }> {
    for (let from = 0; from < KEY_GROUPS;) {
      let to = from, room = 0;
      for (; to < KEY_GROUPS; to++) {
        const more = this.#pieces[to].reduce((sum, piece) => sum + piece.room, 0);
        if (to > from && room + more > most) break;
        room += more;
      }
      yield { from, to, room };
      from = to;
    }
  }

  /** Hands over the steps of a range of key groups, those of one key group in their order. Throws RdxError("invalid") for a file that is damaged. */
  replay(from: number, to: number, take: (change: StateChange) => void): void {
    const kernel = this.#kernel, reader = new FrameReader(kernel);
    for (const list of this.#pieces.slice(from, to)) {
      for (const piece of list) {
        if (piece.kind === "expire") {
          take(piece);
          continue;
        }
        const { kind, table, frame, at, bytes } = piece, mark = kernel.mark();
        take({ kind, table, rows: reader.read(frame ?? this.#read(at, bytes)) });
        kernel.release(mark);
      }
    }
  }

  #read(at: number, bytes: number): ArrayBuffer {
    const into = new Uint8Array(bytes);
    if (this.#file!.read(at, into) < bytes) throw damagedFile(`it ends behind byte ${at}`);
    return into.buffer;
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}
