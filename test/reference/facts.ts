import type { Column } from "../../src/core/schema.ts";
import type { PlanNode, ProjectNode } from "../../src/plan/plan.ts";

/** What a node's output is known to be. */
export interface Facts {
  readonly columns: readonly Column[];
  /** The column of event time, null for none. */
  readonly time: string | null;
  /** Columns that are the start and the end of a window, by pairs. */
  readonly spans: readonly { readonly start: string; readonly end: string }[];
  readonly sources: readonly string[];
  /** How far event times may lag behind the watermark. */
  readonly lagMs: number;
}

/** The pair of window columns among the keys of an aggregate, or null. */
export function spanOf(keys: readonly string[], { spans }: Facts): Facts["spans"][number] | null {
  return spans.find(({ start, end }) => keys.includes(start) && keys.includes(end)) ?? null;
}

/** What the facts of the inputs are behind the node, whose columns are known. */
export function factsBehind(node: PlanNode, columns: readonly Column[], inputs: readonly Facts[]): Facts {
  const sources = [...new Set(inputs.flatMap(({ sources }) => sources))];
  const lagMs = Math.max(...inputs.map(({ lagMs }) => lagMs)), [first] = inputs, known = { columns, sources, lagMs };
  switch (node.op) {
    case "project":
      return { ...known, ...renamed(node, first) };
    case "window":
      return { ...known, time: first.time, spans: [{ start: "window_start", end: "window_end" }] };
    case "aggregate": {
      const own = { start: "window_start", end: "window_end" }, all = { ...first, spans: [own, ...first.spans] };
      const spans = all.spans.filter(({ start, end }) =>
        columns.some(({ name }) => name === start) && columns.some(({ name }) => name === end)
      );
      return { ...known, spans, time: columns.some(({ name }) => name === "window_time") ? "window_time" : null };
    }
    case "join": {
      const spans = node.type === "semi" || node.type === "anti" ? first.spans : inputs.flatMap(({ spans }) => spans);
      // Rows of these come out behind the watermark.
      if (node.as_of) return { ...known, spans, time: first.time, lagMs: lagMs + 1 };
      if (!node.within) return { ...known, spans, time: node.window ? first.time : null };
      const bound = Math.max(node.within.upper_ms, -node.within.lower_ms, 0);
      return { ...known, spans, time: node.within.left, lagMs: lagMs + bound };
    }
    default:
      return { ...known, time: first.time, spans: first.spans };
  }
}

/** Times and windows behind a projection: as far as their columns are passed on. */
function renamed({ columns, keep }: ProjectNode, { time, spans }: Facts): Pick<Facts, "time" | "spans"> {
  const nameOf = (name: string): string | null => {
    const passed = columns.find(({ expr }) => "column" in expr && expr.column === name)?.as;
    return passed ?? (keep && !columns.some(({ as }) => as === name) ? name : null);
  };
  const kept = spans.map(({ start, end }) => ({ start: nameOf(start), end: nameOf(end) }));
  return {
    time: time === null ? null : nameOf(time),
    spans: kept.filter((span): span is Facts["spans"][number] => span.start !== null && span.end !== null),
  };
}
