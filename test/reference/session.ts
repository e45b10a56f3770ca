import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { AggregateNode, SessionWindow } from "../../src/plan/plan.ts";
import { type Aggregate, aggregate, Members } from "./aggregates.ts";
import type { Operator } from "./operator.ts";
import { place, places } from "./schema.ts";
import { keyOf, type Row } from "./value.ts";
import { isOver, type Span, WINDOW_COLUMNS, windowedColumns, windowValues } from "./windows.ts";

interface Session extends Span {
  readonly keys: readonly Value[];
  readonly rows: readonly { readonly row: Row; readonly at: number }[];
}

/**
 * Sessions by key: a row opens a window from its time to a gap behind it; windows of a key that overlap or touch become one. A row is
 * left out when the window that it would make is over. What comes out is decided by `result` when a session is over.
 */
class Sessions implements Operator {
  readonly columns: readonly Column[];
  readonly #gapMs: number;
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
    if (max_ms !== undefined) throw new Error("The reference engine has no longest session");
    this.#gapMs = gap_ms;
    this.#time = place(input, time);
    this.#keys = places(input, keys);
    this.columns = columns;
    this.#result = result;
  }

  take(row: Row, _input: number, watermark: number): Row[] {
    const found = this.#sessionOf(row);
    if (!found || isOver(found.merged.end, watermark)) return [];
    this.#count++;
    this.#open = [...this.#open.filter((other) => !found.meets(other)), found.merged];
    return [];
  }

  isLate(row: Row, _input: number, watermark: number): boolean {
    const found = this.#sessionOf(row);
    return found !== null && isOver(found.merged.end, watermark);
  }

  /** The session that the row is in, joined with those that it meets; null: it has no time. */
  #sessionOf(row: Row): { merged: Session; meets: (other: Session) => boolean } | null {
    const time = row.values[this.#time];
    if (time === null) return null;
    const keys = this.#keys.map((at) => row.values[at]), name = keyOf(keys), start = Number(time);
    const own: Session = { start, end: start + this.#gapMs, keys, rows: [{ row, at: this.#count }] };
    const meets = (other: Session) => keyOf(other.keys) === name && other.start <= own.end && own.start <= other.end;
    return { merged: this.#open.filter(meets).reduce(merge, own), meets };
  }

  advance(watermark: number): Row[] {
    const over = this.#open.filter(({ end }) => isOver(end, watermark)).sort((a, b) => a.end - b.end);
    this.#open = this.#open.filter((session) => !over.includes(session));
    return over.flatMap(this.#result);
  }
}

/** Both sessions as one, with their rows in the order in which they came. */
function merge(a: Session, b: Session): Session {
  const rows = [...a.rows, ...b.rows].sort((x, y) => x.at - y.at);
  return { keys: a.keys, rows, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
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
