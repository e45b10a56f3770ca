// Frees rows that have nothing more to say: those whose rows were all taken back, whose window is over, or that nothing
// has changed for long. What came out last may refer to them, so that they go when the next step begins.
import { dropEntries } from "./distinct";
import { unlink } from "./expire";
import { heapFree } from "./heap";
import { dropRow, freeBytes } from "./keys";
import { listFree } from "./list";
import { dropRetired } from "./retired";
import { sketchFree } from "./sketch";
import { forgetChange } from "./tick";
import {
  FLAG_EXPIRES, FLAG_TICKS, FLAG_WINDOWED, Group, OP_FIRST_BYTES, OP_HEAP_MAX, OP_HEAP_MIN, OP_LAST_BYTES, OP_LIST, OP_MAX_BYTES, OP_MIN_BYTES, OP_SKETCH,
  ROW_ALIVE, ROW_FIRED, ROW_STATE, ROW_STORED, callAt, has, setAt,
} from "./spec";

// ROW_FIRED of a doomed row: the next doomed one, END behind the last
const END: u32 = 1;

/** The row goes unless it is alive when the next step begins. */
export function doom(g: Group, row: usize): void {
  if (load<u32>(row, ROW_FIRED)) return;
  store<u32>(row, g.doomed ? g.doomed : END, ROW_FIRED);
  g.doomed = <u32>row;
}

/** Frees what the calls of a row hold beside its cells; `tells`: drains tell that it is gone. */
export function freeCalls(g: Group, row: usize, tells: bool): void {
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i), cell = row + call.cell, op = call.op;
    if (op == OP_LIST) listFree(g, call, row, tells);
    else if (op == OP_HEAP_MIN || op == OP_HEAP_MAX) heapFree(g, cell);
    else if (op == OP_SKETCH) sketchFree(g, call, row, tells);
    else if (op == OP_MIN_BYTES || op == OP_MAX_BYTES || op == OP_FIRST_BYTES || op == OP_LAST_BYTES) {
      if (load<i64>(cell, 8)) freeBytes(g, cell);
    }
  }
}

/** Frees a row with all that it holds. Those of windows go all at once, by the end of these, and nobody has to be told of each. */
export function freeRow(g: Group, row: usize): void {
  const tells = !has(g, FLAG_WINDOWED);
  if (!tells) store<u32>(row, load<u32>(row, ROW_STATE) & ~ROW_STORED, ROW_STATE);
  freeCalls(g, row, tells);
  for (let s: u32 = 0; s < g.sets; s++) dropEntries(g, setAt(g, s), row, tells);
  if (has(g, FLAG_EXPIRES)) unlink(g, row);
  if (has(g, FLAG_TICKS)) forgetChange(g, row);
  dropRow(g, row);
}

/** Frees the doomed rows that are not alive again, and the texts that others took the place of. */
export function dropDoomed(g: Group): void {
  dropRetired(g);
  while (g.doomed) {
    const row: usize = g.doomed, next = load<u32>(row, ROW_FIRED);
    g.doomed = next == END ? 0 : next;
    store<u32>(row, 0, ROW_FIRED);
    if (load<i64>(row, ROW_ALIVE) == 0) freeRow(g, row);
  }
}
