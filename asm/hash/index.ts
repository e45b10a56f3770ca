// Hashing room: keyed hashes for tables, unseeded groups for key groups, partitioning by them, and the
// checksum of what is written down.
import { hash_i64 as hashOf8 } from "./keyed";
import { xxh3 } from "./xxh3";

export { crc32c as hash_crc32c } from "./crc32c";
export { group_of_row as hash_group_of_row, hash_groups } from "./group";
export { partition_by_value, partition_owners, partition_round_robin, partition_select } from "./partition";

/** XXH3-64 of `length` bytes at `at`, written as a u64 to `out`. */
export function hash_xxh3(at: usize, length: u32, seedLow: u32, seedHigh: u32, out: usize): void {
  store<u64>(out, xxh3(at, length, <u64>seedLow | (<u64>seedHigh << 32)));
}

/** The keyed hash of the int64 at `at`, written as a u64 to `out`. */
export function hash_int64(at: usize, seedLow: u32, seedHigh: u32, out: usize): void {
  store<u64>(out, hashOf8(load<u64>(at), <u64>seedLow | (<u64>seedHigh << 32)));
}
