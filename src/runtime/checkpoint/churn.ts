import {
  CHECKPOINT_DELTAS_MAX,
  CHECKPOINT_SMALL_BYTES,
  CHECKPOINT_WHOLE_BYTES_MAX,
  CHECKPOINT_WHOLES_MAX,
} from "../../core/limits.ts";

/** What is known of a pipeline when one is to be taken. */
interface Now {
  /** Rows that it has taken so far, and those of its state. */
  readonly rowsIn: number;
  readonly stateRows: number;
  /** Rows of state that are not in memory, which would be read for it. */
  readonly coldRows: number;
}

/**
 * Whether checkpoints have everything, although what has changed would do. Deltas that are too many or too long become a new base: where all of the state is in
 * memory, one that has everything costs a tenth of what its store would have to do for that, which reads and merges base and deltas. And where most of the
 * state changes from one to the next, a delta has hardly less than a whole one: how much it would have is looked at only now and then.
 */
export class Churn {
  /** Of the newest that had everything; 0: nothing is known of it. */
  #baseBytes = 0;
  /** On that one. */
  #deltas = 0;
  #deltaBytes = 0;
  /** Of those that are to have everything since deltas have hardly less. */
  #left = 0;
  /** Rows that were taken in front of the newest. */
  #rowsIn = 0;

  /** Few rows since the newest have not changed much. */
  wantsWhole({ rowsIn, stateRows, coldRows }: Now): boolean {
    if (!this.makesBases(coldRows)) return false;
    if (this.#left > 0) return (rowsIn - this.#rowsIn) * 2 >= stateRows;
    return this.#deltas > CHECKPOINT_DELTAS_MAX || isMuch(this.#deltaBytes, this.#baseBytes);
  }

  /** Whether deltas are followed by one that has everything as soon as they are too many. */
  makesBases(coldRows: number): boolean {
    return coldRows === 0 && this.#baseBytes > 0 && this.#baseBytes <= CHECKPOINT_WHOLE_BYTES_MAX;
  }

  /** One was taken. */
  took(whole: boolean, bytes: number, rowsIn: number): void {
    this.#rowsIn = rowsIn;
    if (whole) {
      this.#baseBytes = bytes;
      this.#deltas = this.#deltaBytes = 0;
      this.#left = Math.max(0, this.#left - 1);
    } else {
      this.#deltas++;
      this.#deltaBytes += bytes;
      this.#left = isMuch(bytes, this.#baseBytes) && this.#baseBytes > 0 ? CHECKPOINT_WHOLES_MAX : 0;
    }
  }
}

function isMuch(deltaBytes: number, baseBytes: number): boolean {
  return deltaBytes > CHECKPOINT_SMALL_BYTES && deltaBytes * 2 > baseBytes;
}
