// Frees what all rows and entries hold outside of their pools.
import { ENTRY_VALUE } from "./distinct";
import { freeCalls } from "./drop";
import { INDEX_TABLES, indexPlaces, indexThing } from "./index_table";
import { forgetGone, freeBytes, freeKey } from "./keys";
import { dropRetired } from "./retired";
import { goneForget } from "./gone";
import { spaceGive } from "../state/space";
import { DistinctSet, Group, callAt, callGone, isBytes, setAt, setGone, setPool } from "./spec";

/** Forgets the names of all things that are gone. */
export function forgetNames(g: Group): void {
  for (let i: u32 = 0; i < g.calls; i++) goneForget(g, callGone(callAt(g, i)));
  for (let s: u32 = 0; s < g.sets; s++) goneForget(g, setGone(setAt(g, s)));
}

function freeRows(g: Group): void {
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0; i < indexPlaces(g.rowsIndex, t); i++) {
      const row = indexThing(g.rowsIndex, t, i);
      if (!row) continue;
      freeCalls(g, row, false);
      freeKey(g, row);
    }
  }
}

function freeEntries(g: Group, set: DistinctSet): void {
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0; i < indexPlaces(set.index, t); i++) {
      const at = indexThing(set.index, t, i);
      if (!at) continue;
      if (isBytes(set.type)) freeBytes(g, at + ENTRY_VALUE);
      if (g.cools) spaceGive(g, at, setPool(set).size);
    }
  }
}

export function freeAll(g: Group): void {
  dropRetired(g);
  forgetGone(g);
  forgetNames(g);
  freeRows(g);
  for (let s: u32 = 0; s < g.sets; s++) if (g.cools || isBytes(setAt(g, s).type)) freeEntries(g, setAt(g, s));
}
