import type { PhysicalWindow } from "../../src/plan/physical.ts";
import { type Graph, type GraphNode, inputsOf } from "./graphs.ts";

type Json = Record<string, unknown>;
const column = (name: string): Json => ({ column: name });
const call = (name: string, ...args: unknown[]): Json => ({ call: name, args });
const literal = (value: number): Json => ({ literal: value });

/** The graph as people write plans, over streams `stream0`, `stream1` … */
export function jsonOf({ delaysMs, nodes, sinks }: Graph): Json {
  const idOf = (at: number) => at < delaysMs.length ? `in${at}` : `node${at - delaysMs.length}`;
  const all: Json[] = delaysMs.flatMap((delay_ms, i): Json[] => [
    {
      id: `source${i}`,
      op: "source",
      stream: `stream${i}`,
      time: "ts",
      delay_ms,
      idle_timeout_ms: 0,
      future_skew_ms: 0,
    },
    shaped(`in${i}`, `source${i}`, [column("ts"), column("number"), column("value")]),
  ]);
  nodes.forEach((node, i) => all.push(...nodesOf(node, `node${i}`, inputsOf(node).map(idOf))));
  for (const at of sinks) all.push({ id: `sink${at}`, op: "sink", input: [idOf(at)], sink: { kind: "discard" } });
  return { rdx: 1, name: "graph", nodes: all };
}

/** A projection to ts, k and v. */
function shaped(id: string, input: string, [ts, k, v]: readonly Json[]): Json {
  const columns = [{ as: "ts", expr: ts }, { as: "k", expr: k }, { as: "v", expr: v }];
  return { id, op: "project", input: [input], columns };
}

function nodesOf(node: GraphNode, id: string, input: readonly string[]): Json[] {
  switch (node.kind) {
    case "filter":
      return [{ id, op: "filter", input, where: call("ge", column("v"), literal(node.least)) }];
    case "project": {
      const k = call("mod", column("k"), literal(node.keyMod)), v = call("add", column("v"), literal(node.add));
      return [shaped(id, input[0], [column("ts"), k, v])];
    }
    case "union":
      return [{ id, op: "union", input }];
    case "assign":
      return [
        { id: `${id}_window`, op: "window", input, window: windowJson(node.window) },
        shaped(id, `${id}_window`, [column("window_time"), column("k"), column("v")]),
      ];
    case "aggregate": {
      const { sizeMs, slideMs, offsetMs, result } = node;
      const window = sizeMs === slideMs
        ? { kind: "tumble", size_ms: sizeMs, offset_ms: offsetMs }
        : { kind: "hop", size_ms: sizeMs, slide_ms: slideMs, offset_ms: offsetMs };
      const aggs = [
        { fn: "count", as: "n" },
        { fn: "sum", arg: column("v"), as: "sum" },
        { fn: "last", arg: column("v"), as: "last" },
      ];
      return [
        { id: `${id}_window`, op: "window", input, window: { ...window, time: "ts" } },
        { id: `${id}_rows`, op: "aggregate", input: [`${id}_window`], keys: ["window_time", "k"], aggs },
        shaped(id, `${id}_rows`, [column("window_time"), column("k"), column(result)]),
      ];
    }
  }
}

function windowJson(window: PhysicalWindow): Json {
  const { kind, sizeMs: size_ms, offsetMs: offset_ms } = window, common = { kind, size_ms, offset_ms, time: "ts" };
  if (window.kind === "hop") return { ...common, slide_ms: window.slideMs };
  return window.kind === "cumulate" ? { ...common, step_ms: window.stepMs } : common;
}
