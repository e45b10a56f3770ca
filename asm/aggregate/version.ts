// VERSIONS: windows that the watermark has passed, but that have not been pulled yet, must not see rows that come
// after it. Before such a row changes a state row, what that was is kept as a version, for the windows up to the last
// one passed. A row's versions are a chain, the newest first; all versions are a list in order of their windows,
// freed from the front as windows are pulled.
//
//   0           4         8             12         16            24                28           32
//   +-----------+---------+-------------+----------+-------------+-----------------+------------+-------
//   | older u32 | row u32 | previous u32| next u32 | window i64  | kept row u32 of | entry u32  | image
//   |           |         |             |          | it is for   | its block; bit  | of the row | of the row
//   |           |         |             |          |             | 31: there was   | (hop.ts)   |
//   |           |         |             |          |             | no such row yet |            |
//   +-----------+---------+-------------+----------+-------------+-----------------+------------+-------
import { rowCopy } from "../state/row";
import { spaceGive, spaceTake } from "../state/space";
import { blockAddresses, blockInserted, rowSlice } from "./block";
import { setVersion, versionOf } from "./hop";
import { inserted } from "./insert";
import { Slice } from "./slice";
import { Aggregation, OP_MIN_BYTES, callAt, isPresent } from "./spec";
import { fireTime } from "./window";

@unmanaged
class Version {
  older: u32;
  row: u32;
  previous: u32;
  next: u32;
  window: i64;
  kept: u32;
  entry: u32; // while this is the newest version
}

const ABSENT: u32 = 1 << 31;

const HEADER: u32 = 32;

@inline function versionAt(address: u32): Version {
  return changetype<Version>(<usize>address);
}

@inline function bytesOf(a: Aggregation): u32 {
  return HEADER + a.rowBytes;
}

/** Entry of a row whose newest version is at `address`. */
@inline export function versionEntry(address: u32): u32 {
  return versionAt(address).entry;
}

@inline export function versionSetEntry(address: u32, entry: u32): void {
  versionAt(address).entry = entry;
}

/** What the row was for the window: itself, an older image, or 0 when it was not there. */
@inline export function rowForWindow(a: Aggregation, row: usize, window: i64): usize {
  return versionOf(a, row) ? imageForWindow(a, row, window) : row;
}

function imageForWindow(a: Aggregation, row: usize, window: i64): usize {
  let image = row;
  for (let at = versionOf(a, row); at; at = versionAt(at).older) {
    const version = versionAt(at);
    if (version.window < window) break;
    image = version.kept & ABSENT ? 0 : <usize>at + HEADER;
  }
  return image;
}

/** Keeps the bytes that the row refers to from being written over: they belong to the image now. */
function sealBytes(a: Aggregation, row: usize): void {
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i);
    if (call.op < OP_MIN_BYTES || !isPresent(a, call, row)) continue;
    const at: usize = load<u32>(row + call.cell);
    if (at) store<u32>(at - 4, 0);
  }
}

function save(a: Aggregation, row: usize, window: i64, kept: u32, absent: bool): bool {
  const newest = versionOf(a, row);
  if (newest && versionAt(newest).window >= window) return true;
  const address = spaceTake(a, bytesOf(a));
  if (!address) return false;
  const version = changetype<Version>(address);
  version.older = newest;
  version.row = <u32>row;
  version.previous = a.versionLast;
  version.next = 0;
  version.window = window;
  version.kept = kept | (absent ? ABSENT : 0);
  rowCopy(address + HEADER, row, a.rowBytes);
  sealBytes(a, row);
  if (a.versionLast) versionAt(a.versionLast).next = <u32>address;
  else a.versionFirst = <u32>address;
  a.versionLast = <u32>address;
  setVersion(a, row, <u32>address);
  return true;
}

/**
 * Keeps versions of the first `rows` resolved rows for windows up to `window`, which the watermark has passed at all
 * of them. Returns how many rows were done before memory ran out.
 */
export function versionsSave(a: Aggregation, rows: u32, window: i64): u32 {
  const fired = fireTime(a, window);
  let next: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const isNew = next < inserted && load<u32>(blockInserted() + (<usize>next << 2)) == i;
    if (isNew) next++;
    if (changetype<Slice>(rowSlice(i)).firstFire > fired) continue;
    if (!save(a, load<u32>(blockAddresses() + (<usize>i << 2)), window, i, isNew)) return i;
  }
  return rows;
}

function unlink(a: Aggregation, address: u32): void {
  const version = versionAt(address);
  if (version.previous) versionAt(version.previous).next = version.next;
  else a.versionFirst = version.next;
  if (version.next) versionAt(version.next).previous = version.previous;
  else a.versionLast = version.previous;
  spaceGive(a, address, bytesOf(a));
}

/** Takes back the versions behind `before` that the block has kept for rows from `from` on. */
export function versionsUndo(a: Aggregation, before: u32, from: u32): void {
  while (a.versionLast != before && (versionAt(a.versionLast).kept & ~ABSENT) >= from) {
    const version = versionAt(a.versionLast);
    setVersion(a, version.row, version.older);
    unlink(a, a.versionLast);
  }
}

/** Frees versions that no window after `window` asks for. */
export function versionsDrop(a: Aggregation, window: i64): void {
  while (a.versionFirst && versionAt(a.versionFirst).window <= window) {
    const address = a.versionFirst;
    // It is the oldest of its row, since windows ascend along the list
    const row: usize = versionAt(address).row;
    let newer = versionOf(a, row);
    if (newer == address) {
      setVersion(a, row, 0);
    } else {
      while (versionAt(newer).older != address) newer = versionAt(newer).older;
      versionAt(newer).older = 0;
    }
    unlink(a, address);
  }
}
