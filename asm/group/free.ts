// Frees what all rows and entries hold outside of their pools.
import { ENTRY_VALUE } from "./distinct";
import { freeCalls } from "./drop";
import { INDEX_TABLES, indexPlaces, indexThing } from "./index_table";
import { forgetGone, freeBytes, freeKey } from "./keys";
import { dropRetired } from "./retired";
import { DistinctSet, Group, isBytes, setAt } from "./spec";

function freeRows(g: Group): void {
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0; i < indexPlaces(g.rowsIndex, t); i++) {
      const row = indexThing(g.rowsIndex, t, i);
      if (!row) continue;
      freeCalls(g, row);
      freeKey(g, row);
    }
  }
}

function freeTexts(g: Group, set: DistinctSet): void {
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0; i < indexPlaces(set.index, t); i++) {
      const at = indexThing(set.index, t, i);
      if (at) freeBytes(g, at + ENTRY_VALUE);
    }
  }
}

export function freeAll(g: Group): void {
  dropRetired(g);
  forgetGone(g);
  freeRows(g);
  for (let s: u32 = 0; s < g.sets; s++) if (isBytes(setAt(g, s).type)) freeTexts(g, setAt(g, s));
}
