import { type Column, formatType } from "../core/schema.ts";
import type { Catalog } from "./catalog.ts";
import { type AnalysedPlan, analysePlan } from "./compile.ts";
import { type ExplainedPath, explainPaths } from "./explain_paths.ts";
import { describeNode } from "./explain_node.ts";
import { notesOf } from "./explain_notes.ts";
import { stateNotes } from "./explain_state.ts";
import { type LogicalNode, MADE } from "./logical.ts";
import { givenBy, type PhysicalPlan } from "./physical.ts";
import type { ColumnDeclaration } from "./plan.ts";

export { formatExplanation } from "./explain_text.ts";

/** What only the process that runs a plan knows. */
export interface RuntimeFacts {
  readonly workers?: number;
  /** Streams whose decoded batches these pipelines read together. */
  readonly shared?: readonly { readonly stream: string; readonly pipelines: readonly string[] }[];
  /** The plan does not run here: what it has in common with others it would have. */
  readonly isPlanned?: boolean;
  /** What rows and orders survive: a power cut · the end of the process · nothing. */
  readonly durability?: "fsync" | "os" | "none";
  /** Whether answers of lookups are kept with the order. */
  readonly answersLogged?: boolean;
  /** How often checkpoints are taken of it, where something outlives the process. */
  readonly checkpointIntervalMs?: number;
  /** Streams whose late rows are kept. */
  readonly late?: readonly string[];
  /** Anything else about a node, as a sentence without a full stop. */
  readonly notes?: readonly { readonly node: string; readonly note: string }[];
}

/** One step as it runs, after optimisation. */
export interface ExplainedNode {
  readonly id: string;
  readonly op: LogicalNode["op"];
  readonly inputs: readonly string[];
  /** What it does, in one line. */
  readonly does: string;
  readonly columns: readonly ColumnDeclaration[];
  readonly notes: readonly string[];
}

export interface Explanation {
  readonly pipeline: string;
  /** Inputs come first. */
  readonly nodes: readonly ExplainedNode[];
  /** What holds from end to end, for every source that a sink gets rows of. */
  readonly paths: readonly ExplainedPath[];
  /** What happens after a restart, as a sentence without a full stop; null: nobody knows yet, or nothing outlives the process. */
  readonly recovery: string | null;
}

/** A step in all of its forms. */
export interface Step {
  readonly node: LogicalNode;
  /** Of its output. */
  readonly columns: readonly Column[];
  /** Of what it reads. */
  readonly inputs: readonly (readonly Column[])[];
  readonly analysed: AnalysedPlan;
}

/** Explains how a plan runs: the JSON form; `formatExplanation` makes text of it. Throws as `compilePlan` does. */
export function explainPlan(json: unknown, catalog: Catalog, facts: RuntimeFacts = {}): Explanation {
  const analysed = analysePlan(json, catalog), columns = columnsOf(analysed.physical);
  const nodes = analysed.optimized.nodes.map((node): ExplainedNode => {
    const inputs = node.inputs.map((id) => columns.get(id)!);
    const step: Step = { node, columns: columns.get(node.id) ?? inputs[0], inputs, analysed };
    return {
      id: node.id,
      op: node.op,
      inputs: node.inputs,
      does: describeNode(step),
      columns: step.columns.map(declare),
      notes: [
        ...notesOf(step, facts),
        ...upsertNotes(analysed.physical, node.id),
        ...stateNotes(node),
        ...ownNotes(node.id, facts),
      ],
    };
  });
  const paths = explainPaths(analysed.physical, catalog, facts);
  return { pipeline: analysed.physical.name, nodes, paths, recovery: recoveryOf(facts) };
}

function recoveryOf({ checkpointIntervalMs: intervalMs }: RuntimeFacts): string | null {
  if (intervalMs === undefined) return null;
  const often = intervalMs === 0 ? "at an orderly end" : `every ${intervalMs / 1000} s, and at an orderly end`;
  return `after a restart it goes on from its newest checkpoint (one is taken ${often}) and does again what it did behind that`;
}

/** The columns that sources and operators give. */
function columnsOf({ sources, operators }: PhysicalPlan): Map<string, readonly Column[]> {
  const given = sources.map((source) => [source.id, givenBy(source)] as const);
  return new Map([...given, ...operators.map(({ id, columns }) => [id, columns] as const)]);
}

function upsertNotes({ operators }: PhysicalPlan, id: string): string[] {
  const found = operators.find((operator) => operator.id === id);
  return found?.op === "group" && found.upsert ? ["updates come without the rows before them: views find these"] : [];
}

function ownNotes(id: string, { notes = [] }: RuntimeFacts): string[] {
  return notes.filter(({ node }) => node === id).map(({ note }) => note);
}

function declare({ name, type, nullable }: Column): ColumnDeclaration {
  return { name, type: formatType(type), nullable };
}

/** The id of the plan's node that a node was made for. */
export function planId(id: string): string {
  return id.split(MADE, 1)[0];
}
