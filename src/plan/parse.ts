import { RdxError } from "../core/errors.ts";
import { PLAN_DEPTH_MAX, PLAN_VALUES_MAX } from "../core/limits.ts";
import type { Expression } from "../expr/mod.ts";
import type { SinkKind } from "./catalog.ts";
import { checkExpressions } from "./expressions.ts";
import { checkShape, copyJson, isObject, type JsonObject } from "./json_schema.ts";
import type {
  AggregateCall,
  AggregateNode,
  ConnectorSourceNode,
  FileConnector,
  HopWindow,
  NodeInput,
  Plan,
  PlanNode,
  ProjectColumn,
  ProjectNode,
  SinkOptions,
  SourceNode,
  TumbleWindow,
  Window,
} from "./plan.ts";
import { PLAN_VERSION } from "./plan.ts";
import { index, Problems } from "./problems.ts";
import { planSchema } from "./schema.ts";

/** A plan as far as it could be read. */
export interface Draft {
  readonly name: string;
  /** The nodes by position; null where a node's shape is wrong, which then is among the problems. */
  readonly nodes: readonly (PlanNode | null)[];
  /** The ids by position, of nodes with a wrong shape too. */
  readonly ids: readonly (string | undefined)[];
  readonly problems: Problems;
}

/** The plan of a draft without problems; else throws RdxError("invalid_plan") with all of them. */
export function finishPlan(draft: Draft): Plan {
  draft.problems.throwIfAny(draft.name);
  return { rdx: PLAN_VERSION, name: draft.name, nodes: draft.nodes as readonly PlanNode[] };
}

/** Reads the shapes. Throws RdxError("invalid_plan") only where nothing can be said of single nodes. */
export function draftPlan(json: unknown, sinkKinds: ReadonlyMap<string, SinkKind>): Draft {
  const plan = plainPlan(json);
  const raw: readonly unknown[] = isObject(plan) && Array.isArray(plan.nodes) ? plan.nodes : [];
  const ids = raw.map((node) => isObject(node) && typeof node.id === "string" ? node.id : undefined);
  const problems = new Problems(ids);
  const schema = planSchema(sinkKinds);
  const { nodes: nodesSchema, ...others } = schema.properties!;
  const nodeSchema = nodesSchema.items!;
  checkShape({ ...schema, properties: { ...others, nodes: { ...nodesSchema, items: {} } } }, plan, "", problems);
  const name = isObject(plan) && typeof plan.name === "string" ? plan.name : "";
  if (raw.length > nodesSchema.maxItems!) problems.throwIfAny(name);
  const nodes = raw.map((node, i) => {
    const before = problems.count;
    checkShape(nodeSchema, node, index("nodes", i), problems);
    if (problems.count > before) return null;
    checkExpressions(node as JsonObject, index("nodes", i), problems);
    return problems.count > before ? null : normalNode(node as JsonObject);
  });
  if (raw.length === 0) problems.throwIfAny(name);
  return { name, nodes, ids, problems };
}

function plainPlan(json: unknown): unknown {
  try {
    return copyJson(json, { depth: PLAN_DEPTH_MAX, values: PLAN_VALUES_MAX });
  } catch (thrown) {
    if (thrown instanceof RdxError) throw thrown;
    throw new RdxError("invalid_plan", "Cannot read the plan: it is not plain JSON");
  }
}

/** The normal form of a node whose shape is right. */
function normalNode(raw: JsonObject): PlanNode {
  const id = raw.id as string, input = raw.input as NodeInput;
  switch (raw.op) {
    case "source":
      return normalSource(raw);
    case "filter":
      return { id, op: "filter", input, where: raw.where as Expression };
    case "project":
      return normalProject(raw);
    case "window":
      return { id, op: "window", input, window: normalWindow(raw.window as TumbleWindow | HopWindow) };
    case "aggregate":
      return normalAggregate(raw);
    default:
      return { id, op: "sink", input, sink: raw.sink as SinkOptions };
  }
}

function normalSource(raw: JsonObject): SourceNode {
  const { id, op, stream, connector, columns, ...timing } = raw as unknown as ConnectorSourceNode & {
    connector: FileConnector;
  } & { stream?: string };
  if (stream !== undefined) return { id, op, stream, ...timing };
  const { kind, path, format, header = true, delimiter = "," } = connector;
  return {
    id,
    op,
    connector: { kind, path, format, header, delimiter },
    columns: columns.map(({ name, type, nullable = true }) => ({ name, type, nullable })),
    ...timing,
  };
}

function normalProject(raw: JsonObject): ProjectNode {
  const columns = (raw.columns as readonly (string | ProjectColumn)[]).map((column) =>
    typeof column === "string" ? { as: column, expr: { column } } : { as: column.as, expr: column.expr }
  );
  return {
    id: raw.id as string,
    op: "project",
    input: raw.input as NodeInput,
    columns,
    keep: (raw.keep ?? false) as boolean,
  };
}

function normalWindow(raw: TumbleWindow | HopWindow): Window {
  const { kind, size_ms, offset_ms = 0 } = raw;
  const time = raw.time === undefined ? {} : { time: raw.time };
  return kind === "tumble"
    ? { kind, size_ms, offset_ms, ...time }
    : { kind, size_ms, slide_ms: raw.slide_ms, offset_ms, ...time };
}

function normalAggregate(raw: JsonObject): AggregateNode {
  const calls = raw.aggs as readonly (Omit<AggregateCall, "arg"> & { arg?: string | Expression; distinct?: boolean })[];
  return {
    id: raw.id as string,
    op: "aggregate",
    input: raw.input as NodeInput,
    keys: raw.keys as readonly string[],
    aggs: calls.map(({ fn, arg, as, distinct, filter }) => ({
      fn,
      ...(arg === undefined ? {} : { arg: typeof arg === "string" ? { column: arg } : arg }),
      as,
      ...(distinct ? { distinct } : {}),
      ...(filter === undefined ? {} : { filter }),
    })),
    two_phase: (raw.two_phase ?? false) as boolean,
  };
}
