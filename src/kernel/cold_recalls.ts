import { COLD_EVICT_BYTES, COLD_FILL_SHARE_MAX } from "../core/limits.ts";
import { ColdAlarms, stampOf } from "./cold_alarms.ts";
import { spread, UNIT } from "./cold_segments.ts";
import { type ColdNotes, type ColdShelf, ROOM_A_BYTE } from "./cold_shelf.ts";

/** Offset in a record of the time at which its rows have to be back, and bytes of what stands in front of them (asm/rows/shelf.ts). */
const STAMP = 24, HEAD_BYTES = 32;

/** Keys of a shelf that have to be back at times: they come with all their rows, the earliest first, as many at once as there is room for. */
export class ColdRecalls implements ColdNotes {
  readonly #alarms = new ColdAlarms(true);

  note(data: DataView<ArrayBuffer>, record: number): void {
    this.#alarms.note(data, record);
  }

  /**
   * Brings back the keys whose time comes first, `until` at most, as many as there is room for; until when none is missing. `hold` is told of that
   * before: what is due until then may leave no more.
   */
  recall(shelf: ColdShelf, until: number, hold: (until: number) => void): number {
    // What comes of these rows takes room as well: half of what is spare is left for it
    const spare = shelf.kernel.stateBytesMax * (1 - COLD_FILL_SHARE_MAX), least = Math.min(spare, COLD_EVICT_BYTES);
    if (shelf.room < spare) shelf.makeRoom(spare, least);
    const room = Math.max(0, shelf.room - spare / 2) / ROOM_A_BYTE;
    const next = this.#alarms.next(until, room, (hash, time) => dueBytes(shelf, hash, time));
    hold(next.until);
    const bytes = next.due.reduce((sum, hash) => sum + shelf.bytesOf(hash), 0) * ROOM_A_BYTE;
    if (shelf.room < bytes + least / 2) shelf.makeRoom(bytes + least / 2, bytes + least / 2);
    shelf.bringBack(next.due);
    return next.until;
  }
}

/** Bytes of the records of a hash, if one of them has a time until then; −1: none has, since what has had it came back and left again. */
function dueBytes({ kernel, file }: ColdShelf, hash: number, time: number): number {
  const mark = kernel.mark(), head = kernel.arena(HEAD_BYTES);
  let bytes = 0, least = Infinity;
  file.index.each(hash, spread(hash), (at, size) => {
    file.read(at * UNIT, kernel.bytes.subarray(head, head + HEAD_BYTES));
    least = Math.min(least, stampOf(kernel.data, head + STAMP));
    bytes += size * UNIT;
  });
  kernel.release(mark);
  return least <= time ? bytes : -1;
}
