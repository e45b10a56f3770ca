// FRAME in pieces: a frame that is put together outside of kernel memory needs no place in it. What has to be gathered or cleared is, into the arena;
// everything else is told where it lies.
//
//   PIECE   0             4           8
//           +-------------+-----------+---------------------+
//           | address u32 | bytes u32 | place in frame u32  |     zeros follow to the next multiple of 64
//           +-------------+-----------+---------------------+
import { arena_alloc } from "../memory";
import {
  BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, FRAME_COLUMN_CHARS, FRAME_COLUMN_CHARS_BYTES, FRAME_COLUMN_DATA,
  FRAME_COLUMN_DATA_BYTES, FRAME_COLUMN_NULLS, FRAME_COLUMN_SIZE, FRAME_COLUMN_VALIDITY, FRAME_COLUMNS, FRAME_HEADER_SIZE, FRAME_KINDS,
  FRAME_ROWS,
} from "../layout";
import { isVariable } from "../types";
import { column_gather, kinds_gather } from "./gather";
import { NO_MEMORY } from "./status";

const PIECE_BYTES: usize = 12;
/** What gathers write behind their end. */
const SLACK_BYTES: u32 = 64;

let next: usize = 0;
let count: i32 = 0;

function piece(address: usize, bytes: u32, place: u32): void {
  store<u32>(next, <u32>address);
  store<u32>(next, bytes, 4);
  store<u32>(next, place, 8);
  next += PIECE_BYTES;
  count++;
}

/** Room in the arena for a piece that is gathered; 0 without memory. */
function room(bytes: u32, place: u32): usize {
  const address = arena_alloc(bytes + SLACK_BYTES);
  if (address) piece(address, bytes, place);
  return address;
}

/** The pieces of a column; false without memory. */
function columnPieces(entry: usize, column: usize, selection: usize, selected: u32): bool {
  const type = load<u32>(column, COLUMN_TYPE), isText = isVariable(type), nulls = load<u32>(entry, FRAME_COLUMN_NULLS);
  const bytes = load<u32>(entry, FRAME_COLUMN_DATA_BYTES), place = load<u32>(entry, FRAME_COLUMN_DATA);
  if (type != BOOL && !isText && !selection && !nulls) {
    piece(load<u32>(column, COLUMN_DATA), bytes, place);
    return true;
  }
  const validity = nulls ? room((selected + 7) >> 3, load<u32>(entry, FRAME_COLUMN_VALIDITY)) : 0;
  const data = room(bytes, place);
  const chars = isText ? room(load<u32>(entry, FRAME_COLUMN_CHARS_BYTES), load<u32>(entry, FRAME_COLUMN_CHARS)) : 0;
  if ((nulls && !validity) || !data || (isText && !chars)) return false;
  column_gather(column, data, chars, validity, selection, selected);
  return true;
}

/**
 * Writes the PIECEs of the frame whose head frame_size made, but for the head itself, to `pieces`, which has room for three a column and one more. The other
 * arguments are as they were there, and the columns unchanged. Returns how many, or NO_MEMORY.
 */
export function frame_pieces(head: usize, columns: usize, selection: usize, kinds: usize, pieces: usize): i32 {
  const ncols = load<u32>(head, FRAME_COLUMNS), selected = load<u32>(head, FRAME_ROWS), place = load<u32>(head, FRAME_KINDS);
  next = pieces;
  count = 0;
  if (place) {
    const gathered = room(selected, place);
    if (!gathered) return NO_MEMORY;
    kinds_gather(gathered, kinds, selection, selected);
  }
  for (let i: u32 = 0; i < ncols; i++) {
    const entry = head + FRAME_HEADER_SIZE + i * FRAME_COLUMN_SIZE;
    if (!columnPieces(entry, columns + i * COLUMN_SIZE, selection, selected)) return NO_MEMORY;
  }
  return count;
}
