import { compactNumber, formatDuration, formatTime } from "./format.ts";

/** What runs through a pipeline, as `GET /v1/pipelines/{p}/flow` tells it. */
export interface Flow {
  readonly pipeline: string;
  readonly state: string;
  readonly reason: string | null;
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

export interface FlowNode {
  readonly id: string;
  readonly op: string;
  readonly label: string;
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly rows_per_second: number;
  /** ISO 8601, "infinity" at the end of the input, null before the first row. */
  readonly watermark: string | null;
  readonly queue_rows: number;
}

/** Event times that are so far behind are history: what matters is the time itself, not how long ago it was. */
const LAG_MS_MAX = 86_400_000;

/** How far event time has come on an edge: how much it lags, or where it is. `nowMs`: the server's clock. */
export function watermarkText(watermark: string | null, nowMs: number): string {
  if (watermark === null) return "no rows yet";
  if (watermark === "infinity") return "end of input";
  const ms = Date.parse(watermark), lag = nowMs - ms;
  if (Number.isNaN(ms)) return watermark;
  return lag >= 0 && lag < LAG_MS_MAX ? `lag ${formatDuration(lag)}` : `at ${formatTime(ms)}`;
}

/** An edge in three short lines; the last is empty where nothing waits. */
export function edgeLines(edge: FlowEdge, nowMs: number): readonly [string, string, string] {
  const queue = edge.queue_rows > 0 ? `${compactNumber(edge.queue_rows)} waiting` : "";
  return [`${compactNumber(Math.round(edge.rows_per_second))} rows/s`, watermarkText(edge.watermark, nowMs), queue];
}

/** An edge as a sentence. */
export function edgeSentence(edge: FlowEdge, nowMs: number): string {
  const [rate, watermark, queue] = edgeLines(edge, nowMs);
  return `${edge.from} to ${edge.to}: ${rate}, ${compactNumber(edge.rows)} rows in all, ${watermark}${
    queue ? `, ${queue}` : ""
  }`;
}

/** A node as a sentence. */
export function nodeSentence(node: FlowNode, flow: Flow): string {
  const sum = (edges: readonly FlowEdge[]) =>
    compactNumber(Math.round(edges.reduce((all, one) => all + one.rows_per_second, 0)));
  const takes = flow.edges.filter(({ to }) => to === node.id),
    gives = flow.edges.filter(({ from }) => from === node.id);
  const parts = [
    ...(takes.length > 0 ? [`takes ${sum(takes)} rows/s from ${takes.map(({ from }) => from).join(", ")}`] : []),
    ...(gives.length > 0 ? [`gives ${sum(gives)} rows/s to ${gives.map(({ to }) => to).join(", ")}`] : []),
  ];
  const label = node.label && node.label !== node.id ? ` (${node.label})` : "";
  return `${node.op === node.id ? "" : `${node.op} `}${node.id}${label}${
    parts.length > 0 ? `: ${parts.join(", ")}` : ""
  }`;
}
