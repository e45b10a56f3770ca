import { layoutJson } from "./json_layout.ts";

/** What a template needs to know of a stream. */
export interface TemplateStream {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly time: string | null;
}

const NUMBER = /^(int64|double|decimal)/;
const HOUR_MS = 3_600_000;

/** A plan that sums the numbers of a stream hour by hour, by its first column of text. */
export function hourlyTotals(stream: TemplateStream): string {
  const keys = stream.columns.filter(({ type }) => type === "string").slice(0, 1).map(({ name }) => name);
  const numbers = stream.columns.filter(({ name, type }) => NUMBER.test(type) && name !== stream.time).slice(0, 3);
  const name = planName(stream, "hourly");
  return layoutJson({
    rdx: 1,
    name,
    nodes: [
      { id: "rows", op: "source", stream: stream.name },
      { id: "hour", op: "window", input: ["rows"], window: { kind: "tumble", size_ms: HOUR_MS } },
      {
        id: "totals",
        op: "aggregate",
        input: ["hour"],
        keys,
        aggs: [
          { fn: "count", as: "rows" },
          ...numbers.map(({ name: arg }) => ({ fn: "sum", arg, as: `total_${arg}` })),
        ],
      },
      { id: "out", op: "sink", input: ["totals"], sink: { kind: "view", name } },
    ],
  });
}

/** A plan that shows some rows of a stream as they come. */
export function filterToView(stream: TemplateStream): string {
  const number = stream.columns.find(({ name, type }) => NUMBER.test(type) && name !== stream.time);
  const text = stream.columns.find(({ type }) => type === "string"), name = planName(stream, "some");
  const where = number
    ? { call: "gt", args: [{ column: number.name }, { literal: 0 }] }
    : text
    ? { call: "ne", args: [{ column: text.name }, { literal: "" }] }
    : { call: "is_not_null", args: [{ column: stream.columns[0]?.name ?? "column" }] };
  return layoutJson({
    rdx: 1,
    name,
    nodes: [
      { id: "rows", op: "source", stream: stream.name },
      { id: "some", op: "filter", input: ["rows"], where },
      { id: "out", op: "sink", input: ["some"], sink: { kind: "view", name } },
    ],
  });
}

export const TEMPLATES = [
  { title: "Hourly totals", make: hourlyTotals },
  { title: "Filter to a view", make: filterToView },
] as const;

function planName({ name }: TemplateStream, what: string): string {
  return `${name.replaceAll(".", "_").slice(0, 120)}_${what}`;
}
