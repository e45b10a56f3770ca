import { formatExpression } from "../../../src/plan/format.ts";
import type { AggregateCall, LookupNode, Plan, PlanNode, Window } from "../../../src/plan/mod.ts";
import type { OrderColumn } from "../../../src/plan/plan.ts";
import { viewOrder } from "../../../src/plan/resolve_sink.ts";
import type { Expression } from "../../../src/expr/mod.ts";

/** A plan as lines, one a node: `filter(source) price > 100`. What is as usual is left out. */
export function planText({ nodes }: Plan): string[] {
  return nodes.map((node) => {
    const from = node.op === "source" ? "" : `(${node.input.join(", ")})`;
    return `${node.id}${from} ${detailsOf(node)}`.trim();
  });
}

/** How a lookup asks, where that is not as usual. */
function askedText(node: LookupNode): string[] {
  const usual = { cache_rows: 100_000, cache_ttl_ms: 60_000, concurrency: 4, timeout_ms: 5000, on_error: "retry" };
  const batch = node.table.kind === "http" && node.table.method !== "POST" ? 1 : 256;
  const asked = Object.entries({ ...usual, batch_rows: batch }) as [keyof typeof usual | "batch_rows", unknown][];
  return asked.flatMap(([name, value]) =>
    node[name] === undefined || node[name] === value ? [] : [`${name} ${node[name]}`]
  );
}

function detailsOf(node: PlanNode): string {
  switch (node.op) {
    case "source": {
      const { id: _, op: __, ...rest } = node;
      return Object.entries(rest).map(([name, value]) => `${name}=${short(value)}`).join(" ");
    }
    case "filter":
      return formatExpression(node.where) + (node.refuse === undefined ? "" : `; else refused: ${node.refuse}`);
    case "project":
      return (node.keep ? "*, " : "") + node.columns.map(({ as, expr }) => named(as, expr)).join(", ");
    case "unnest": {
      const { of, type, as, ordinality } = node;
      return [type, formatExpression(of), "as", ...[as].flat(), ...(ordinality ? ["number", ordinality] : [])].join(
        " ",
      );
    }
    case "union":
      return "";
    case "window":
      return windowText(node.window);
    case "aggregate":
      return [
        `by [${node.keys.join(", ")}]`,
        ...(node.sets ? [`sets ${node.sets.map((set) => `(${set.join(", ")})`).join(" ")}`] : []),
        ...(node.grouping ? [`grouping ${node.grouping}`] : []),
        ...node.aggs.map(callText),
        ...(node.two_phase ? ["two-phase"] : []),
        ...(node.emit ? [`emit ${Object.values(node.emit).join(" ")}`] : []),
        ...(node.lateness_ms === undefined ? [] : [`late ${node.lateness_ms}`]),
        ...(node.ttl_ms === undefined ? [] : [`ttl ${node.ttl_ms}`]),
      ].join("; ");
    case "join":
      return [
        node.type,
        node.on.map(({ left, right }) => `${left} = ${right}`).join(", ") || "all",
        ...(node.where ? [`where ${formatExpression(node.where)}`] : []),
        ...(node.within
          ? [
            `${node.within.left}${signed(node.within.lower_ms)} <= ${node.within.right} <= ${node.within.left}${
              signed(node.within.upper_ms)
            }`,
          ]
          : []),
        ...(node.as_of ? [`${node.as_of.kind} ${node.as_of.left} >= ${node.as_of.right}`] : []),
        ...(node.window ? [`window ${node.window.left} = ${node.window.right}`] : []),
        ...(node.null_aware ? ["null aware"] : []),
        ...(node.ttl_ms === undefined ? [] : [`ttl ${node.ttl_ms}`]),
      ].join("; ");
    case "lookup":
      return [
        node.type,
        node.on.map(({ left, right }) => `${left} = ${right}`).join(", "),
        ...(node.where ? [`where ${formatExpression(node.where)}`] : []),
        node.columns.map(({ name, as = name }) => as === name ? name : `${as} = ${name}`).join(", "),
        `of ${Object.values(node.table).map((value) => typeof value === "string" ? value : short(value)).join(" ")}`,
        ...askedText(node),
      ].join("; ");
    case "rank":
      return [
        ...(node.fn === undefined ? [] : [node.fn]),
        `by [${node.keys.join(", ")}]`,
        orderText(node.order),
        `${node.from} to ${node.to}`,
        ...(node.as === undefined ? [] : [`as ${node.as}`]),
        ...(node.window_end === undefined ? [] : [`window ${node.window_end}`]),
        ...(node.ttl_ms === undefined ? [] : [`ttl ${node.ttl_ms}`]),
      ].join("; ");
    case "over": {
      const { keys, time, frame: { kind, preceding }, aggs } = node;
      return [
        `by [${keys.join(", ")}]`,
        ...(time ? [`order ${time}`] : []),
        `${preceding ?? "all"} ${kind}`,
        ...aggs.map(callText),
      ].join("; ");
    }
    case "sink": {
      const { order: _, ...options } = node.sink, order = viewOrder(node.sink);
      const texts = Object.values(options).map((one) => typeof one === "object" ? JSON.stringify(one) : String(one));
      return [texts.join(" "), ...(order.length === 0 ? [] : [orderText(order)])].join("; ");
    }
  }
}

function orderText(order: readonly OrderColumn[]): string {
  const columns = order.map(({ column, desc, nulls_last }) =>
    `${column}${desc ? " desc" : ""}${nulls_last === desc ? "" : nulls_last ? " nulls last" : " nulls first"}`
  );
  return `order [${columns.join(", ")}]`;
}

function signed(ms: number): string {
  return ms < 0 ? ` - ${-ms}` : ` + ${ms}`;
}

function named(as: string, expr: Expression): string {
  const text = formatExpression(expr);
  return text === as ? as : `${as} = ${text}`;
}

function callText({ fn, arg, args = [], as, distinct, filter }: AggregateCall): string {
  const all = [...(arg ? [arg] : []), ...args].map(formatExpression).join(", ") || "*";
  return `${as} = ${fn}(${distinct ? "distinct " : ""}${all})${filter ? ` where ${formatExpression(filter)}` : ""}`;
}

function windowText({ kind, time, ...rest }: Window): string {
  const numbers = Object.entries(rest).filter(([name, value]) => name !== "offset_ms" || value !== 0);
  return [
    kind,
    ...numbers.map(([name, value]) =>
      `${name.replace("_ms", "")} ${Array.isArray(value) ? `[${value.join(", ")}]` : value}`
    ),
    ...(time ? [`by ${time}`] : []),
  ].join(" ");
}

function short(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
}
