import type { Batch, Vector } from "./batch.ts";
import type { Column } from "./schema.ts";

/**
 * A table that an operator keeps its state in, with a name that is its own. Columns: the key's first, of which the first is the key
 * group (`$group`), then the values; columns of the operator's own begin with `$`. What it means grows its version. A table of one row without
 * a key has what the operator knows beside its keys.
 */
export interface StateTable {
  readonly name: string;
  readonly version: number;
  readonly columns: readonly Column[];
  /** How many columns are the key; 0: the table has one row. */
  readonly keys: number;
  /** The i64 column by which ranges of rows go, −1: none. */
  readonly expiry: number;
  /**
   * Of a table of one row whose operator may run in several tasks: how the rows that these have become one, by column. What is summed is taken
   * on by one of the tasks that restore it, the greatest by all. Absent: only one task has it.
   */
  readonly merge?: readonly ("max" | "sum")[];
}

/** One step of what has happened to a table: steps are applied in the order in which they are handed out. */
export type StateChange =
  /** All rows are gone: what follows is the whole table. */
  | { readonly kind: "clear"; readonly table: string }
  /** Rows whose expiry column is below this are gone. */
  | { readonly kind: "expire"; readonly table: string; readonly below: bigint }
  /** Rows with these keys are gone: the batch has the key's columns alone. */
  | { readonly kind: "delete"; readonly table: string; readonly rows: Batch }
  /** Rows with all columns, new or in place of those with their keys. */
  | { readonly kind: "upsert"; readonly table: string; readonly rows: Batch };

/** How a table can be looked at while its operator works. */
export interface TableLook {
  readonly table: string;
  /** What rows are looked for by, as people know them; none: there is no key, and a look gives the first rows. */
  readonly key: readonly Column[];
  /** What a look gives: columns of the table, then what its aggregates have come to, under their names. */
  readonly columns: readonly Column[];
  /** Positions of those that say something to people. */
  readonly shown: readonly number[];
}

/**
 * The state of an operator as tables. A checkpoint is made where everything that the operator was given is drained: `cut`, then `drain`
 * until it returns null; meanwhile nothing else is called that changes the operator, while others may run between two steps. The first
 * cut hands out everything, every later one what has changed since the one before.
 *
 * A new operator of the same plan takes it in again: `restore` with the steps of a whole drain and of those after it, then
 * `restored`, before anything else. Nothing that is drained depends on this process: indices, heaps, timers and hashes are made anew.
 */
export interface OperatorState {
  readonly tables: readonly StateTable[];
  /**
   * Begins a round in front of a cut, for the tables that can be drained ahead: `drain` then hands out their rows that have changed so far
   * (`whole`: all) until it returns null. Behind a step that is an upsert anything else may be called, and the round may be left for the next or
   * for the cut: what it has not handed out yet, and what changes again, comes then. False: no table can.
   */
  ahead?(whole: boolean): boolean;
  /**
   * Begins a drain. `whole`: everything is handed out, since what the last drains gave is not kept any more. `ahead`: what rounds in front of it
   * gave is kept, and belongs to it.
   */
  cut(whole: boolean, ahead?: boolean): void;
  /** The next step, with about `rowsMax` rows at most, in the batch arena; null at the end. A step may be empty. */
  drain(rowsMax: number): StateChange | null;
  /** Takes a step of a drain. Throws RdxError("invalid") for what no drain gives, "no_space" without room; then the operator is of no use. */
  restore(change: StateChange): void;
  /** All steps have come. Throws as `restore` does. */
  restored(): void;
  /** The tables that can be looked at; that of the operator's keys comes first. Those whose content is bytes are not among them. */
  readonly looks: readonly TableLook[];
  /**
   * Rows of a table as they are now, in the batch arena, `rowsMax` at most: those of a key, whose columns have one row each, or, null, the first
   * ones. Nothing changes that a drain or a result could tell, so that it may be called between any two of the other calls, while a drain is under way too.
   */
  look(table: string, key: readonly Vector[] | null, rowsMax: number): Batch;
  /**
   * Goes on, by a step of some 0.1 ms at most, towards what `look` gives of the same key as long as nothing else is called in between; true: `look` takes no
   * longer than that. Between two steps any of the other calls may come. One look at a time is under way: `begins` leaves the one before. Absent: `look` never takes long.
   */
  seek?(table: string, key: readonly Vector[], rowsMax: number, begins: boolean): boolean;
}
