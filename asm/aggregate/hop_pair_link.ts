// The ways of hop_link.ts for the usual case: a key of one cell with places in the direct list (hop_direct.ts), a count and a sum
// (hop_pair.ts), rows without versions that are not late. All that a row needs stays in registers; the first row of another kind
// goes the general way.
import { ROW_FLAGS, ROW_KEYS } from "../state/row";
import { PAGE_HEADER, PAGE_NEXT, Table, pageUsed } from "../state/table";
import { ENTRY_AT, ENTRY_FIRST, Hop, HopGroup, IS_APART } from "./hop";
import { linkRow } from "./hop_link";
import { pairAddAt, pairTakeAt } from "./hop_pair";
import { Aggregation } from "./spec";

/** Links the rows of [row, end), the first of which has the ordinal, and adds them to their entries; returns where it has stopped. */
function linkRun(a: Aggregation, hop: Hop, row: usize, end: usize, slice: u32, ordinal: u32): usize {
  const bytes = <usize>a.rowBytes, links = <usize>a.links, entryAt = <usize>hop.entryAt, present = <usize>a.presentAt;
  const direct = <usize>hop.direct, base = hop.directBase, slots = <u64>hop.directSlots;
  const pair = <usize>hop.pairAt, bit = hop.pairBit, wraps = hop.pairWraps, rows = <usize>hop.pairRows;
  for (; row < end; row += bytes, ordinal++) {
    const slot = <u64>(load<i64>(row, ROW_KEYS) - base);
    if (slot >= slots || (load<u32>(row, ROW_FLAGS) & 1) | (load<u32>(row + links, ENTRY_AT) & IS_APART)) break;
    const entry = load<u32>(direct + (<usize>slot << 2));
    if (!entry) break;
    const at = entry + entryAt, last = load<u32>(at) + links;
    store<u64>(last, <u64>row | (<u64>ordinal << 32));
    store<u32>(last, slice, 8);
    store<u64>(at, <u64>row | (<u64>slice << 32));
    store<u64>(row + links, 0);
    store<u64>(row + links, <u64>entry << 32, 8);
    pairAddAt(entry, row, pair, bit, wraps, rows, present);
  }
  return row;
}

/** Links the rows of a table, and adds them to their entries; false when the memory's maximum is reached. */
export function pairsLink(a: Aggregation, hop: Hop, g: HopGroup, table: Table, index: i64): bool {
  let ordinal: u32 = 0;
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const end = page + PAGE_HEADER + pageUsed(table, page);
    for (let row = page + PAGE_HEADER; row < end; row += a.rowBytes, ordinal++) {
      const stop = linkRun(a, hop, row, end, <u32>index, ordinal);
      ordinal += <u32>(stop - row) / a.rowBytes;
      row = stop;
      if (row == end) break;
      if (!linkRow(a, hop, g, row, index, ordinal, true)) return false;
    }
  }
  return true;
}

/**
 * Takes out the rows of [row, end) as long as their keys have another row in the window, and lists where their entries go as items;
 * returns how many.
 */
export function pairsUnlink(a: Aggregation, hop: Hop, row: usize, end: usize, items: usize): u32 {
  const bytes = <usize>a.rowBytes, links = <usize>a.links, entryAt = <usize>hop.entryAt, present = <usize>a.presentAt;
  const pair = <usize>hop.pairAt, bit = hop.pairBit, wraps = hop.pairWraps, rows = <usize>hop.pairRows;
  let item = items;
  for (; row < end; row += bytes, item += 16) {
    const entry = load<u32>(row + links, ENTRY_AT), next = load<u64>(row + links), slice = load<u32>(row + links, 8);
    if (!entry || !<u32>next || (entry & IS_APART)) break;
    pairTakeAt(entry, row, pair, bit, wraps, rows, present);
    store<u64>(entry + entryAt, next, ENTRY_FIRST);
    store<u32>(entry + entryAt, slice, ENTRY_FIRST + 8);
    store<u64>(item, (next >> 32) | (<u64>slice << 32));
    store<u32>(item, entry, 8);
  }
  return <u32>((item - items) >> 4);
}
