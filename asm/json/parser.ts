import { block_alloc, block_free } from "../memory";
import { bitmap_bytes, use_bitmap } from "./bitmap";
import { enter_edges, slot_count } from "./keys";
import {
  COLUMN_STATE_SIZE, COLUMN_STATE_STAMP, EDGE_SIZE, EDGE_STAMP, ERROR_SIZE, FORMAT_NDJSON, FRAME_SIZE, PARSER_ASLEEP,
  PARSER_AT, PARSER_BITMAP, PARSER_BITMAP_BYTES, PARSER_BLOCK_BYTES, PARSER_COERCE, PARSER_COLUMN_COUNT,
  PARSER_COLUMNS, PARSER_CREDIT, PARSER_DEPTH_MAX, PARSER_EDGE_COUNT, PARSER_EDGES, PARSER_ERRORS, PARSER_ERRORS_MAX,
  PARSER_FORMAT, PARSER_FRAMES, PARSER_INPUT, PARSER_LAST, PARSER_LEAVES, PARSER_LIMIT, PARSER_LINE, PARSER_LINE_AT,
  PARSER_LINE_START, PARSER_LINES_END, PARSER_SCANNED, PARSER_SERIAL, PARSER_SIZE, PARSER_SLOT_COUNT, PARSER_SLOTS, PARSER_STATE, PARSER_STRICT_ROWS,
  PARSER_TEMPLATES,
} from "./layout";
import { LEARNED_SIZE, LEAVES_MAX } from "./leaf";
import { clear_templates, CREDIT_MAX, templates_bytes } from "./learn";
import { end_bitmap, stage1 } from "./stage1";
import { enter } from "./state";
import { free_unescaped, reset_unescaped } from "./unescaped";

/** Bytes behind the input that a parser may write. */
const INPUT_SLACK: usize = 192;
/** A bitmap up to this size is kept for the next input, whatever that needs. */
const KEPT_BYTES_MAX: usize = 1 << 20;

let taken: usize = 0;

/** The next table of `bytes` in the parser's block, aligned to 64. */
function take(bytes: usize): u32 {
  const at = taken;
  taken += (bytes + 63) & ~63;
  return <u32>at;
}

/** Makes a parser with empty COLUMN_STATEs and EDGEs, which are filled before json_ready. 0 = no memory. */
export function json_create(columnCount: i32, edgeCount: i32, errorsMax: i32, depthMax: i32, coerce: i32): usize {
  const slotCount = slot_count(edgeCount);
  const columnBytes = <usize>columnCount * COLUMN_STATE_SIZE, edgeBytes = <usize>edgeCount * EDGE_SIZE;
  const slotBytes = <usize>slotCount << 2, frameBytes = <usize>depthMax * FRAME_SIZE;
  const errorBytes = <usize>(errorsMax + 1) * ERROR_SIZE, leafBytes = <usize>LEAVES_MAX * LEARNED_SIZE;
  const bytes = <usize>PARSER_SIZE + columnBytes + edgeBytes + slotBytes + frameBytes + errorBytes + leafBytes +
    templates_bytes(columnCount) + 64 * 8;
  const handle = block_alloc(bytes);
  if (!handle) return 0;
  memory.fill(handle, 0, PARSER_SIZE);
  taken = (handle + PARSER_SIZE + 63) & ~63;
  store<u32>(handle, take(columnBytes), PARSER_COLUMNS);
  store<u32>(handle, take(edgeBytes), PARSER_EDGES);
  store<u32>(handle, take(slotBytes), PARSER_SLOTS);
  store<u32>(handle, take(frameBytes), PARSER_FRAMES);
  store<u32>(handle, take(errorBytes), PARSER_ERRORS);
  store<u32>(handle, take(leafBytes), PARSER_LEAVES);
  store<u32>(handle, take(templates_bytes(columnCount)), PARSER_TEMPLATES);
  memory.fill(load<u32>(handle, PARSER_COLUMNS), 0, taken - load<u32>(handle, PARSER_COLUMNS));
  store<i32>(handle, columnCount, PARSER_COLUMN_COUNT);
  store<i32>(handle, edgeCount, PARSER_EDGE_COUNT);
  store<u32>(handle, slotCount, PARSER_SLOT_COUNT);
  store<i32>(handle, errorsMax, PARSER_ERRORS_MAX);
  store<i32>(handle, depthMax, PARSER_DEPTH_MAX);
  store<i32>(handle, coerce, PARSER_COERCE);
  store<u32>(handle, <u32>bytes, PARSER_BLOCK_BYTES);
  return handle;
}

