import { countBits } from "../../bitmap.ts";
import type { FlatTable } from "../../flat_table.ts";
import { ARROW_ROWS_MAX } from "../../limits.ts";
import { RECORD_BATCH } from "../format.ts";
import { arrowError, type DecodeBudget } from "./error.ts";

/** Bits of a column's rows, or null when all values are there. */
export interface Validity {
  readonly validity: Uint8Array<ArrayBuffer> | null;
  readonly nulls: number;
}

const ALL_THERE: Validity = { validity: null, nulls: 0 };

/** Gives the nodes and buffers of a record batch one after the other, as the columns ask for them. */
export class BatchBody {
  readonly rows: number;
  readonly budget: DecodeBudget;
  readonly #header: FlatTable;
  readonly #bytes: Uint8Array;
  /** Which node and which buffer come next, of all columns and of those that lie in others. */
  readonly #next: { node: number; buffer: number };

  /** `inside`: the column that is read lies in another one of that body, and has so many rows. */
  constructor(
    header: FlatTable,
    bytes: Uint8Array,
    budget: DecodeBudget,
    inside: { readonly body: BatchBody; readonly rows: number } | null = null,
  ) {
    this.#header = header;
    this.#bytes = bytes;
    this.budget = budget;
    this.#next = inside ? inside.body.#next : { node: 0, buffer: 0 };
    this.rows = inside ? inside.rows : header.int64(RECORD_BATCH.length);
    if (this.rows < 0 || this.rows > ARROW_ROWS_MAX) {
      throw arrowError(`a record batch has ${this.rows} rows, at most ${ARROW_ROWS_MAX}: split it`);
    }
    // Rows cost something even where no column does.
    budget.take(this.rows);
    if (header.table(RECORD_BATCH.compression)) {
      throw arrowError("its buffers are compressed: write them without compression");
    }
  }

  /** The same where the next column lies in one with other rows. */
  inside(name: string): BatchBody {
    const [rows] = this.#header.pair(RECORD_BATCH.nodes, this.#next.node);
    if (rows < 0) throw arrowError(`it has ${rows} items`, name);
    return new BatchBody(this.#header, this.#bytes, this.budget, { body: this, rows });
  }

  /** Goes on to the next column, whose node must have as many rows as the batch. */
  column(name: string): void {
    const [rows] = this.#header.pair(RECORD_BATCH.nodes, this.#next.node++);
    if (rows !== this.rows) throw arrowError(`it has ${rows} rows in a batch of ${this.rows}`, name);
  }

  /** A copy of the next buffer's first `bytes` bytes, at an address that typed arrays of any kind take. */
  buffer(bytes: number, name: string): Uint8Array<ArrayBuffer> {
    const view = this.view(name);
    if (view.length < bytes) throw arrowError(`a buffer has ${view.length} bytes, expected ${bytes}`, name);
    this.budget.take(bytes);
    return view.slice(0, bytes);
  }

  /** All of the next buffer, where it lies. */
  view(name: string): Uint8Array {
    const [offset, length] = this.#header.pair(RECORD_BATCH.buffers, this.#next.buffer++);
    if (offset < 0 || length < 0 || offset + length > this.#bytes.length) {
      throw arrowError(`a buffer of ${length} bytes at ${offset} lies outside of the body`, name);
    }
    return this.#bytes.subarray(offset, offset + length);
  }

  /** The next buffer as a validity bitmap. What the node says of NULLs is not relied on. */
  validity(name: string): Validity {
    const bytes = Math.ceil(this.rows / 8), nulls = this.#header.pair(RECORD_BATCH.nodes, this.#next.node - 1)[1];
    const view = this.view(name);
    if (view.length === 0 && nulls === 0) return ALL_THERE;
    if (view.length < bytes) throw arrowError(`its validity bitmap has ${view.length} bytes, expected ${bytes}`, name);
    this.budget.take(bytes);
    const validity = view.slice(0, bytes), missing = this.rows - countBits(validity, this.rows);
    return missing === 0 ? ALL_THERE : { validity, nulls: missing };
  }
}
