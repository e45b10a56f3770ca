import type { Row, ViewColumn } from "../../src/client/rdx/types.ts";
import { cut, formatCell, isNumeric } from "./format.ts";

export type ChartKind = "line" | "bar" | "band";

/** What of a view a chart shows. */
export interface ChartFields {
  readonly x: ViewColumn;
  /** Whether x is a time, in epoch ms. */
  readonly time: boolean;
  /** Whether all series have their points at the same x. */
  readonly aligned: boolean;
  readonly y: readonly string[];
  readonly by: readonly ViewColumn[];
}

export interface ChartWish {
  readonly kind: ChartKind;
  readonly x: string | null;
  readonly y: readonly string[];
  /** Null: the view's keys. */
  readonly by: readonly string[] | null;
}

const WINDOW = ["window_start", "window_end"];

/** Finds what a chart shows by what was asked for and by the view's columns. Returns a sentence when there is nothing to draw. */
export function chartFields(
  columns: readonly ViewColumn[],
  keys: readonly string[],
  wish: ChartWish,
): ChartFields | string {
  const byName = new Map(columns.map((column) => [column.name, column]));
  for (const name of [...(wish.x ? [wish.x] : []), ...wish.y, ...(wish.by ?? [])]) {
    if (!byName.has(name)) {
      return `This view has no column ${cut(name, 60)}: it has ${cut([...byName.keys()].join(", "), 200)}`;
    }
  }
  const times = columns.filter(({ type }) => type === "timestamp");
  const x = byName.get(wish.x ?? WINDOW[0]) ?? times[0];
  if (!x) return "This view has no column of times: name the column to draw along in the attribute x";
  if (x.type !== "timestamp" && !isNumeric(x.type)) {
    return `Cannot draw along ${x.name}: expected a time or a number, it is ${x.type}`;
  }
  const by = (wish.by ?? keys).filter((name) => name !== x.name && !WINDOW.includes(name)).map((name) =>
    byName.get(name)!
  );
  const numbers = columns.filter(({ name, type }) => isNumeric(type) && name !== x.name && !keys.includes(name));
  const y = wish.y.length > 0 ? wish.y : numbers.slice(0, wish.kind === "band" ? 3 : 1).map(({ name }) => name);
  if (y.length === 0) return "This view has no column of numbers: name what to draw in the attribute y";
  const text = y.find((name) => !isNumeric(byName.get(name)!.type));
  if (text !== undefined) return `Cannot draw ${text}: expected a number, it is ${byName.get(text)!.type}`;
  if (wish.kind === "band" && y.length < 2) return `A band needs two columns, as in y="low,high": got ${y.join(", ")}`;
  return {
    x,
    time: x.type === "timestamp",
    aligned: x.name === WINDOW[0],
    y: wish.kind === "band" ? y.slice(0, 3) : y,
    by,
  };
}

/** What a series is called: its key's values; without keys what is drawn. */
export function seriesLabel({ by, y }: ChartFields, row: Row): string {
  if (by.length === 0) return y.length === 1 ? y[0] : "";
  return cut(by.map(({ name, type }) => formatCell(row[name], type)).join(" · "), 80);
}
