// The items of an array (or members of an object) of the row at hand, listed so that functions can go over them in any order. Texts of
// nested values are valid and as short as they can be (asm/text/json_short.ts).
//
//   ITEM, 16 bytes: key address u32 (0 in arrays; the key's quote) · key end u32 · address u32 · end u32
import { refAddress, refLength } from "../../expr/text";
import { arena_alloc } from "../memory";
import { skipString, skipValue } from "../../text/json_scan";
import { cell } from "../cursor";

const ITEM_SIZE: usize = 16;
/** Items that the first list has room for. */
const FIRST_ROOM: u32 = 64;

let list: usize = 0;
let capacity: u32 = 0;
/** How many items the value has. */
export let itemCount: u32 = 0;
/** Set when the arena gave no memory for the list. */
export let noItemMemory: bool = false;

/** Forgets the list: another batch may have begun. */
export function beginItems(): void {
  list = 0;
  capacity = 0;
  noItemMemory = false;
}

@inline function itemOf(i: u32): usize {
  return list + <usize>i * ITEM_SIZE;
}

@inline export function itemAt(i: u32): usize {
  return load<u32>(itemOf(i), 8);
}

@inline export function itemEnd(i: u32): usize {
  return load<u32>(itemOf(i), 12);
}

/** The quote in front of the key of a member. */
@inline export function keyAt(i: u32): usize {
  return load<u32>(itemOf(i));
}

/** Behind the quote that ends the key. */
@inline export function keyEnd(i: u32): usize {
  return load<u32>(itemOf(i), 4);
}

/** Room for one more item; false without memory. */
function grow(): bool {
  if (itemCount < capacity) return true;
  const room = max(FIRST_ROOM, capacity << 1), larger = arena_alloc(<usize>room * ITEM_SIZE);
  if (!larger) {
    noItemMemory = true;
    return false;
  }
  memory.copy(larger, list, <usize>itemCount * ITEM_SIZE);
  list = larger;
  capacity = room;
  return true;
}

/** Adds the item in [at, end), with its key in [key, behindKey) if it is a member. False without memory. */
export function addItem(key: usize, behindKey: usize, at: usize, end: usize): bool {
  if (!grow()) return false;
  const item = itemOf(itemCount++);
  store<u32>(item, <u32>key);
  store<u32>(item, <u32>behindKey, 4);
  store<u32>(item, <u32>at, 8);
  store<u32>(item, <u32>end, 12);
  return true;
}

export function clearItems(): void {
  itemCount = 0;
}

/** Adds the items of the array in [at, end) behind those that are there. False when it is none, or without memory. */
export function addItems(at: usize, end: usize): bool {
  if (end - at < 2 || load<u8>(at) != 0x5b) return false;
  at++;
  while (at < end && load<u8>(at) != 0x5d) {
    const behind = skipValue(at, end);
    if (!behind || !addItem(0, 0, at, behind)) return false;
    at = behind + <usize>(load<u8>(behind) == 0x2c);
  }
  return true;
}

/** Adds the members of the object in [at, end). */
export function addMembers(at: usize, end: usize): bool {
  if (end - at < 2 || load<u8>(at) != 0x7b) return false;
  at++;
  while (at < end && load<u8>(at) != 0x7d) {
    const colon = skipString(at, end), behind = colon ? skipValue(colon + 1, end) : 0;
    if (!behind || !addItem(at, colon, colon + 1, behind)) return false;
    at = behind + <usize>(load<u8>(behind) == 0x2c);
  }
  return true;
}

/** Lists the items of the array that the operand of the row at hand is. */
export function listItems(register: usize): bool {
  clearItems();
  const at = refAddress(cell(register));
  return addItems(at, at + refLength(cell(register)));
}
