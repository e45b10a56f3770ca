import {
  FORMAT_JSON, PARSER_COERCE, PARSER_COLUMN_COUNT, PARSER_COLUMNS, PARSER_DEPTH_MAX, PARSER_EDGES, PARSER_FORMAT,
  PARSER_FRAMES, PARSER_INPUT, PARSER_LIMIT, PARSER_SERIAL, PARSER_SLOT_COUNT, PARSER_SLOTS, PARSER_STRICT_ROWS,
} from "./layout";

// The parser at work: globals that hold what the hot path reads, from enter() to leave().
export let parser: usize = 0;
export let columns: usize = 0;
export let columnsEnd: usize = 0;
export let edges: usize = 0;
export let slots: usize = 0;
export let slotMask: u32 = 0;
export let frames: usize = 0;
export let depthMax: i32 = 0;
export let coerce: bool = false;
export let input: usize = 0;
export let limit: usize = 0;
/** Whether a newline is white space: only where lines mean nothing. */
export let newlineIsSpace: bool = false;
/** The row that is written next. */
export let row: usize = 0;
/** Number of the row that is parsed strictly; grows with each. */
export let serial: u32 = 0;

/** Makes `handle` the parser at work. */
export function enter(handle: usize): void {
  parser = handle;
  columns = load<u32>(handle, PARSER_COLUMNS);
  columnsEnd = columns + (<usize>load<u32>(handle, PARSER_COLUMN_COUNT) << 6);
  edges = load<u32>(handle, PARSER_EDGES);
  slots = load<u32>(handle, PARSER_SLOTS);
  slotMask = load<u32>(handle, PARSER_SLOT_COUNT) - 1;
  frames = load<u32>(handle, PARSER_FRAMES);
  depthMax = load<i32>(handle, PARSER_DEPTH_MAX);
  coerce = load<u32>(handle, PARSER_COERCE) != 0;
  input = load<u32>(handle, PARSER_INPUT);
  limit = load<u32>(handle, PARSER_LIMIT);
  newlineIsSpace = load<i32>(handle, PARSER_FORMAT) == FORMAT_JSON;
  serial = load<u32>(handle, PARSER_SERIAL);
  row = 0;
}

/** Writes back what enter() took and the rows changed. */
export function leave(): void {
  store<u32>(parser, serial, PARSER_SERIAL);
}

export function nextRow(): void {
  row++;
}

export function setRow(at: usize): void {
  row = at;
}

/** nextRow() for a row that no template matched. */
export function nextStrictRow(): void {
  row++;
  store<u32>(parser, load<u32>(parser, PARSER_STRICT_ROWS) + 1, PARSER_STRICT_ROWS);
}

export function nextSerial(): void {
  serial++;
}

/** The first byte at or behind `at` that is not white space. */
@inline export function skip_white(at: usize): usize {
  while (true) {
    const c = <u32>load<u8>(at);
    if (c > 0x20 || (c != 0x20 && c != 9 && c != 13 && (c != 10 || !newlineIsSpace))) return at;
    at++;
  }
}

/** Where the cell of the row at hand lies in a column of 8-byte cells. */
@inline export function cell(data: usize): usize {
  return data + (row << 3);
}
