import type { ErrorDetail } from "../core/errors.ts";
import { formatType } from "../core/schema.ts";
import { MADE } from "./logical.ts";
import type { PhysicalOperator, PhysicalSession } from "./physical.ts";
import type { AggregateCall, Plan } from "./plan.ts";

/** How the tables of a node with changed aggregates become those of the changed plan. */
export interface CarriedNode {
  readonly node: string;
  /**
   * For each aggregate (of sessions, which keep their rows: for each column that is read), by its name, the one before that it goes on with; null: it begins empty. What has
   * another name is as it was.
   */
  readonly names: Readonly<Record<string, string | null>>;
  /** For each aggregate, by its name, the one before that it goes on with; null: there is none. */
  readonly calls: Readonly<Record<string, string | null>>;
  /** Aggregates that are counts: they begin with 0, and all others with NULL. */
  readonly counts: readonly string[];
  /** What people are told of it. */
  readonly notes: readonly string[];
}

const FRESH_HINT = "Deploy with state=fresh to start without the old state";

/** An aggregate of one of two plans. */
interface Call {
  readonly name: string;
  /** Its function with the types that it is of: two with another one cannot have the same state. */
  readonly signature: string;
  /** All that the plan says of it but its name; null: it is of no plan that is known. */
  readonly meaning: string | null;
  readonly fn: string;
}

/** What becomes of the aggregates of a node; null: nothing changes, or it has none. Adds what keeps their state from going on to `differences`. */
export function carriedCalls(
  before: PhysicalOperator,
  after: PhysicalOperator,
  plans: { readonly before: Plan; readonly after: Plan } | null,
  differences: ErrorDetail[],
): CarriedNode | null {
  const was = callsOf(before, plans?.before ?? null), is = callsOf(after, plans?.after ?? null);
  if (was === null || is === null) return null;
  const from = matched(was, is);
  const isSame = was.length === is.length && from.every((call, i) => call === was[i] && call.name === is[i].name);
  const retracts = after.op === "group" && after.retracts, frame = after.op === "over" && after.frame.preceding >= 0;
  for (const [i, call] of is.entries()) {
    if (from[i] !== null) continue;
    const other = was.find(({ name }) => name === call.name);
    const reason = other
      ? `It was ${other.name} = ${other.signature} and is ${call.name} = ${call.signature}`
      : retracts
      ? `${call.name} = ${call.signature} is new, and rows that came before may be taken back from it`
      : frame
      ? `${call.name} = ${call.signature} is new, and rows that came before will leave its frame, of which it knows nothing`
      : null;
    if (reason !== null) differences.push({ node: after.id, path: `aggs[${i}]`, reason, hint: FRESH_HINT });
  }
  const notes = notesOf(after, was, is, from);
  const calls = Object.fromEntries(is.map(({ name }, i) => [name, from[i]?.name ?? null]));
  if (before.op === "session" && after.op === "session") {
    const names = sessionColumns(before, after, differences, was, is, from);
    if (isSame && hasSameColumns(before, after, names)) return null;
    const made = Object.keys(names).filter((name) => names[name] === null && !name.startsWith(MADE));
    const more = made.map((name) => `Column ${name} of ${after.id} is new: it is NULL in rows of open sessions`);
    return { node: after.id, names, calls, counts: [], notes: [...notes, ...more] };
  }
  if (isSame) return null;
  return {
    node: after.id,
    names: calls,
    calls,
    counts: is.filter(({ fn }) => fn === "count").map(({ name }) => name),
    notes,
  };
}

/** For each aggregate the one before whose state it goes on with: first by all that is said of them, then by what they compute, at last by their names. */
function matched(was: readonly Call[], is: readonly Call[]): (Call | null)[] {
  const left = new Set(was), found: (Call | null)[] = is.map(() => null);
  const rules: ((a: Call, b: Call) => boolean)[] = [
    (a, b) => a.name === b.name && a.meaning === b.meaning,
    (a, b) => a.meaning !== null && a.meaning === b.meaning,
    (a, b) => a.name === b.name,
  ];
  for (const fits of rules) {
    is.forEach((call, i) => {
      const one = found[i] ?? [...left].find((other) => other.signature === call.signature && fits(other, call));
      if (!one) return;
      found[i] = one;
      left.delete(one);
    });
  }
  return found;
}

