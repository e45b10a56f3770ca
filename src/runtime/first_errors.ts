import { INGEST_ERRORS_MAX } from "../core/limits.ts";
import type { DeadRow } from "./protocol.ts";

/** The first rows that a pipeline could not use: as many as somebody would read. */
export class FirstErrors {
  readonly #rows: DeadRow[];

  /** `before`: those of the process before. */
  constructor(before: readonly DeadRow[] = []) {
    this.#rows = [...before];
  }

  get rows(): readonly DeadRow[] {
    return this.#rows;
  }

  note(row: DeadRow): void {
    if (this.#rows.length < INGEST_ERRORS_MAX) this.#rows.push(row);
  }
}
