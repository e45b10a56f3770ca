import { columnsOf, isColumn } from "../../expr/mod.ts";
import type { LogicalGroupCall, LogicalJoin, LogicalNode } from "../logical.ts";
import { WINDOW_END, WINDOW_START, WINDOW_TIME } from "../plan.ts";

const WINDOW_NAMES: readonly string[] = [WINDOW_START, WINDOW_END, WINDOW_TIME];

/** Names of columns by node. */
export type Names = ReadonlyMap<string, readonly string[]>;

/** What is known of the columns of each source. */
export type SourceNames = ReadonlyMap<string, {
  readonly names: readonly string[];
  /** The column of event time, which is always read; null: there is none. */
  readonly time: string | null;
  /** By the name of a computed column those that it is computed of. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
  /** Columns of whole numbers and times, which are equal where they are the same. */
  readonly exact: ReadonlySet<string>;
  /** The column that is read when none is used. */
  readonly least: string;
}>;

/** The columns that a source gives when those in `used` are used, in its order: with them what they are computed of. */
export function readOf(source: string, used: ReadonlySet<string>, sources: SourceNames): readonly string[] {
  const { names, time, least, needs } = sources.get(source)!;
  const given = new Set(names.filter((name) => used.has(name) || name === time));
  for (const name of [...given]) for (const needed of needs.get(name) ?? []) given.add(needed);
  if (![...given].some((name) => !needs.has(name))) given.add(least);
  return names.filter((name) => given.has(name));
}

/** The columns that each node gives, in order; `sources` are those of the sources. */
export function outputColumns(nodes: readonly LogicalNode[], sources: Names): Map<string, readonly string[]> {
  const outputs = new Map<string, readonly string[]>();
  for (const node of nodes) outputs.set(node.id, outputOf(node, node.inputs.map((id) => outputs.get(id)!), sources));
  return outputs;
}

/** The columns that a node gives, whose inputs give `inputs`. */
export function outputOf(node: LogicalNode, inputs: readonly (readonly string[])[], sources: Names): readonly string[] {
  const [input] = inputs;
  switch (node.op) {
    case "source":
      return sources.get(node.id)!;
    case "project":
      return node.columns.map(({ as }) => as);
    case "assign":
      return [...input, ...WINDOW_NAMES];
    case "session":
      if (!node.calls) return [...input, ...WINDOW_NAMES];
      return [WINDOW_START, WINDOW_END, ...node.keys, ...namesOf(node.calls)];
    case "aggregate":
      return [WINDOW_START, WINDOW_END, ...node.keys, ...namesOf(node.calls)];
    case "group":
      return [...node.keys, ...namesOf(node.calls)];
    case "join":
      return isNarrow(node) ? input : [...input, ...inputs[1]];
    case "lookup":
      return [...input, ...namesOf(node.columns)];
    case "unnest":
      return [...input, node.item, node.number];
    case "rank":
      return node.as === null ? input : [...input, node.as];
    case "over":
      return [...input, ...namesOf(node.calls)];
    default:
      return input;
  }
}

function namesOf(calls: readonly { readonly as: string }[]): string[] {
  return calls.map(({ as }) => as);
}

function isNarrow({ type }: LogicalJoin): boolean {
  return type === "semi" || type === "anti";
}

/** Columns that calls are over. */
export function argumentsOf(calls: readonly LogicalGroupCall[]): string[] {
  return calls.flatMap(({ arg, filter }) => [arg, filter]).filter((name) => name !== null);
}

/** How many nodes read each node; one that reads another twice counts twice. */
export function countReaders(nodes: readonly LogicalNode[]): Map<string, number> {
  const readers = new Map<string, number>();
  for (const { inputs } of nodes) for (const id of inputs) readers.set(id, (readers.get(id) ?? 0) + 1);
  return readers;
}

/**
 * For each node the columns of its output that are read by the nodes behind it. Of projections and unions one is always
 * read, for a batch without columns would have no rows to count.
 */
