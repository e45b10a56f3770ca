import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { AggregateNode, SessionWindow } from "../../src/plan/plan.ts";
import { type Aggregate, aggregate, Members } from "./aggregates.ts";
import type { Operator } from "./operator.ts";
import { place, places } from "./schema.ts";
import { keyOf, type Row } from "./value.ts";
import { isOver, type Span, WINDOW_COLUMNS, windowedColumns, windowValues } from "./windows.ts";

interface Session extends Span {
  /** When its last row is. */
  readonly last: number;
  /** The first arrival among its rows, or that of the session that it was part of. */
  readonly name: number;
  readonly keys: readonly Value[];
  readonly rows: readonly { readonly row: Row; readonly at: number }[];
}

/**
 * Sessions by key: a row opens a window from its time to a gap behind it; windows of a key that overlap or touch become one, but for those that would have rows
 * as far apart as the longest session: then a row is in the earliest session that may have it, and that takes in those that it may. A row is
 * left out when the window that it would make is over. What comes out is decided by `result` when a session is over.
 */
class Sessions implements Operator {
  readonly columns: readonly Column[];
  readonly #gapMs: number;
  readonly #maxMs: number;
  readonly #time: number;
  readonly #keys: readonly number[];
  readonly #result: (session: Session) => Row[];
  #open: Session[] = [];
  #count = 0;

  constructor(
    { gap_ms, keys, max_ms }: SessionWindow,
    time: string,
    input: readonly Column[],
    columns: readonly Column[],
    result: (session: Session) => Row[],
  ) {
    this.#gapMs = gap_ms;
    this.#maxMs = max_ms ?? Infinity;
    this.#time = place(input, time);
    this.#keys = places(input, keys);
    this.columns = columns;
    this.#result = result;
  }

  take(row: Row, _input: number, watermark: number): Row[] {
    const found = this.#sessionOf(row, watermark);
    if (!found || isOver(found.merged.end, watermark)) return [];
    this.#count++;
    this.#open = [...this.#open.filter((other) => !found.taken.has(other)), found.merged];
    return [];
  }

  isLate(row: Row, _input: number, watermark: number): boolean {
    const found = this.#sessionOf(row, watermark);
    return found !== null && isOver(found.merged.end, watermark);
  }

  /** The session that the row is in, joined with those that it meets; null: it has no time. */
  #sessionOf(row: Row, watermark: number): { merged: Session; taken: ReadonlySet<Session> } | null {
    const time = row.values[this.#time];
    if (time === null) return null;
    const keys = this.#keys.map((at) => row.values[at]), key = keyOf(keys), start = Number(time), at = this.#count;
    const own: Session = { start, last: start, end: start + this.#gapMs, name: at, keys, rows: [{ row, at }] };
    const near = this.#open
      .filter(({ keys, end }) =>
        keyOf(keys) === key && !isOver(end, watermark) && !isOver(start + this.#maxMs, watermark)
      )
      .filter((other) =>
        start >= other.start - this.#gapMs && start <= other.last + this.#gapMs && this.#fits(own, other)
      )
      .sort((a, b) => a.start - b.start || a.name - b.name);
    const taken = new Set<Session>();
    let merged = own;
    for (const other of near) {
      if (!this.#fits(merged, other)) continue;
      merged = { ...this.#merge(merged, other), name: taken.size === 0 ? other.name : merged.name };
      taken.add(other);
    }
    return { merged, taken };
  }

  #fits(a: Session, b: Session): boolean {
    return Math.max(a.last, b.last) - Math.min(a.start, b.start) < this.#maxMs;
  }

  /** Both sessions as one, with their rows in the order in which they came. */
  #merge(a: Session, b: Session): Session {
    const rows = [...a.rows, ...b.rows].sort((x, y) => x.at - y.at);
    const start = Math.min(a.start, b.start), last = Math.max(a.last, b.last);
    return { ...a, rows, start, last, end: Math.min(last + this.#gapMs, start + this.#maxMs) };
  }

  advance(watermark: number): Row[] {
    const over = this.#open.filter(({ end }) => isOver(end, watermark)).sort((a, b) => a.end - b.end);
    this.#open = this.#open.filter((session) => !over.includes(session));
    return over.flatMap(this.#result);
  }
}

/** Each row with the session that it ended up in. */
export function sessionRows(window: SessionWindow, time: string, input: readonly Column[]): Operator {
  const columns = windowedColumns(input);
  const kept = columns.slice(0, -WINDOW_COLUMNS.length).map(({ name }) => place(input, name));
  return new Sessions(window, time, input, columns, (session) =>
    session.rows.map(({ row: { kind, values } }) => {
      return { kind, values: [...kept.map((at) => values[at]), ...windowValues(session)] };
    }));
}

/** Aggregates by session and keys; the first `count` of the window's columns stand in front. */
export function sessionGroups(
  window: SessionWindow,
  time: string,
  node: AggregateNode,
  count: number,
  input: readonly Column[],
): Operator {
  const windowColumns = WINDOW_COLUMNS.slice(0, count);
  const names = node.keys.filter((key) => !WINDOW_COLUMNS.some(({ name }) => name === key));
  const aggregates: Aggregate[] = node.aggs.map((call) => aggregate(call, input)), keys = places(input, names);
  const columns = [...windowColumns, ...keys.map((at) => input[at]), ...aggregates.map(({ column }) => column)];
  return new Sessions(window, time, input, columns, (session) => {
    const groups = new Map<string, { keys: Value[]; members: Members }>();
    for (const { row } of session.rows) {
      const own = keys.map((at) => row.values[at]);
      const group = groups.get(keyOf(own)) ?? { keys: own, members: new Members() };
      groups.set(keyOf(own), group);
      group.members.add(row);
    }
    const span = windowValues(session).slice(0, count);
    return [...groups.values()].filter(({ members }) => members.count !== 0).map(({ keys, members }): Row => {
      return { kind: "+I", values: [...span, ...keys, ...aggregates.map((one) => one.over(members))] };
    });
  });
}