function notesOf({ id, op }: PhysicalOperator, was: readonly Call[], is: readonly Call[], from: (Call | null)[]) {
  const begin = is.filter((_, i) => from[i] === null), gone = was.filter((call) => !from.includes(call));
  const keeps = op === "session" ? "of open sessions it has what their rows still tell" : "it begins empty";
  return [
    ...begin.map(({ name, signature }) => `Aggregate ${name} = ${signature} of ${id} is new: ${keeps}`),
    ...gone.map(({ name, signature }) => `Aggregate ${name} = ${signature} of ${id} is gone, and with it its state`),
    ...is.flatMap(({ name }, i) => {
      const one = from[i];
      return one && one.name !== name ? [`Aggregate ${name} of ${id} goes on with the state of ${one.name}`] : [];
    }),
  ];
}

/** The columns of a session's rows: what calls are over is found again by the calls, all else by its name. */
function sessionColumns(
  before: PhysicalSession,
  after: PhysicalSession,
  differences: ErrorDetail[],
  was: readonly Call[],
  is: readonly Call[],
  from: readonly (Call | null)[],
): Record<string, string | null> {
  const names: Record<string, string | null> = {};
  const put = (a: number | undefined, b: number | undefined) => {
    if (a === undefined || b === undefined || a < 0 || b < 0) return;
    names[after.inputColumns[a].name] ??= before.inputColumns[b].name;
  };
  after.keys.forEach((key, i) => put(key, before.keys[i]));
  put(after.time, before.time);
  is.forEach((_, i) => {
    const call = from[i], one = after.calls?.[i], other = call && before.calls?.[was.indexOf(call)];
    if (!one || !other) return;
    one.args.forEach((arg, k) => put(arg, other.args[k]));
    put(one.filter, other.filter);
  });
  for (const { name, type } of after.inputColumns) {
    if (Object.hasOwn(names, name)) continue;
    const same = before.inputColumns.find((column) => column.name === name), isMade = name.startsWith(MADE);
    if (same && !isMade && formatType(same.type) !== formatType(type)) {
      const reason = `Column ${name} of its open sessions was ${formatType(same.type)} and is ${formatType(type)}`;
      differences.push({ node: after.id, path: "columns", reason, hint: FRESH_HINT });
    }
    names[name] = same && !isMade ? name : null;
  }
  return names;
}

function hasSameColumns(
  before: PhysicalSession,
  after: PhysicalSession,
  names: Readonly<Record<string, string | null>>,
): boolean {
  return before.inputColumns.length === after.inputColumns.length &&
    after.inputColumns.every(({ name }, i) => names[name] === name && before.inputColumns[i].name === name);
}

/** The aggregates of an operator whose tables know them by name, or null. */
function callsOf(operator: PhysicalOperator, plan: Plan | null): Call[] | null {
  const { op, id, columns } = operator;
  if (op !== "aggregate" && op !== "group" && op !== "session" && op !== "over") return null;
  // What rows come with stands in front of what is found out of them
  const input = op === "over" ? columns : operator.inputColumns;
  const types = (args: readonly number[]) => args.map((arg) => formatType(input[arg].type)).join(", ") || "*";
  const calls = op === "aggregate"
    ? operator.aggregates.map(({ fn, arg }) => ({ fn, signature: `${fn}(${types(arg < 0 ? [] : [arg])})` }))
    : operator.calls?.map(({ fn, args, distinct, params }) => {
      const what = [distinct ? `${fn} distinct` : fn, ...params.map((one) => JSON.stringify(one))].join(" ");
      return { fn, signature: `${what}(${types(args)})` };
    });
  // Sessions of rows have none
  if (!calls) return [];
  const names = columns.slice(columns.length - calls.length);
  return calls.map((call, i) => ({ ...call, name: names[i].name, meaning: meaningOf(plan, id, names[i].name) }));
}

function meaningOf(plan: Plan | null, id: string, name: string): string | null {
  const node = plan?.nodes.find((one) => one.id === id);
  if (node?.op !== "aggregate" && node?.op !== "over") return null;
  const call = node.aggs.find(({ as }: AggregateCall) => as === name);
  if (!call) return null;
  const { fn, arg = null, args = [], distinct = false, filter = null } = call;
  return JSON.stringify([fn, arg, args, distinct, filter]);
}
