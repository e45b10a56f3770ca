import type { Vector } from "../core/batch.ts";
import { kindCode } from "../core/schema.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";

/** Writes COLUMN descriptors of `vectors` into the batch arena and returns the address of the first. */
export function writeColumns(kernel: Kernel, vectors: readonly Vector[]): number {
  const address = kernel.arena(Math.max(1, vectors.length) * COLUMN_SIZE);
  writeColumnsAt(kernel, vectors, address);
  return address;
}

/** Writes COLUMN descriptors of `vectors` at `address`, which has room for them. */
export function writeColumnsAt(kernel: Kernel, vectors: readonly Vector[], address: number): void {
  const data = kernel.data;
  for (let i = 0; i < vectors.length; i++) {
    const at = address + i * COLUMN_SIZE, vector = vectors[i];
    data.setUint32(at, kindCode(vector.type.kind), true);
    data.setUint32(at + 4, vector.data, true);
    data.setUint32(at + 8, vector.validity, true);
    data.setUint32(at + 12, vector.type.scale ?? 0, true);
  }
}
