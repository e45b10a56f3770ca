// Frees what all rows and entries hold outside of their pools.
import { dropEntries } from "./distinct";
import { freeCalls } from "./drop";
import { INDEX_TABLES, indexPlaces, indexThing } from "./index_table";
import { forgetGone, freeBytes, freeKey } from "./keys";
import { dropRetired } from "./retired";
import { goneForget } from "./gone";
import { Group, callAt, callGone, setAt, setGone } from "./spec";

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
      for (let s: u32 = 0; s < g.sets; s++) dropEntries(g, setAt(g, s), row, false);
      freeKey(g, row);
    }
  }
}

export function freeAll(g: Group): void {
  dropRetired(g);
  forgetGone(g);
  forgetNames(g);
  freeRows(g);
}
