import type { ErrorDetail } from "../core/errors.ts";
import { type Column, formatType } from "../core/schema.ts";
import type { PhysicalAggregate, PhysicalPlan, PhysicalSource } from "./physical.ts";

/** A key column of a state table, with its type as `formatType` writes it. */
export interface StateColumn {
  readonly name: string;
  readonly type: string;
}

/** An aggregate's accumulators under their output name. `type` is the argument's; null for count(*). */
export interface StateValue {
  readonly name: string;
  readonly fn: string;
  readonly type: string | null;
}

/** The open windows of an aggregate: (key group, key, slice) → accumulators. A slice expires with its last window. */
export interface WindowTable {
  readonly table: "windows";
  readonly node: string;
  /** The source above; its positions and this table belong to the same point of the log. */
  readonly source: string;
  /** The source's column of event time, or null. */
  readonly time: string | null;
  readonly keys: readonly StateColumn[];
  readonly values: readonly StateValue[];
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
}

/** How far a source has been read and its watermark. */
export interface PositionTable {
  readonly table: "positions";
  readonly node: string;
  /** `stream flights` or `file x.ndjson`. */
  readonly input: string;
}

export type StateTable = WindowTable | PositionTable;

/** The state tables that a plan declares, sources first. */
export function stateTables(plan: PhysicalPlan): StateTable[] {
  const sources = new Map(plan.sources.map((source) => [source.id, source]));
  const aggregates = plan.operators.filter((operator) => operator.op === "aggregate");
  return [
    ...plan.sources.map((source): PositionTable => ({ table: "positions", node: source.id, input: inputOf(source) })),
    ...aggregates.map((aggregate) => windowTable(aggregate, sources.get(aggregate.sources[0])!)),
  ];
}

function inputOf({ stream, file }: PhysicalSource): string {
  return stream === null ? `file ${file!.path}` : `stream ${stream}`;
}

function windowTable(aggregate: PhysicalAggregate, source: PhysicalSource): WindowTable {
  const { id, inputColumns, keys, aggregates, columns, sizeMs, slideMs, offsetMs } = aggregate;
  const described = ({ name, type }: Column) => ({ name, type: formatType(type) });
  const outputs = columns.slice(columns.length - aggregates.length);
  return {
    table: "windows",
    node: id,
    source: source.id,
    time: aggregate.time < 0 ? null : source.columns[source.time].name,
    keys: keys.map((key) => described(inputColumns[key])),
    values: aggregates.map(({ fn, arg }, i) => ({
      name: outputs[i].name,
      fn,
      type: arg < 0 ? null : formatType(inputColumns[arg].type),
    })),
    sizeMs,
    slideMs,
    offsetMs,
  };
}

/**
 * Whether a changed plan can go on with the state of the one before: `same` when nothing that runs has changed;
 * `compatible` when each state table finds its node again as it was (new nodes start empty); `incompatible` with the
 * differences by node else.
 */
export interface StateComparison {
  readonly verdict: "same" | "compatible" | "incompatible";
  readonly differences: readonly ErrorDetail[];
}

export function compareState(before: PhysicalPlan, after: PhysicalPlan): StateComparison {
  const known = new Map(stateTables(after).map((table) => [table.node, table]));
  const differences = stateTables(before).flatMap((table) => compareTable(table, known.get(table.node)));
  if (differences.length > 0) return { verdict: "incompatible", differences };
  return { verdict: canonical(before) === canonical(after) ? "same" : "compatible", differences };
}

const KEEP_HINT = "Deploy with state=fresh to start without the old state";

function compareTable(before: StateTable, after: StateTable | undefined): ErrorDetail[] {
  const differences: ErrorDetail[] = [];
  const add = (path: string, reason: string) => differences.push({ node: before.node, path, reason, hint: KEEP_HINT });
  if (after?.table !== before.table) {
    // A source that is gone takes nothing with it but its position: what its rows became is in other tables.
    if (before.table === "windows") add("id", `Aggregate ${before.node} is gone, and with it its open windows`);
    else if (after) add("op", `Source ${before.node} is another kind of node now`);
  } else if (before.table === "positions") {
    const { input } = after as PositionTable;
    if (input !== before.input) add("source", `It read ${before.input} and now reads ${input}`);
  } else {
    compareWindows(before, after as WindowTable, add);
  }
  return differences;
}

function compareWindows(before: WindowTable, after: WindowTable, add: (path: string, reason: string) => void): void {
  const scalars = [
    ["source", before.source, after.source],
    ["window.time", before.time ?? "the time of arrival", after.time ?? "the time of arrival"],
    ["window.size_ms", before.sizeMs, after.sizeMs],
    ["window.slide_ms", before.slideMs, after.slideMs],
    ["window.offset_ms", before.offsetMs, after.offsetMs],
  ] as const;
  for (const [path, was, is] of scalars) if (was !== is) add(path, `It was ${was} and is ${is}`);
  compareLists("keys", before.keys.map(keyText), after.keys.map(keyText), add);
  compareLists("aggs", before.values.map(valueText), after.values.map(valueText), add);
}

function keyText({ name, type }: StateColumn): string {
  return `${name} ${type}`;
}

function valueText({ name, fn, type }: StateValue): string {
  return `${name} = ${fn}(${type ?? "*"})`;
}

function compareLists(
  path: string,
  before: readonly string[],
  after: readonly string[],
  add: (path: string, reason: string) => void,
): void {
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const was = before[i], is = after[i];
    if (was === is) continue;
    if (is === undefined) add(`${path}[${i}]`, `${was} is gone`);
    else if (was === undefined) add(`${path}[${i}]`, `${is} is new`);
    else add(`${path}[${i}]`, `It was ${was} and is ${is}`);
  }
}

/** JSON with the members of objects in the order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one) => {
    if (typeof one !== "object" || one === null || Array.isArray(one)) return one;
    return Object.entries(one).sort(([a], [b]) => a < b ? -1 : 1);
  });
}
