import { COLD_FILL_SHARE_MAX, COLD_LAPSE_KEYS_MAX } from "../core/limits.ts";
import { ColdAlarms } from "./cold_alarms.ts";
import type { ColdPlace } from "./cold_waits.ts";

/** The most of the bound that rows take which come back since they may be over. */
const LAPSE_SHARE_MAX = 0.1;

/** Rows that may be over. */
interface Lapsing extends ColdPlace {
  /** Bytes of state that the rows with these hashes take at most when they are back. */
  roomOf(hashes: Uint32Array): number;
  /** Those with these hashes are in memory: some of them go. */
  expire(hashes: Uint32Array): void;
}

/** Keys that have been away, and when their time may have come: they are brought back then, as many at once as there is room for. */
export class ColdLapses {
  readonly alarms = new ColdAlarms();

  /** Rows go when their time, from which `until` on they are over, has come. `first`: the time of those that have none. */
  lapse(rows: Lapsing, until: number, first: number): void {
    for (let due = this.alarms.take(until, first); due.length > 0;) {
      const keys = due.subarray(0, COLD_LAPSE_KEYS_MAX), count = makeRoomFor(rows, keys);
      rows.bringBack(keys.subarray(0, count));
      rows.expire(keys.subarray(0, count));
      due = due.subarray(count);
    }
  }
}

/** Makes room for the rows of the first ones of these keys; for how many there is, at least one. */
function makeRoomFor(rows: Lapsing, keys: Uint32Array): number {
  const bound = rows.kernel.stateBytesMax, spare = bound * (1 - COLD_FILL_SHARE_MAX);
  let count = fitting(rows, keys, bound * LAPSE_SHARE_MAX), need = rows.roomOf(keys.subarray(0, count));
  if (rows.room >= need + spare) return count;
  rows.makeRoom(need + spare, need);
  // What has left just now may be of these keys, too
  count = fitting(rows, keys.subarray(0, count), rows.room - spare / 2);
  need = rows.roomOf(keys.subarray(0, count));
  if (rows.room < need) rows.makeRoom(need, need);
  return count;
}

/** How many of the first ones of these keys have rows that take so many bytes together, at least one. */
function fitting(rows: Lapsing, keys: Uint32Array, room: number): number {
  let count = 0, bytes = 0;
  for (; count < keys.length; count++) {
    bytes += rows.roomOf(keys.subarray(count, count + 1));
    if (count > 0 && bytes > room) break;
  }
  return count;
}
