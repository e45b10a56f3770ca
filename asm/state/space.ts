// Memory of keyed state, counted for each owner.
import { block_size, state_alloc, state_free } from "../memory";

/** What all tables of one operator share: how their rows look, and how much they hold. */
@unmanaged
export class Space {
  bytes: u32; // of state memory
  rowBytes: u32; // of one row, a multiple of ROW_ALIGN
  template: u32; // address of a row as it is before its first value
  rows: u32; // in all tables
  seed: u64; // of keyed hashes
  hashAt: u32; // offset in a row of its hash (u32) and key group (u8); 0 = the key is one cell, and tells them
}

/** State memory of at least `bytes`; 0 when the state's bound or the memory's maximum is reached. */
export function spaceTake(space: Space, bytes: u32): usize {
  const address = state_alloc(bytes);
  if (address) space.bytes += <u32>block_size(bytes);
  return address;
}

/** Gives back what spaceTake gave; `bytes` as it was asked for. */
export function spaceGive(space: Space, address: usize, bytes: u32): void {
  space.bytes -= <u32>block_size(bytes);
  state_free(address, bytes);
}
