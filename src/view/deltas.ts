import { VIEW_DELTA_ROWS_MAX, VIEW_DELTAS_MAX } from "../core/limits.ts";
import type { ViewDelta } from "../view.ts";

/** The newest deltas of a view, for subscribers that come back. */
export class DeltaList {
  readonly #deltasMax: number;
  readonly #rowsMax: number;
  #deltas: ViewDelta[] = [];
  #rows = 0;
  /** Number of the newest delta that is no longer kept; 0 while all are. */
  #forgotten = 0;

  constructor(deltasMax = VIEW_DELTAS_MAX, rowsMax = VIEW_DELTA_ROWS_MAX) {
    this.#deltasMax = deltasMax;
    this.#rowsMax = rowsMax;
  }

  /** None up to `seq` is kept. */
  forget(seq: number): void {
    this.#deltas = [];
    this.#rows = 0;
    this.#forgotten = seq;
  }

  append(delta: ViewDelta): void {
    this.#deltas.push(delta);
    this.#rows += rowsOf(delta);
    let gone = 0;
    while (this.#deltas.length - gone > this.#deltasMax || this.#rows > this.#rowsMax) {
      this.#rows -= rowsOf(this.#deltas[gone]);
      this.#forgotten = this.#deltas[gone++].seq;
    }
    this.#deltas.splice(0, gone);
  }

  /** The deltas after `seq`, or null when some are no longer kept. */
  since(seq: number): readonly ViewDelta[] | null {
    return seq < this.#forgotten ? null : this.#deltas.filter((delta) => delta.seq > seq);
  }
}

function rowsOf(delta: ViewDelta): number {
  return delta.changes.reduce((sum, { range }) => sum + range.rows, 0);
}
