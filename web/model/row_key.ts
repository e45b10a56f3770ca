import type { Row } from "../../src/client/rdx/types.ts";
import { timeOf } from "./format.ts";

const START = "window_start", END = "window_end";

/** One value as a part of a key: values of different kinds differ, and no text can look like two parts. */
function part(value: unknown): string {
  if (typeof value === "string") return `${value.length}:${value}`;
  return value === null || value === undefined ? "n" : `${value};`;
}

/** What makes rows the same key of a view. Without key columns every row is of one key. */
export function keyText(row: Row, keys: readonly string[]): string {
  if (keys.length === 1) return part(row[keys[0]]);
  let text = "";
  for (let i = 0; i < keys.length; i++) text += part(row[keys[i]]);
  return text;
}

/** Reads times again and again: rows of a window follow each other, so that the last answer mostly holds. */
export class TimeReader {
  #text = "";
  #ms = NaN;

  read(value: unknown): number {
    if (typeof value !== "string") return timeOf(value);
    if (value !== this.#text) {
      this.#text = value;
      this.#ms = Date.parse(value);
    }
    return this.#ms;
  }
}

/** When the row's window begins, epoch ms; −Infinity for rows of no window. */
export function windowStart(row: Row, times: TimeReader): number {
  const ms = times.read(row[START]);
  return Number.isNaN(ms) ? -Infinity : ms;
}

/** What makes two rows the same result: the same window of the same key. */
export function windowText(row: Row, key: string): string {
  return `${String(row[START])} ${String(row[END])} ${key}`;
}