/** Ends the making of a parser, once its COLUMN_STATEs and EDGEs are filled. */
export function json_ready(handle: usize): void {
  enter(handle);
  enter_edges(load<i32>(handle, PARSER_EDGE_COUNT));
  clear_templates(load<u32>(handle, PARSER_TEMPLATES), load<i32>(handle, PARSER_COLUMN_COUNT));
  store<i32>(handle, 0, PARSER_LAST);
  store<i32>(handle, CREDIT_MAX, PARSER_CREDIT);
  store<i32>(handle, 0, PARSER_ASLEEP);
}

function freeBitmap(handle: usize): void {
  const bitmap = load<u32>(handle, PARSER_BITMAP);
  if (bitmap) block_free(bitmap, load<u32>(handle, PARSER_BITMAP_BYTES));
  store<u32>(handle, 0, PARSER_BITMAP);
  store<u32>(handle, 0, PARSER_BITMAP_BYTES);
}

/** Makes room for the bitmap of `length` bytes; false = no memory. */
function needBitmap(handle: usize, length: usize): bool {
  const need = bitmap_bytes(length), has = <usize>load<u32>(handle, PARSER_BITMAP_BYTES);
  if (has >= need && (has <= KEPT_BYTES_MAX || has <= need << 2)) return true;
  freeBitmap(handle);
  const bitmap = block_alloc(need);
  if (!bitmap) return false;
  store<u32>(handle, <u32>bitmap, PARSER_BITMAP);
  store<u32>(handle, <u32>need, PARSER_BITMAP_BYTES);
  return true;
}

/** Stamps of rows are numbers from 1 within one input: no stamp of the last input may stay. */
function clearStamps(handle: usize): void {
  store<u32>(handle, 0, PARSER_SERIAL);
  const columns = <usize>load<u32>(handle, PARSER_COLUMNS), edges = <usize>load<u32>(handle, PARSER_EDGES);
  for (let i: u32 = 0; i < load<u32>(handle, PARSER_COLUMN_COUNT); i++) {
    store<u32>(columns + <usize>i * COLUMN_STATE_SIZE, 0, COLUMN_STATE_STAMP);
  }
  for (let i: u32 = 0; i < load<u32>(handle, PARSER_EDGE_COUNT); i++) {
    store<u32>(edges + <usize>i * EDGE_SIZE, 0, EDGE_STAMP);
  }
}

/**
 * Begins a new input: `length` bytes at `input`, which is aligned to 64, with 64 readable bytes before it and
 * INPUT_SLACK writable ones behind it. `format` is a FORMAT_…. Returns 0, or -1 if memory ran out.
 */
export function json_begin(handle: usize, input: usize, length: usize, format: i32): i32 {
  if (!needBitmap(handle, length)) return -1;
  reset_unescaped(handle);
  clearStamps(handle);
  const limit = input + length;
  memory.fill(limit, 0, INPUT_SLACK);
  if (format == FORMAT_NDJSON) store<u8>(limit, 10);
  use_bitmap(load<u32>(handle, PARSER_BITMAP), input);
  store<u32>(handle, <u32>input, PARSER_SCANNED);
  store<u32>(handle, <u32>input, PARSER_LINES_END);
  // Lines are scanned as they are read
  if (format != FORMAT_NDJSON) {
    stage1(input, limit + 1, input);
    end_bitmap(limit + 1);
  }
  const marked = length >= 3 && load<u16>(input) == 0xbbef && load<u8>(input, 2) == 0xbf; // byte order mark
  store<u32>(handle, <u32>input, PARSER_INPUT);
  store<u32>(handle, <u32>limit, PARSER_LIMIT);
  store<u32>(handle, <u32>(input + (marked ? 3 : 0)), PARSER_AT);
  store<i32>(handle, format, PARSER_FORMAT);
  store<i32>(handle, 0, PARSER_STATE);
  store<u32>(handle, <u32>input, PARSER_LINE_AT);
  store<u32>(handle, 1, PARSER_LINE);
  store<u32>(handle, <u32>input, PARSER_LINE_START);
  store<u32>(handle, 0, PARSER_STRICT_ROWS);
  return 0;
}

/** Frees the parser and all it holds. */
export function json_close(handle: usize): void {
  freeBitmap(handle);
  free_unescaped(handle);
  block_free(handle, load<u32>(handle, PARSER_BLOCK_BYTES));
}
