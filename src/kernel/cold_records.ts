import { COLD_ADMIT_BYTES, COLD_GAP_BYTES } from "../core/limits.ts";
import { type ColdSegments, damagedFile, UNIT } from "./cold_segments.ts";
import type { Kernel } from "./module.ts";

/** A place and a size in one double: the size has 16 bits. */
export const SIZES = 65_536;

/** Reads records of a working file into the batch arena, those that lie together at once; their addresses. `wanted`: place * SIZES + size, in UNITs. */
export function readRecords(kernel: Kernel, file: ColdSegments, wanted: readonly number[]): number[] {
  const sorted = Float64Array.from(wanted).sort(), records: number[] = [];
  for (let next = 0; next < sorted.length;) {
    const start = Math.floor(sorted[next] / SIZES) * UNIT, first = next;
    let end = start;
    for (; next < sorted.length; next++) {
      const at = Math.floor(sorted[next] / SIZES) * UNIT, behind = at + sorted[next] % SIZES * UNIT;
      if (next > first && (at - end > COLD_GAP_BYTES || behind - start > COLD_ADMIT_BYTES)) break;
      end = behind;
    }
    const buffer = kernel.arena(end - start);
    file.read(start, kernel.bytes.subarray(buffer, buffer + end - start));
    const { data } = kernel;
    for (let i = first; i < next; i++) {
      const record = buffer + Math.floor(sorted[i] / SIZES) * UNIT - start;
      // What is behind its length its own checksum tells
      if (data.getUint32(record, true) !== sorted[i] % SIZES * UNIT) {
        throw damagedFile("the length of a record is wrong");
      }
      records.push(record);
    }
  }
  return records;
}

/**
 * Reads some of sorted records into the batch arena, from the one at `from` on, COLD_ADMIT_BYTES at most with what lies between them; their addresses, and
 * where the next begin.
 */
export function readSome(
  kernel: Kernel,
  file: ColdSegments,
  sorted: Float64Array,
  from: number,
): { readonly records: readonly number[]; readonly next: number } {
  const buffer = kernel.arena(COLD_ADMIT_BYTES), records: number[] = [];
  let next = from, used = 0;
  while (next < sorted.length) {
    const start = Math.floor(sorted[next] / SIZES) * UNIT, first = records.length;
    let end = start;
    for (; next < sorted.length; next++) {
      const at = Math.floor(sorted[next] / SIZES) * UNIT, behind = at + sorted[next] % SIZES * UNIT;
      if (at - end > COLD_GAP_BYTES || used + behind - start > COLD_ADMIT_BYTES) break;
      records.push(buffer + used + at - start);
      end = behind;
    }
    if (records.length === first) break;
    file.read(start, kernel.bytes.subarray(buffer + used, buffer + used + end - start));
    used += end - start;
  }
  return { records, next };
}

/** Addresses as a list in the batch arena, u32 each. */
export function listOf(kernel: Kernel, addresses: readonly number[]): number {
  const list = kernel.arena(Math.max(1, addresses.length) * 4);
  new Uint32Array(kernel.bytes.buffer, list, addresses.length).set(addresses);
  return list;
}
