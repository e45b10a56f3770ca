import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { CumulateWindow, HopWindow, TumbleWindow, Window } from "../../src/plan/plan.ts";
import { type Operator, stateless } from "./operator.ts";
import { column, place } from "./schema.ts";

/** A window `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const TIMESTAMP = { kind: "timestamp" } as const;

/** The columns that a window adds. */
export const WINDOW_COLUMNS: readonly Column[] = ["window_start", "window_end", "window_time"]
  .map((name) => column(name, TIMESTAMP, false));

/** What a window writes into these columns. */
export function windowValues({ start, end }: Span): Value[] {
  return [BigInt(start), BigInt(end), BigInt(end - 1)];
}

/** A window has fired, or fires, once the watermark is at its last millisecond. */
export function isOver(end: number, watermark: number): boolean {
  return end - 1 <= watermark;
}

/** All windows that a time is in. */
export function windowsAt(window: TumbleWindow | HopWindow | CumulateWindow, time: number): Span[] {
  const { size_ms: size, offset_ms: offset } = window;
  const startBefore = (step: number) => time - mod(time - offset, step);
  switch (window.kind) {
    case "tumble":
      return [{ start: startBefore(size), end: startBefore(size) + size }];
    case "hop": {
      const spans: Span[] = [];
      for (let start = startBefore(window.slide_ms); start + size > time; start -= window.slide_ms) {
        spans.unshift({ start, end: start + size });
      }
      return spans;
    }
    case "cumulate": {
      const spans: Span[] = [], start = startBefore(size);
      for (let end = start + window.step_ms; end <= start + size; end += window.step_ms) {
        if (end > time) spans.push({ start, end });
      }
      return spans;
    }
  }
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** The input's columns without those that the window's hide, and the window's. */
export function windowedColumns(input: readonly Column[]): Column[] {
  return [...input.filter(({ name }) => !WINDOW_COLUMNS.some((hidden) => hidden.name === name)), ...WINDOW_COLUMNS];
}

/** A window table function: each row once for each of its windows; a row without a time is in none. */
export function assign(window: Exclude<Window, { kind: "session" }>, time: string, input: readonly Column[]): Operator {
  const at = place(input, time), columns = windowedColumns(input);
  const kept = columns.slice(0, -WINDOW_COLUMNS.length).map(({ name }) => place(input, name));
  return stateless(columns, ({ kind, values }) => {
    const ms = values[at];
    if (ms === null) return [];
    const spans = windowsAt(window, Number(ms)), before = kept.map((i) => values[i]);
    return spans.map((span) => ({ kind, values: [...before, ...windowValues(span)] }));
  });
}
