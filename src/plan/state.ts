import type { ErrorDetail } from "../core/errors.ts";
import { carriedCalls, type CarriedNode } from "./carried.ts";
import { type KeyedTable, keyedTables, type StateColumn, type StateValue } from "./keyed_tables.ts";
import type { PhysicalPlan, PhysicalSource } from "./physical.ts";
import type { Plan } from "./plan.ts";

export type { CarriedNode } from "./carried.ts";
export type { KeyedTable, StateColumn, StateValue } from "./keyed_tables.ts";

/** How far a source has been read and its watermark. */
export interface PositionTable {
  readonly table: "positions";
  readonly node: string;
  /** `stream flights` or `file x.ndjson`. */
  readonly input: string;
}

export type StateTable = KeyedTable | PositionTable;

/** The state tables that a plan declares, sources first. */
export function stateTables(plan: PhysicalPlan): StateTable[] {
  const positions = plan.sources.map((source): PositionTable => ({
    table: "positions",
    node: source.id,
    input: inputOf(source),
  }));
  return [...positions, ...plan.operators.flatMap((operator) => keyedTables(operator))];
}

function inputOf({ stream, file, made }: PhysicalSource): string {
  if (stream !== null) return `stream ${stream}`;
  return file ? `file ${file.path}` : `${made!.kind} ${JSON.stringify(made)}`;
}

/**
 * Whether a changed plan can go on with the state of the one before: `same` when nothing that runs has changed;
 * `compatible` when each state table finds its node again as it was, but for aggregates that came, went or have another name (new nodes and aggregates start
 * empty); `incompatible` with the differences by node else.
 */
export interface StateComparison {
  readonly verdict: "same" | "compatible" | "incompatible";
  readonly differences: readonly ErrorDetail[];
  /** Nodes whose tables have to be made those of the changed plan. */
  readonly carried: readonly CarriedNode[];
}

/** With both plans as they were written, aggregates are found again under other names too. */
export function compareState(
  before: PhysicalPlan,
  after: PhysicalPlan,
  plans: { readonly before: Plan; readonly after: Plan } | null = null,
): StateComparison {
  const known = stateTables(after), differences: ErrorDetail[] = [];
  const gone = new Set<string>();
  for (const table of stateTables(before)) {
    const tables = known.filter(({ node }) => node === table.node);
    const same = tables.find((one) => one.table === table.table);
    if (!same && gone.has(table.node)) continue;
    if (!same) gone.add(table.node);
    differences.push(...compareTable(table, same, tables[0]));
  }
  const carried = before.operators.flatMap((operator): CarriedNode[] => {
    const next = after.operators.find(({ id, op }) => id === operator.id && op === operator.op);
    const one = next && carriedCalls(operator, next, plans, differences);
    return one ? [one] : [];
  });
  if (differences.length > 0) return { verdict: "incompatible", differences, carried: [] };
  return { verdict: canonical(before) === canonical(after) ? "same" : "compatible", differences, carried };
}

const KEEP_HINT = "Deploy with state=fresh to start without the old state";

type Add = (path: string, reason: string) => void;

/** `other`: what the node keeps instead, if it is there. */
function compareTable(before: StateTable, after: StateTable | undefined, other: StateTable | undefined): ErrorDetail[] {
  const differences: ErrorDetail[] = [];
  const add: Add = (path, reason) => differences.push({ node: before.node, path, reason, hint: KEEP_HINT });
  if (before.table === "positions") {
    // A source that is gone takes nothing with it but its position: what its rows became is in other tables.
    if (after?.table === "positions") {
      if (after.input !== before.input) add("source", `It read ${before.input} and now reads ${after.input}`);
    } else if (other) add("op", `Source ${before.node} is another kind of node now`);
  } else if (after?.table === before.table) {
    compareKeyed(before, after as KeyedTable, add);
  } else {
    add(
      "id",
      AGGREGATED.includes(before.table) && other && AGGREGATED.includes(other.table)
        ? otherReason(before)
        : goneReason(before),
    );
  }
  return differences;
}

/** What aggregates keep: which of them, what they find out decides. */
const AGGREGATED: readonly StateTable["table"][] = ["windows", "groups"];

const HELD: Record<KeyedTable["table"], readonly [string, string]> = {
  windows: ["Aggregate", "its open windows"],
  groups: ["Aggregate", "its groups"],
  sessions: ["Aggregate", "its open sessions"],
  session_rows: ["Window", "the rows of its open sessions"],
  left: ["Join", "the rows that wait in it"],
  right: ["Join", "the rows that wait in it"],
  ranked: ["Rank", "its rows"],
  before: ["Over", "the rows before the next"],
  upserts: ["Source", "the last row of each key"],
};

function otherReason({ table, node }: KeyedTable): string {
  return `Aggregate ${node} kept ${
    HELD[table][1]
  } in a table of ${table}, and what it is to find out now needs them to be kept in another way`;
}

function goneReason({ table, node }: KeyedTable): string {
  const [what, held] = HELD[table];
  return `${what} ${node} is gone, and with it ${held}`;
}

/** Tables whose values are found again by what they are. */
const BY_NAME: readonly KeyedTable["table"][] = ["windows", "groups", "sessions", "session_rows", "before"];

function compareKeyed(before: KeyedTable, after: KeyedTable, add: Add): void {
  const paths = new Set([...Object.keys(before.settings), ...Object.keys(after.settings)]);
  for (const path of paths) {
    const was = before.settings[path], is = after.settings[path];
    if (was === undefined) add(path, `It is ${is} and was not there`);
    else if (is === undefined) add(path, `It was ${was} and is gone`);
    else if (was !== is) add(path, `It was ${was} and is ${is}`);
  }
  const at = before.table === "left" || before.table === "right" ? `${before.table}.` : "";
  compareLists(`${at}keys`, before.keys.map(keyText), after.keys.map(keyText), add);
  // They may come and go
  if (BY_NAME.includes(before.table)) return;
  compareLists(`${at}${before.valuePath}`, before.values.map(valueText), after.values.map(valueText), add);
}

function keyText({ name, type }: StateColumn): string {
  return `${name} ${type}`;
}

function valueText({ name, fn, type }: StateValue): string {
  return fn === null ? `${name} ${type}` : `${name} = ${fn}(${type ?? "*"})`;
}

function compareLists(path: string, before: readonly string[], after: readonly string[], add: Add): void {
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
