import type { Row } from "../../src/client/rdx/types.ts";
import { keyText, TimeReader, windowStart } from "./row_key.ts";

/** A line of a table: what is settled, and what a window that is still open says so far. One of the two is there. */
export interface Entry {
  readonly key: string;
  row: Row | null;
  open: Row | null;
}

/** What a table shows of a row: the window that closes next goes before the last that closed. */
export function shownRow(entry: Entry): Row {
  return (entry.open ?? entry.row)!;
}

/** Lines of a table in any order, changed by the rows of a live view. Each call costs the rows that it is given. */
export interface RowSet {
  /** All lines. The array is the set's own and changes with it. */
  list(): readonly Entry[];
  /** Counts up when lines came or went, not when one changed. */
  readonly members: number;
  /** Keys for which there was no room. */
  readonly leftOut: number;
  insert(row: Row): void;
  /** A row that is there in another version, or not at all. */
  update(row: Row): void;
  remove(row: Row): void;
  setOpen(rows: readonly Row[]): void;
}

interface Line extends Entry {
  start: number;
  /** Where it lies in the list. */
  at: number;
}

/** One line for each key of a view: its newest window. Keys beyond `keysMax` are counted and not kept. */
export class LatestRows implements RowSet {
  readonly #keys: readonly string[];
  readonly #keysMax: number;
  readonly #times = new TimeReader();
  readonly #lines = new Map<string, Line>();
  readonly #list: Line[] = [];
  #open: Line[] = [];
  members = 0;
  leftOut = 0;

  constructor(keys: readonly string[], keysMax: number) {
    this.#keys = keys;
    this.#keysMax = keysMax;
  }

  list(): readonly Entry[] {
    return this.#list;
  }

  insert(row: Row): void {
    const line = this.#line(row), start = windowStart(row, this.#times);
    if (!line || (line.row !== null && start < line.start)) return;
    line.row = row;
    line.start = start;
    if (line.open !== null && windowStart(line.open, this.#times) <= start) line.open = null;
  }

  update(row: Row): void {
    this.insert(row);
  }

  remove(row: Row): void {
    const line = this.#lines.get(keyText(row, this.#keys));
    if (!line || line.row === null || line.start !== windowStart(row, this.#times)) return;
    line.row = null;
    if (line.open === null) this.#drop(line);
  }

  setOpen(rows: readonly Row[]): void {
    const before = this.#open;
    for (const line of before) line.open = null;
    this.#open = [];
    for (const row of rows) {
      const line = this.#line(row), start = windowStart(row, this.#times);
      if (!line || (line.row !== null && start <= line.start)) continue;
      if (line.open === null) this.#open.push(line);
      else if (windowStart(line.open, this.#times) <= start) continue;
      line.open = row;
    }
    for (const line of before) if (line.row === null && line.open === null) this.#drop(line);
  }

  #line(row: Row): Line | null {
    const key = keyText(row, this.#keys), found = this.#lines.get(key);
    if (found) return found;
    if (this.#list.length >= this.#keysMax) {
      this.leftOut++;
      return null;
    }
    const line: Line = { key, row: null, open: null, start: -Infinity, at: this.#list.length };
    this.#lines.set(key, line);
    this.#list.push(line);
    this.members++;
    return line;
  }

  /** The last line takes its place: the list has no order of its own. */
  #drop(line: Line): void {
    if (!this.#lines.delete(line.key)) return;
    const last = this.#list.pop()!;
    if (last !== line) {
      this.#list[line.at] = last;
      last.at = line.at;
    }
    this.members++;
  }
}
