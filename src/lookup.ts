import type { Column } from "./core/schema.ts";

/**
 * A table outside of which rows are asked for by key. Answers enter the order as records, so that a replay of a recorded order asks
 * nobody.
 */
export interface Lookup {
  /**
   * Makes ready, and checks what can be known before the first row comes: throws RdxError("invalid_plan") that names the table or the
   * column that is not there.
   */
  open(): Promise<void>;
  /**
   * The rows for the keys of `keys`, a frame of key columns without NULL and without a key twice. Returns frames of at most
   * BATCH_ROWS_MAX rows: an int64 column with the number of the key in `keys`, ascending, then the columns that were asked for. Keys of which
   * a row makes no sense, while others have an answer, come last in frames of their own, with their places (see `placeOf`) and why as a string.
   * Throws LookupFailure when there is no answer at all, and whatever `signal` says when it is aborted.
   */
  find(keys: ArrayBuffer, signal: AbortSignal): Promise<readonly ArrayBuffer[]>;
  close(): Promise<void>;
}

/** Why a question has no answer. */
export class LookupFailure extends Error {
  override readonly name = "LookupFailure";
  constructor(
    message: string,
    /** Asking again would give the same: the answer itself is wrong. */
    readonly lasting: boolean,
    /** How long whoever was asked wants to be left alone. */
    readonly waitMs = 0,
  ) {
    super(message);
  }
}

/** What rows are asked for. */
export interface LookupShape {
  /** Columns of the table that make the key. */
  readonly keys: readonly Column[];
  /** Columns of the table that come back, under their names there. */
  readonly columns: readonly Column[];
}

/** Makes lookups of one kind of table from the options that the plan gives, which have been checked. */
export interface LookupFactory {
  readonly kind: string;
  create(options: Readonly<Record<string, unknown>>, shape: LookupShape): Lookup;
}

/** What stands for the number of a key without an answer, and the other way round: numbers below 0. */
export function placeOf(key: number): number {
  return -1 - key;
}

/** The name of the first column of answers. */
export const KEY_NUMBER = "$key";
