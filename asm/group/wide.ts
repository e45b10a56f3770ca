// Sums of wide decimals: 192 bits in two's complement, so that a sum may leave the range of its type and come back.
//
//   cells   low u64, middle u64, high i64, count i64
import { arena_alloc } from "../memory";
import { isWideNumber, storeWide, wideHigh, wideLow, WIDE_BYTES } from "../decimal/cell";
import { wideToDouble } from "../decimal/double";
import { powerOfTen } from "../aggregate/spec";

/** Results that are allocated together. */
const ROOM_BYTES: usize = 4096;

let room: usize = 0;
let roomEnd: usize = 0;

/** Forgets the room for results, which lies in the batch arena. */
export function wideBegin(): void {
  room = roomEnd = 0;
}

/** Room for one result; 0 when there is no memory. */
function wideRoom(): usize {
  if (room == roomEnd) {
    room = roomEnd = arena_alloc(ROOM_BYTES);
    if (!room) return 0;
    roomEnd = room + ROOM_BYTES;
  }
  const at = room;
  room += WIDE_BYTES;
  return at;
}

/** Adds the wide decimal at `value` to the cells, or takes it away. */
export function wideSumAdd(cell: usize, weight: i64, value: usize): void {
  let low = wideLow(value), high = wideHigh(value);
  if (weight < 0) {
    low = ~low + 1;
    high = ~high + i64(low == 0);
  }
  const sum = load<u64>(cell) + low, middle = load<u64>(cell, 8);
  const carry = u64(sum < low), next = middle + <u64>high + carry;
  // What is carried on beyond the sum of the middle halves
  const out = u64(next < middle || (carry && next == middle && high == -1));
  store<u64>(cell, sum);
  store<u64>(cell, next, 8);
  store<i64>(cell, load<i64>(cell, 16) + (high >> 63) + <i64>out, 16);
}

/** The address of (high, low), in two's complement, as a wide decimal in the batch arena. */
function write(high: i64, low: u64): usize {
  const at = wideRoom();
  if (at) storeWide(at, high, low);
  return at;
}

/** Whether there is a result, though there may be no memory for it. */
export let wideThere: bool = false;

/** The sum of the cells as a wide decimal in the batch arena; 0 without, or when there is no memory. */
export function wideSum(cell: usize): usize {
  const low = load<u64>(cell), middle = load<i64>(cell, 8);
  wideThere = load<i64>(cell, 24) != 0 && load<i64>(cell, 16) == middle >> 63 && isWideNumber(middle, low);
  return wideThere ? write(middle, low) : 0;
}

/** The same of a sum of integers: low, wraps, count (aggregate/wide.ts). */
export function wideOfInts(cell: usize): usize {
  const low = load<i64>(cell), high = load<i64>(cell, 8) + (low >> 63);
  wideThere = load<i64>(cell, 16) != 0 && isWideNumber(high, <u64>low);
  return wideThere ? write(high, <u64>low) : 0;
}

/** The average of the cells as a double; only where there is a count. */
export function wideAverage(cell: usize, scale: u32): f64 {
  const high = load<i64>(cell, 16), below = high < 0;
  let first = load<u64>(cell), second = load<u64>(cell, 8), third = <u64>high;
  if (below) {
    first = ~first + 1;
    second = ~second + u64(first == 0);
    third = ~third + u64(first == 0 && second == 0);
  }
  // The top 64 bits, the lowest of them set when anything but 0 lies behind, round as the whole does
  let shift: u32 = 0;
  for (; second | third; shift++) {
    first = (first >> 1) | (first & 1) | (second << 63);
    second = (second >> 1) | (third << 63);
    third >>= 1;
  }
  let sum = <f64>first;
  for (; shift; shift--) sum *= 2.0;
  return (below ? -sum : sum) / (<f64>load<i64>(cell, 24) * powerOfTen(scale));
}

/** A value as a double. */
export function wideDouble(value: usize, scale: u32): f64 {
  return wideToDouble(load<u32>(value), scale);
}
