import type { LiveChange, Row, ViewColumn } from "../../src/client/rdx/types.ts";
import { HistoryRows } from "./history_rows.ts";
import { type Entry, LatestRows, type RowSet } from "./latest_rows.ts";

/** Keys whose newest window is kept. */
export const KEYS_MAX = 200_000;

export interface LiveRowsOptions {
  /** `latest`: one line a key, where the view has keys · `history`: the newest rows. */
  readonly show: "latest" | "history";
  /** Settled rows that a history keeps. */
  readonly historyRowsMax: number;
  readonly keysMax?: number;
}

/**
 * What is known of a live view, for whoever draws it: columns, keys, lines. A change costs its rows; memory is bounded by the
 * keys or by the history, however long it runs. Nothing here knows of a page.
 */
export class LiveRows {
  readonly #options: LiveRowsOptions;
  #rows: RowSet;
  columns: readonly ViewColumn[] = [];
  keys: readonly string[] = [];
  /** Whether there was a snapshot. */
  known = false;
  /** Counts up with every change that a person could see. */
  version = 0;

  constructor(options: LiveRowsOptions) {
    this.#options = options;
    this.#rows = new HistoryRows([], 1);
  }

  /** Lines in the order in which they are kept: the newest first in a history, in none by key. */
  list(): readonly Entry[] {
    return this.#rows.list();
  }

  /** Counts up when lines came or went. */
  get members(): number {
    return this.#rows.members;
  }

  /** Rows for which there was no room, since the snapshot. */
  get leftOut(): number {
    return this.#rows.leftOut;
  }

  get byKey(): boolean {
    return this.#rows instanceof LatestRows;
  }

  apply(change: LiveChange): void {
    switch (change.kind) {
      case "snapshot":
        this.#begin(change);
        break;
      case "delta":
        for (const { op, row } of change.rows) {
          if (op === "+I") this.#rows.insert(row);
          else if (op === "+U") this.#rows.update(row);
          else if (op === "-D") this.#rows.remove(row);
        }
        break;
      case "open":
        this.#rows.setOpen(change.rows);
        break;
      default:
        return;
    }
    this.version++;
  }

  /** A snapshot comes with its newest row first: the oldest goes in first. */
  #begin({ columns, keys, rows }: Extract<LiveChange, { kind: "snapshot" }>): void {
    const { show, historyRowsMax, keysMax } = this.#options;
    this.columns = columns;
    this.keys = keys;
    this.known = true;
    this.#rows = show === "latest" && keys.length > 0
      ? new LatestRows(keys, keysMax ?? KEYS_MAX)
      : new HistoryRows(keys, historyRowsMax);
    for (let i = rows.length - 1; i >= 0; i--) this.#rows.insert(rows[i]);
  }
}

/** The rows of a change that a snapshot or delta puts in, oldest first: what series and figures are made of. */
export function* rowsIn(change: LiveChange): Generator<{ readonly row: Row; readonly gone: boolean }> {
  if (change.kind === "snapshot") {
    for (let i = change.rows.length - 1; i >= 0; i--) yield { row: change.rows[i], gone: false };
  } else if (change.kind === "delta") {
    for (const { op, row } of change.rows) if (op !== "-U") yield { row, gone: op === "-D" };
  }
}
