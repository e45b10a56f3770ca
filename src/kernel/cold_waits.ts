import { COLD_DUE_SHARE_MAX } from "../core/limits.ts";
import { tooManyAtOnce } from "./cold_errors.ts";
import { ColdDues, type DueKeys } from "./cold_dues.ts";
import type { Neighbour } from "./cold_neighbours.ts";

/** Times that room is made for rows of one time and key group: what leaves meanwhile may be of them. */
const TRIES = 8;

/** Rows that have left memory by their keys. */
export interface ColdPlace extends Neighbour {
  /** Bytes that rows which come back may take. */
  readonly room: number;
  /** What a row that comes back takes for each byte of its record, at most. */
  readonly roomAByte: number;
  /** Bytes of the records of keys with a hash. */
  bytesOf(hash: number): number;
  /** Lets keys leave when there is less room than `wish`, at least until `need` is there. */
  makeRoom(wish: number, need: number): void;
  /** Brings back all that has left of the keys with these hashes. */
  bringBack(hashes: Uint32Array): void;
}

/** Rows that have left and that come out at times: they come back in front of that, in their order, as many at once as there is room for. */
export class ColdWaits {
  readonly dues = new ColdDues();
  /** Rows whose time is before it come out, and some have to come back first; −∞: none has. */
  #end = -Infinity;

  /** No row that is away comes out before it; +∞: none waits. */
  get least(): number {
    return this.dues.least;
  }

  /** In front of a watermark, which lets rows out whose time is before `end`; true: some of them are away, so that the operator has to hold its own. */
  holds(end: number): boolean {
    if (this.dues.least >= end) return false;
    this.#end = Math.max(this.#end, end);
    return true;
  }

  /**
   * The operator, which holds rows, has let out all that it may. Brings back the next ones, and tells it the place in front of which it may go on,
   * +∞ at last; false: it holds none. Throws as `next` does.
   */
  goOn(shelf: ColdPlace, release: (time: number, group: number) => void): boolean {
    if (this.#end === -Infinity) return false;
    const place = this.next(shelf, this.#end);
    if (!place) this.#end = -Infinity;
    release(place?.time ?? Infinity, place?.group ?? 0);
    return true;
  }

  /**
   * Brings the next rows back that come out before `end`, at least those of one time and key group; the place in front of which all are in
   * memory, null: there is none. Throws RdxError: "no_space" when there is no room for these, "invalid" when their file is damaged.
   */
  next(shelf: ColdPlace, end: number): DueKeys | null {
    if (this.dues.least >= end) return null;
    const { stateBytesMax, neighbours } = shelf.kernel, share = stateBytesMax * COLD_DUE_SHARE_MAX;
    // What is behind the operator works while its rows come out
    const kept = neighbours.shareOf(shelf);
    for (let tries = 0;; tries++) {
      const need = this.#firstBytes(shelf, end);
      if (shelf.room >= need && (tries > 0 || shelf.room >= share + kept)) break;
      if (tries > TRIES) {
        if (!neighbours.insist(shelf, need)) throw tooManyAtOnce();
        break;
      }
      shelf.makeRoom(Math.max(share, need) + kept, need);
    }
    const most = Math.min(share, shelf.room - kept);
    let bytes = 0;
    const due = this.dues.take(end, (hash) => (bytes += shelf.bytesOf(hash) * shelf.roomAByte) <= most);
    if (due) shelf.bringBack(due.hashes);
    return due;
  }

  /** What the rows of the first time and key group take. */
  #firstBytes(shelf: ColdPlace, end: number): number {
    const first = this.dues.take(end, () => false, true);
    return (first?.hashes ?? new Uint32Array()).reduce((sum, hash) => sum + shelf.bytesOf(hash) * shelf.roomAByte, 0);
  }
}
