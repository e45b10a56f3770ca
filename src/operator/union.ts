import type { Batch } from "../core/batch.ts";
import type { Column } from "../core/schema.ts";
import { Stateless } from "./stateless.ts";

/** Passes the rows of all inputs on as they come. Their columns have equal types in order; the names are those of the first. */
export class Union extends Stateless {
  override readonly exchanges: readonly null[];

  constructor(id: string, columns: readonly Column[], inputs: number) {
    super(id, columns);
    this.exchanges = Array.from({ length: inputs }, () => null);
  }

  override push(batch: Batch): Batch {
    return batch;
  }
}
