import type { Batch, Vector } from "../core/batch.ts";
import type { DataType } from "../core/schema.ts";
import { COLUMN_DATA, COLUMN_SIZE, COLUMN_VALIDITY } from "./layout.ts";
import type { Kernel } from "./module.ts";

/** A batch of `rows` rows from the COLUMN descriptors at `address`, one for each type. */
export function readBatch(kernel: Kernel, address: number, types: readonly DataType[], rows: number): Batch {
  const data = kernel.data;
  const columns = types.map((type, i): Vector => {
    const at = address + i * COLUMN_SIZE;
    return {
      type,
      data: data.getUint32(at + COLUMN_DATA, true),
      validity: data.getUint32(at + COLUMN_VALIDITY, true),
    };
  });
  return { rows, columns, selection: 0, selected: rows, kinds: 0 };
}