export function usedColumns(nodes: readonly LogicalNode[], sources: Names): Map<string, Set<string>> {
  const outputs = outputColumns(nodes, sources);
  const used = new Map(nodes.map(({ id }) => [id, new Set<string>()]));
  for (const node of nodes.toReversed()) {
    const own = used.get(node.id)!;
    if (node.op === "project" && own.size === 0) {
      own.add((node.columns.find(({ expr }) => isColumn(expr)) ?? node.columns[0]).as);
    } else if (node.op === "union" && own.size === 0) {
      own.add(outputs.get(node.id)![0]);
    }
    const inputs = node.inputs.map((id) => outputs.get(id)!);
    readColumns(node, own, inputs).forEach((names, i) => {
      const above = used.get(node.inputs[i])!;
      for (const name of names) above.add(name);
    });
  }
  return used;
}

/** For each input the columns that `node` reads when those in `wanted` of its own output are read. */
export function readColumns(
  node: LogicalNode,
  wanted: ReadonlySet<string>,
  inputs: readonly (readonly string[])[],
): (readonly string[])[] {
  const [input] = inputs, own = (made: readonly string[]) => [...wanted].filter((name) => !made.includes(name));
  const time = (name: string | null) => name === null ? [] : [name];
  switch (node.op) {
    case "source":
      return [];
    case "sink":
      return [input];
    case "filter":
      // Rows that are refused are told whole.
      return [node.refuse === undefined ? [...wanted, ...columnsOf(node.where)] : input];
    case "project":
      return [node.columns.filter(({ as }) => wanted.has(as)).flatMap(({ expr }) => [...columnsOf(expr)])];
    case "union":
      return inputs.map((names) => names.filter((_, i) => wanted.has(input[i])));
    case "assign":
      return [[...own(WINDOW_NAMES), ...time(node.time)]];
    case "session":
      if (!node.calls) return [[...own(WINDOW_NAMES), ...node.keys, ...time(node.time)]];
      return [[...node.keys, ...argumentsOf(node.calls), ...time(node.time)]];
    case "aggregate":
      return [[...node.keys, ...node.calls.flatMap(({ arg }) => time(arg)), ...time(node.time)]];
    case "group":
      return [[...node.keys, ...argumentsOf(node.calls)]];
    case "join":
      return readByJoin(node, wanted, inputs);
    case "lookup": {
      const made = namesOf(node.node.columns.map(({ name, as = name }) => ({ as })));
      const condition = node.where === null ? [] : [...columnsOf(node.where)].filter((name) => !made.includes(name));
      return [[...own(made), ...condition, ...node.on.map(({ left }) => left)]];
    }
    case "unnest":
      return [[...own([node.item, node.number]), node.list]];
    case "rank": {
      const end = node.mode.mode === "window" ? [node.mode.end] : [], apart = node.apart ?? input;
      return [[...own(time(node.as)), ...node.keys, ...node.order.map(({ column }) => column), ...end, ...apart]];
    }
    case "over":
      return [[...own(namesOf(node.calls)), ...node.keys, ...time(node.time), ...argumentsOf(node.calls)]];
    case "normalize":
      return [[...wanted, ...node.keys]];
  }
}

function readByJoin(
  { on, where, mode, type }: LogicalJoin,
  wanted: ReadonlySet<string>,
  [left, right]: readonly (readonly string[])[],
): (readonly string[])[] {
  const named = new Set(where === null ? [] : columnsOf(where)), narrow = type === "semi" || type === "anti";
  const side = (columns: readonly string[], name: "left" | "right") => {
    const bound = mode.mode === "regular" ? [] : [mode[name]];
    const output = name === "left" || !narrow ? wanted : new Set<string>();
    return [...columns.filter((one) => output.has(one) || named.has(one)), ...on.map((pair) => pair[name]), ...bound];
  };
  return [side(left, "left"), side(right, "right")];
}
