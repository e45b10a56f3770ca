import { KEY_GROUPS } from "../core/limits.ts";
import { type Column, formatType } from "../core/schema.ts";
import { analysePlan } from "./compile.ts";
import type { Catalog } from "./catalog.ts";
import { formatDuration } from "./duration.ts";
import { formatExpression } from "./format.ts";
import type { LogicalNode } from "./logical.ts";
import type { PhysicalAggregate, PhysicalPlan, PhysicalSource } from "./physical.ts";
import type { ColumnDeclaration } from "./plan.ts";

/** What only the process that runs a plan knows. */
export interface RuntimeFacts {
  readonly workers?: number;
  /** Streams whose decoded batches these pipelines read together. */
  readonly shared?: readonly { readonly stream: string; readonly pipelines: readonly string[] }[];
  /** Streams whose late rows are kept. */
  readonly late?: readonly string[];
  /** Anything else about a node, as a sentence without a full stop. */
  readonly notes?: readonly { readonly node: string; readonly note: string }[];
}

/** One step as it runs, after optimisation. */
export interface ExplainedNode {
  readonly id: string;
  readonly op: "source" | "filter" | "project" | "aggregate" | "sink";
  readonly input: string | null;
  /** What it does, in one line. */
  readonly does: string;
  readonly columns: readonly ColumnDeclaration[];
  readonly notes: readonly string[];
}

export interface Explanation {
  readonly pipeline: string;
  /** Inputs come first. */
  readonly nodes: readonly ExplainedNode[];
}

/** Explains how a plan runs: the JSON form; `formatExplanation` makes text of it. Throws as `compilePlan` does. */
export function explainPlan(json: unknown, catalog: Catalog, facts: RuntimeFacts = {}): Explanation {
  const { physical, logical, resolved } = analysePlan(json, catalog);
  const widths = new Map(resolved.sources.map(({ id, columns }) => [id, columns.length]));
  const nodes = logical.map((node): ExplainedNode => ({
    id: node.id,
    op: node.op,
    input: node.op === "source" ? null : node.input,
    does: describe(node, physical),
    columns: columnsOf(node, physical).map(declare),
    notes: [...notesOf(node, physical, widths, facts), ...ownNotes(node.id, facts)],
  }));
  return { pipeline: physical.name, nodes };
}

function ownNotes(id: string, { notes = [] }: RuntimeFacts): string[] {
  return notes.filter(({ node }) => node === id).map(({ note }) => note);
}

function declare({ name, type, nullable }: Column): ColumnDeclaration {
  return { name, type: formatType(type), nullable };
}

function stepOf({ id, op }: LogicalNode, plan: PhysicalPlan) {
  const steps: readonly { readonly id: string; readonly columns: readonly Column[] }[] = op === "source"
    ? plan.sources
    : op === "sink"
    ? plan.sinks
    : plan.operators;
  return steps.find((step) => step.id === id)!;
}

function columnsOf(node: LogicalNode, plan: PhysicalPlan): readonly Column[] {
  return stepOf(node, plan).columns;
}

function describe(node: LogicalNode, plan: PhysicalPlan): string {
  switch (node.op) {
    case "source":
      return describeSource(stepOf(node, plan) as PhysicalSource);
    case "filter":
      return formatExpression(node.where);
    case "project":
      return node.columns.map(({ as, expr }) => {
        const text = formatExpression(expr);
        return text === as ? as : `${as} = ${text}`;
      }).join(", ");
    case "aggregate":
      return node.calls.map(({ fn, arg, as }) => `${as} = ${fn}(${arg ?? "*"})`).join(", ") +
        (node.keys.length > 0 ? ` by ${node.keys.join(", ")}` : "");
    case "sink": {
      const { kind, ...options } = node.sink;
      const texts = Object.entries(options).map(([name, value]) =>
        `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`
      );
      return [kind, ...texts].join(", ");
    }
  }
}

function describeSource(source: PhysicalSource): string {
  const { stream, file, time, columns, delayMs, idleTimeoutMs, futureSkewMs } = source;
  const input = stream === null ? `file ${file!.path} (${file!.format})` : `stream ${stream}`;
  const delay = delayMs === 0 ? "" : `, watermark ${formatDuration(delayMs)} behind`;
  const idle = idleTimeoutMs === 0 ? "never idle" : `idle after ${formatDuration(idleTimeoutMs)}`;
  const ahead = futureSkewMs === 0 ? "" : `, dead if over ${formatDuration(futureSkewMs)} ahead of arrival`;
  return `${input}, event time ${time < 0 ? "of arrival" : columns[time].name}${ahead}${delay}, ${idle}`;
}

function notesOf(
  node: LogicalNode,
  plan: PhysicalPlan,
  widths: ReadonlyMap<string, number>,
  { workers, shared = [], late = [] }: RuntimeFacts,
): string[] {
  if (node.op === "source") {
    const { stream, columns } = stepOf(node, plan) as PhysicalSource, width = widths.get(node.id)!;
    const others = shared.filter((one) => one.stream === stream).flatMap(({ pipelines }) => pipelines);
    return [
      ...(columns.length < width ? [`reads ${columns.length} of ${width} columns`] : []),
      ...(stream !== null && late.includes(stream) ? [`late rows go to stream ${stream}.late`] : []),
      ...(others.length > 0 ? [`decoded once, shared by ${others.join(", ")}`] : []),
    ];
  }
  if (node.op !== "aggregate") return [];
  const aggregate = stepOf(node, plan) as PhysicalAggregate;
  const spread = workers === undefined ? "" : ` over ${workers} ${workers === 1 ? "worker" : "workers"}`;
  return [
    describeWindow(aggregate),
    node.keys.length > 0 ? `${KEY_GROUPS} key groups${spread}` : "no keys: one key group",
    aggregate.twoPhase ? "two phases: partial results before the exchange" : "one phase",
  ];
}

function describeWindow({ sizeMs, slideMs, offsetMs, time, inputColumns }: PhysicalAggregate): string {
  const size = formatDuration(sizeMs), offset = offsetMs === 0 ? "" : `, offset ${formatDuration(offsetMs)}`;
  const by = time < 0 ? "time of arrival" : inputColumns[time].name;
  return sizeMs === slideMs
    ? `tumbling window of ${size} by ${by}${offset}`
    : `hopping window of ${size} every ${formatDuration(slideMs)} by ${by}${offset}, slices shared`;
}

/** The explanation as trees: each sink, and below it what it reads. Branches that meet are written once. */
export function formatExplanation({ pipeline, nodes }: Explanation): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const written = new Set<string>(), lines = [`pipeline ${pipeline}`];
  const write = (node: ExplainedNode, lead: string, last: string) => {
    const again = written.has(node.id);
    lines.push(`${last}${node.op} ${node.id}${again ? " (as above)" : `: ${node.does}`}`);
    if (again) return;
    written.add(node.id);
    const input = node.input === null ? null : byId.get(node.input)!;
    const rest = `${lead}${input ? "│" : " "}  `;
    for (const note of node.notes) lines.push(`${rest}${note}`);
    lines.push(`${rest}→ ${node.columns.map(formatColumn).join(", ")}`);
    if (input) write(input, `${lead}   `, `${lead}└─ `);
  };
  for (const node of nodes) if (node.op === "sink") write(node, "", "");
  return lines.join("\n") + "\n";
}

function formatColumn({ name, type, nullable }: ColumnDeclaration): string {
  return `${name} ${type}${nullable ? "?" : ""}`;
}
