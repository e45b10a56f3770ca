// Sockets room: what is done to the bytes of WebSockets before they are rows.
import { unmask_scalar } from "./unmask_scalar";
import { unmask_simd } from "./unmask_simd";

/**
 * Takes the mask (four bytes, as they lie in memory; the first is for the byte at `at`) from `length` bytes, 64 KiB at most (RFC 6455, 5.3). `afterFeed`: 1 where a line
 * begins at `at`, since a line feed or nothing stands before it.
 *
 *   bits  31                    30                      29 … 0
 *         a byte is not ASCII   the last is a line feed  lines that hold anything and end here
 */
export function socket_unmask(at: usize, length: u32, mask: u32, afterFeed: u32): u32 {
  if (ASC_FEATURE_SIMD) return unmask_simd(at, length, mask, afterFeed);
  else return unmask_scalar(at, length, mask, afterFeed);
}
