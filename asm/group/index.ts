// Group room: aggregates by key without windows, or by keys that name their window; rows may be taken back.
import { TIME_END, TIME_START, timeOf } from "../aggregate/window";
import { batchFree } from "./batch";
import { logFree } from "./dirty";
import { dropDoomed } from "./drop";
import { expire } from "./expire";
import { windowsFree } from "./fire";
import { indexFree } from "./index_table";
import { namesForget } from "./names";
import { poolFree } from "./pool";
import { FLAG_EXPIRES, FLAG_UPSERT, Group, has, rowPool, specFree, specRead } from "./spec";
import { freeAll } from "./free";

export { group_pull, group_push } from "./push";
export { group_fire, group_hold } from "./fire";
export {
  group_ahead, group_batch, group_cell_at, group_changed, group_cut, group_gone, group_key_at, group_key_groups, group_keys, group_lend, group_places, group_put_scalars, group_scalars, group_take, group_texts,
} from "./state";
export { group_words } from "./cells";
export { group_look, group_look_details, group_look_results, group_look_same } from "./look";
export {
  group_absent, group_admit, group_begun, group_cools, group_evict, group_lacks, group_lapse, group_least, group_need, group_room, group_rounds, group_thaw, group_wants,
} from "./cold";
export { group_counters, group_detail_names, group_detail_values, group_details, group_details_begin, group_details_gone } from "./details";
export {
  group_held_restored, group_put_entries, group_put_nodes, group_put_pages, group_put_texts, group_restore, group_restore_below, group_restored, group_rows_restored,
} from "./restore";
export { group_empty, group_empty_rounds, group_shrink } from "./cold_pages";
export { group_tick, group_ticked } from "./tick";

/** A group aggregation from a SPEC (spec.ts); 0 when there is no memory. Times in ms. */
export function group_create(spec: usize, ttl: f64, lateness: f64): usize {
  const address = specRead(spec);
  if (!address) return 0;
  changetype<Group>(address).ttl = timeOf(ttl);
  changetype<Group>(address).lateness = timeOf(lateness);
  return address;
}

/** Whether an update is +U alone from now on. */
export function group_upsert(group: usize, upsert: bool): void {
  const g = changetype<Group>(group);
  g.flags = upsert ? g.flags | FLAG_UPSERT : g.flags & ~FLAG_UPSERT;
}

/** Moves the watermark; group_fire and group_expire do what that asks for. The end of the input passes every time to live, also where it is the first one. */
export function group_advance(group: usize, watermark: f64): void {
  const g = changetype<Group>(group), time = timeOf(watermark);
  dropDoomed(g);
  if (time > g.watermark) g.watermark = time;
  if (g.begun == i64.MIN_VALUE && time > TIME_START) g.begun = min(time, TIME_END - g.ttl);
}

/** The watermark; −∞: there was none yet. */
export function group_watermark(group: usize): f64 {
  const time = changetype<Group>(group).watermark;
  return time == i64.MIN_VALUE ? -Infinity : <f64>time;
}

/** Frees some rows that nothing has changed for long; true when there may be more. */
export function group_expire(group: usize): bool {
  const g = changetype<Group>(group);
  return has(g, FLAG_EXPIRES) && expire(g);
}

/** Frees everything. */
export function group_free(group: usize): void {
  const g = changetype<Group>(group);
  freeAll(g);
  batchFree(g);
  logFree(g);
  namesForget(g);
  windowsFree(g);
  indexFree(g, g.rowsIndex);
  poolFree(g, rowPool(g));
  specFree(g);
}

/** Address of the COLUMNs of the batch that came out last; kinds, selection, selected and causes as u32 at `to`. */
export function group_out(group: usize, to: usize): usize {
  const g = changetype<Group>(group);
  store<u32>(to, g.outKinds);
  store<u32>(to, g.outSelection, 4);
  store<u32>(to, g.outSelected, 8);
  store<u32>(to, g.outCauses, 12);
  return g.out;
}

/** Rows of the batch at hand that have had their effect. */
export function group_taken(group: usize): u32 {
  return changetype<Group>(group).next;
}

export function group_state_rows(group: usize): u32 {
  return changetype<Group>(group).rows;
}

export function group_state_bytes(group: usize): u32 {
  return changetype<Group>(group).bytes;
}

/** Rows that came behind the end of their window. */
export function group_late(group: usize): u32 {
  return changetype<Group>(group).late;
}

/** Rows that were taken back without having come. */
export function group_unknown(group: usize): u32 {
  return changetype<Group>(group).unknown;
}
