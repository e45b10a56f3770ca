import { type Column, formatType } from "../core/schema.ts";
import { type Expression, isColumn, isLiteral, typeOf } from "../expr/mod.ts";
import { signatureOf } from "./aggregates.ts";
import {
  freeName,
  type LogicalEmit,
  type LogicalGroup,
  type LogicalGroupCall,
  type LogicalNode,
  MADE,
  outOf,
  passing,
} from "./logical.ts";
import type { Base } from "./lower_nodes.ts";
import type { AggregateCall, AggregateNode, OverNode, ProjectColumn } from "./plan.ts";
import { inAllSets, keysOf } from "./resolve_aggregate.ts";
import type { ResolvedNode } from "./resolved.ts";

/** What the calls of a node are over: names that hold an expression already, and those that must be computed. */
class Arguments {
  /** Computed columns, in the order in which they are asked for. */
  readonly made: ProjectColumn[] = [];
  readonly #names = new Map<string, string>();
  readonly #taken: readonly string[];
  readonly #passed: ReadonlySet<string>;

  /** `passed` are columns that have their own values where the calls are made. */
  constructor(taken: readonly string[], passed: ReadonlySet<string>) {
    this.#taken = taken;
    this.#passed = passed;
  }

  /** The column that holds `expression`. */
  nameOf(expression: Expression): string {
    if (isColumn(expression) && this.#passed.has(expression.column)) return expression.column;
    const text = JSON.stringify(expression), known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = freeName(`${MADE}${this.#names.size}`, this.#taken);
    this.#names.set(text, name);
    this.made.push({ as: name, expr: expression });
    return name;
  }
}

function lowerCalls(
  calls: readonly AggregateCall[],
  over: Arguments,
  columns: readonly Column[],
): LogicalGroupCall[] {
  return calls.map(({ fn, arg, args = [], as, distinct = false, filter }) => ({
    fn,
    ...(addsWide(fn, arg, columns) ? { addsWide: true } : {}),
    arg: arg === undefined ? null : over.nameOf(arg),
    params: args.map((one) => isLiteral(one) ? one.literal as number | string : ""),
    distinct: distinct && signatureOf(fn)?.distinct !== false,
    filter: filter === undefined ? null : over.nameOf(filter),
    as,
  }));
}

function addsWide(fn: string, arg: Expression | undefined, columns: readonly Column[]): boolean {
  return (fn === "sum" || fn === "avg") && arg !== undefined && typeOf(arg, columns).kind === "decimal128";
}

/** An aggregate, behind projections of what its calls are over, and of its grouping sets. */
export function lowerAggregate(node: AggregateNode, resolved: ResolvedNode, base: Base): LogicalNode[] {
  const [input] = resolved.inputs, { window, keys } = keysOf(node, input), { grouping, sets } = node;
  const names = input.columns.map(({ name }) => name), several = sets !== undefined || grouping !== undefined;
  // Keys that some set lacks are NULL there, and do not hold their values any more.
  const passed = new Set(
    several ? names.filter((name) => !keys.includes(name) || inAllSets(node, input, name)) : names,
  );
  const args = new Arguments(names, passed), calls = lowerCalls(node.aggs, args, input.columns);
  const setColumn = several && (grouping !== undefined || sets!.length > 1)
    ? grouping ?? freeName(`${MADE}set`, [...names, ...calls.map(({ as }) => as)])
    : null;
  const group = (inputs: readonly string[]): LogicalGroup => ({
    op: "group",
    id: base.id,
    inputs,
    lagMs: window?.lagMs ?? base.lagMs,
    keys: setColumn === null ? keys : [...keys, setColumn],
    calls,
    retracts: input.changes,
    emit: emitOf(node, window?.end ?? null),
    windowKeys: keys.filter((name) => window && [window.start, window.end, window.time].includes(name)),
    twoPhase: node.two_phase,
  });
  const used = new Set([...keys, ...calls.flatMap(({ arg, filter }) => [arg, filter])]);
  const kept = names.filter((name) => used.has(name));
  if (!several) {
    if (args.made.length === 0) return [group(base.inputs)];
    const id = `${base.id}${MADE}args`;
    return [{ op: "project", ...base, id, columns: [...kept.map(passing), ...args.made] }, group([id])];
  }
  const expanded = expandSets(node, resolved, base, { kept, made: args.made, setColumn });
  const last = expanded[expanded.length - 1].id;
  if (setColumn === null || grouping !== undefined) return [...expanded, group([last])];
  return [...expanded, group([last]), outOf(base, [...keys, ...calls.map(({ as }) => as)])];
}

function emitOf({ emit, lateness_ms = 0, ttl_ms = 0 }: AggregateNode, end: string | null): LogicalEmit {
  if (end !== null && (emit === undefined || emit.mode === "final")) {
    return { mode: "final", end, latenessMs: lateness_ms };
  }
  if (emit?.mode === "every") return { mode: "every", everyMs: emit.every_ms, ttlMs: ttl_ms, end };
  return { mode: "changes", ttlMs: ttl_ms, end };
}

interface SetColumns {
  /** Columns of the input that are read. */
  readonly kept: readonly string[];
  readonly made: readonly ProjectColumn[];
  /** Column that tells the sets apart; null: there is one. */
  readonly setColumn: string | null;
}

/** The rows once for each grouping set, with NULL in the keys that it lacks. */
function expandSets(
  node: AggregateNode,
  { inputs: [input] }: ResolvedNode,
  base: Base,
  { kept, made, setColumn }: SetColumns,
): LogicalNode[] {
  const { keys, sets = [keys] } = node;
  const nothing = new Map(
    input.columns.map(({ name, type }) => [name, { literal: null, type: formatType(type) } as const]),
  );
  const projections = sets.map((set, i): LogicalNode => {
    const inSet = (name: string) => !keys.includes(name) || set.includes(name) || inAllSets(node, input, name);
    const number = keys.reduce((bits, name) => bits * 2 + (inSet(name) ? 0 : 1), 0);
    return {
      op: "project",
      ...base,
      id: `${base.id}${MADE}set${i + 1}`,
      columns: [
        ...kept.map((name) => inSet(name) ? passing(name) : { as: name, expr: nothing.get(name)! }),
        ...made,
        ...(setColumn === null ? [] : [{ as: setColumn, expr: { literal: number } }]),
      ],
    };
  });
  if (projections.length === 1) return projections;
  const ids = projections.map(({ id }) => id);
  return [...projections, { op: "union", ...base, id: `${base.id}${MADE}sets`, inputs: ids }];
}

/** An OVER, behind a projection of what its calls are over, which one behind it leaves out again. */
export function lowerOver(node: OverNode, resolved: ResolvedNode, base: Base): LogicalNode[] {
  const [input] = resolved.inputs, names = input.columns.map(({ name }) => name);
  const taken = resolved.columns.map(({ name }) => name), { keys, time = null, frame, aggs } = node;
  const args = new Arguments(taken, new Set(names)), calls = lowerCalls(aggs, args, input.columns);
  const over = (inputs: readonly string[]): LogicalNode => ({
    op: "over",
    id: base.id,
    inputs,
    lagMs: time === null ? base.lagMs : input.times.get(time)?.lagMs ?? 0,
    keys,
    time,
    frame: { kind: frame.kind, preceding: frame.preceding ?? -1 },
    calls,
  });
  if (args.made.length === 0) return [over(base.inputs)];
  const before = `${base.id}${MADE}args`;
  return [
    { op: "project", ...base, id: before, columns: [...names.map(passing), ...args.made] },
    over([before]),
    outOf(base, taken),
  ];
}
