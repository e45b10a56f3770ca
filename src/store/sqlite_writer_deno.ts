import { RdxError } from "../core/errors.ts";
import { CHECKPOINT_PIECE_BYTES } from "../core/limits.ts";
import type { SavedStep, SavedTable } from "../store.ts";
import type { SqlitePart, SqliteRows, StepRow } from "./sqlite_rows_deno.ts";
import { StepColumns } from "./step_columns.ts";

/** Writes the steps of a part, some at a time. Parts have no meaning before a document names them. */
export class SqlitePartWriter {
  readonly part: number;
  readonly #rows: SqliteRows;
  readonly #columns = new StepColumns();
  #waiting: StepRow[] = [];
  #waitingBytes = 0;
  #steps = 0;
  #bytes = 0;
  #sum = 0;
  #spent: ArrayBuffer[] = [];
  #failure: unknown = null;

  constructor(rows: SqliteRows, folder: string) {
    this.#rows = rows;
    this.part = rows.run("INSERT INTO parts (folder) VALUES (?)", folder);
  }

  add(step: SavedStep): void {
    this.#trying(() => {
      this.#columns.note(step);
      const row = this.#rows.rowOf(step);
      if (row === null) return;
      const bytes = row.head.length + (row.frame?.length ?? 0);
      this.#sum = this.#rows.sumBehind(row.sum, this.#sum);
      this.#bytes += bytes;
      this.#waitingBytes += bytes;
      this.#waiting.push(row);
      if (this.#waitingBytes >= CHECKPOINT_PIECE_BYTES) this.#rows.changing(false, () => this.#flush());
    });
  }

  /** See CheckpointWriter. */
  spent(): ArrayBuffer[] {
    return this.#spent.splice(0);
  }

  /** Writes what waits, in the transaction of the caller. Throws RdxError("invalid") when steps are of no table that is told here. */
  finish(number: number, unique: boolean, tables: readonly SavedTable[]): SqlitePart {
    return this.#trying(() => {
      this.#columns.check(tables);
      this.#flush();
      return { part: this.part, number, unique, steps: this.#steps, bytes: this.#bytes, sum: this.#sum };
    });
  }

  /** Takes nothing more, and leaves nothing behind. */
  abandon(): void {
    this.#failure ??= new RdxError("conflict", `Cannot write to ${this.#rows.path}: the checkpoint is over`);
    this.#rows.changing(false, () => removePart(this.#rows, this.part));
  }

  #flush(): void {
    for (const { head, frame, sum } of this.#waiting) {
      this.#rows.run("INSERT INTO steps VALUES (?, ?, ?, ?, ?)", this.part, this.#steps++, head, frame, sum);
      if (frame) this.#spent.push(frame.buffer);
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #trying<Result>(run: () => Result): Result {
    if (this.#failure) throw this.#failure;
    try {
      return run();
    } catch (thrown) {
      throw this.#failure = thrown;
    }
  }
}

export function removePart(rows: SqliteRows, part: number): void {
  rows.run("DELETE FROM steps WHERE part = ?", part);
  rows.run("DELETE FROM parts WHERE part = ?", part);
}
