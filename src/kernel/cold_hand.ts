import { COLD_CHUNK_BYTES } from "../core/limits.ts";
import type { Kernel } from "./module.ts";

/** Functions of the kernel by which rows of an operator leave, as many as look cold: a step of a hand that goes by all of them again and again. */
export interface ColdHand {
  /** (operator, to, room, epoch) → bytes of records. */
  readonly evict: string;
  /** (operator) → bytes of a record that the last step had no room for. */
  readonly wants: string;
  /** (operator) → steps after which whatever can leave has left. */
  readonly rounds: string;
}

/** Hands of rows of a shelf, of groups, and of whole pages of these. */
export const SHELF_HAND = { evict: "shelf_evict", wants: "shelf_wants", rounds: "shelf_rounds" };
export const GROUP_HAND = { evict: "group_evict", wants: "group_wants", rounds: "group_rounds" };
export const GROUP_PAGES_HAND = { evict: "group_empty", wants: "group_wants", rounds: "group_empty_rounds" };

/** Moves a hand on until `isEnough` says so of the bytes that were written, or all have left that can; how many bytes. `epoch`: cuts so far. */
export function evictBy(
  kernel: Kernel,
  hand: ColdHand,
  operator: number,
  epoch: number,
  append: (at: number, bytes: number) => void,
  isEnough: (written: number) => boolean,
): number {
  const mark = kernel.mark(), evict = kernel.fn(hand.evict), wants = kernel.fn(hand.wants);
  let size = COLD_CHUNK_BYTES, buffer = kernel.arena(size), written = 0;
  for (let left = 4 + kernel.fn(hand.rounds)(operator); left > 0 && !isEnough(written);) {
    const bytes = evict(operator, buffer, size, epoch) >>> 0, wanted = wants(operator) >>> 0;
    if (bytes > 0) append(buffer, bytes);
    else if (wanted > size) buffer = kernel.arena(size = wanted);
    else left--;
    written += bytes;
  }
  kernel.release(mark);
  return written;
}
