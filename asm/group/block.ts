// BLOCK: the rows of input at hand, worked on column by column.
export const BLOCK_ROWS: u32 = 256;

const WORDS: usize = BLOCK_ROWS << 2;
const CELLS: usize = BLOCK_ROWS << 3;

const AREA: usize = memory.data(5 * 1024 + 4 * 2048 + 1024, 16);
const AT_NUMBERS: usize = 0;
const AT_ROWS: usize = WORDS;
const AT_KINDS: usize = 2 * WORDS; // bytes: existed, alive, weight of the row, weight of the call
const AT_HASHES: usize = 3 * WORDS;
const AT_CHARS: usize = 4 * WORDS;
const AT_CELLS: usize = 5 * WORDS;

/** u32 row number in the batch of each row of the block. */
@inline export function numbers(i: u32): u32 { return load<u32>(AREA + AT_NUMBERS + (<usize>i << 2)); }
@inline export function setNumber(i: u32, value: u32): void { store<u32>(AREA + AT_NUMBERS + (<usize>i << 2), value); }
/** State row of each; 0 = the row changes nothing. */
@inline export function stateRow(i: u32): usize { return load<u32>(AREA + AT_ROWS + (<usize>i << 2)); }
@inline export function setStateRow(i: u32, row: usize): void { store<u32>(AREA + AT_ROWS + (<usize>i << 2), <u32>row); }
/** Whether the key had rows before this one. */
@inline export function existed(i: u32): u8 { return load<u8>(AREA + AT_KINDS + i); }
@inline export function setExisted(i: u32, value: u8): void { store<u8>(AREA + AT_KINDS + i, value); }
/** Whether the key has rows after it. */
@inline export function alive(i: u32): u8 { return load<u8>(AREA + AT_KINDS + BLOCK_ROWS + i); }
@inline export function setAlive(i: u32, value: u8): void { store<u8>(AREA + AT_KINDS + BLOCK_ROWS + i, value); }
/** What the row counts: 1, −1 for one that is taken back. */
@inline export function sign(i: u32): i8 { return load<i8>(AREA + AT_KINDS + 2 * BLOCK_ROWS + i); }
@inline export function setSign(i: u32, value: i8): void { store<i8>(AREA + AT_KINDS + 2 * BLOCK_ROWS + i, value); }
/** What it counts for the call at hand: 1, −1 or 0. */
@inline export function weight(i: u32): i8 { return load<i8>(AREA + AT_KINDS + 3 * BLOCK_ROWS + i); }
@inline export function setWeight(i: u32, value: i8): void { store<i8>(AREA + AT_KINDS + 3 * BLOCK_ROWS + i, value); }
/** Whether a result of the row differs from the one before. */
@inline export function changed(i: u32): u8 { return load<u8>(AREA + AT_CHARS + i); }
@inline export function setChanged(i: u32): void { store<u8>(AREA + AT_CHARS + i, 1); }
export function clearChanged(): void { memory.fill(AREA + AT_CHARS, 0, BLOCK_ROWS); }
/** Hash so far of each row's key, 8 bytes. */
@inline export function hashOf(i: u32): u64 { return load<u64>(AREA + AT_CELLS + (<usize>i << 3)); }
@inline export function setHash(i: u32, hash: u64): void { store<u64>(AREA + AT_CELLS + (<usize>i << 3), hash); }
/** The argument of the call at hand: 8 bytes, or the address of a REF. */
@inline export function value(i: u32): i64 { return load<i64>(AREA + AT_CELLS + CELLS + (<usize>i << 3)); }
@inline export function setValue(i: u32, cell: i64): void { store<i64>(AREA + AT_CELLS + CELLS + (<usize>i << 3), cell); }
/** Entry of the set at hand that each row's value has; 0 = none. */
@inline export function entry(i: u32): usize { return load<u32>(AREA + AT_HASHES + (<usize>i << 2)); }
@inline export function setEntry(i: u32, at: usize): void { store<u32>(AREA + AT_HASHES + (<usize>i << 2), <u32>at); }
