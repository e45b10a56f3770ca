import { RdxError } from "../../core/errors.ts";
import type { Column } from "../../core/schema.ts";
import type { CarriedNode } from "../../plan/state.ts";
import type { SavedTable } from "../../store.ts";

/** What a cell of a carried table comes from: a column of the table before, a number of its own for each row, or what it begins with. */
export type CellSource = { readonly column: number } | "number" | "zero" | "null";

/** A table of the changed plan, and where its rows come from. */
export interface CarriedTable {
  readonly to: SavedTable;
  readonly cells: readonly CellSource[];
}

/** How numbers of rows are called in the tables of what rows hold, and the greatest of them. */
const NUMBER = "$number";
/** Tables of what the rows hold for a call. */
const OF_CALLS = /\.(values|list|pages)$/;

/**
 * For each table of a node before, by its name, what it becomes. A table of the changed plan that is in none begins empty; one before that becomes nothing goes. Throws
 * RdxError("conflict") for what cannot be made of them.
 */
export function carriedTables(
  carried: CarriedNode,
  before: readonly SavedTable[],
  after: readonly SavedTable[],
): ReadonlyMap<string, CarriedTable> {
  const made = new Map<string, CarriedTable>();
  for (const to of after) {
    const from = sourceOf(carried, to, before);
    if (!from) continue;
    if (made.has(from.name)) throw conflict(carried.node, `table ${from.name} would become two`);
    if (from.version !== to.version || from.keys !== to.keys) {
      throw conflict(carried.node, `table ${to.name} has other keys`);
    }
    made.set(from.name, { to, cells: to.columns.map((column) => cellOf(carried, column, to, from)) });
  }
  return made;
}

/** The table before that has what `to` is to have. */
function sourceOf(carried: CarriedNode, to: SavedTable, before: readonly SavedTable[]): SavedTable | null {
  const call = OF_CALLS.test(to.name) ? callOf(carried, to.name) : null;
  if (call === null) return before.find(({ name }) => name === to.name) ?? null;
  // Different values belong to all that count them
  const counters = to.columns.flatMap(({ name }) => callOf(carried, name) ?? []);
  const calls = counters.length > 0 ? counters : [call], kind = to.name.slice(call.length);
  const found = new Set(calls.flatMap((one) => {
    const from = carried.names[one];
    if (from === null) return [];
    const own = before.filter(({ name, columns }) =>
      name.endsWith(kind) &&
      (name === `${from}${kind}` || columns.some((column) => column.name === `${from}.count`))
    );
    return own.filter(({ columns }) => columns.some(({ name }) => name === "value" || name === "bytes"));
  }));
  if (found.size > 1) {
    throw conflict(carried.node, `the values of ${calls.join(", ")} were kept apart and would come together`);
  }
  return [...found][0] ?? null;
}

function cellOf(carried: CarriedNode, column: Column, to: SavedTable, from: SavedTable): CellSource {
  const { name, nullable } = column, call = callOf(carried, name), before = call && carried.names[call];
  const wanted = call === null ? name : before === null ? null : `${before}${name.slice(call.length)}`;
  const at = wanted === null ? -1 : from.columns.findIndex((one) => one.name === wanted);
  if (at >= 0) {
    const { kind, scale = 0 } = from.columns[at].type;
    if (kind === column.type.kind && scale === (column.type.scale ?? 0)) return { column: at };
    throw conflict(carried.node, `column ${name} of table ${to.name} has another type`);
  }
  if (name === NUMBER) return "number";
  if (call === null) throw conflict(carried.node, `table ${to.name} has no column ${name} yet`);
  return nullable && !(carried.counts.includes(call) && to.name === "slices") ? "null" : "zero";
}

/** The aggregate that a column or a table is of, by the name in front of its parts; null: of none. */
function callOf({ names }: CarriedNode, name: string): string | null {
  const fits = Object.keys(names).filter((call) => name === call || name.startsWith(`${call}.`));
  return fits.sort((a, b) => b.length - a.length)[0] ?? null;
}

function conflict(node: string, why: string): RdxError {
  const reason = `The state of ${node} cannot become that of its new plan: ${why}`;
  const hint = "Change it in two steps, or start without the old state (state=fresh)";
  return new RdxError("conflict", reason, [{ node, path: "aggs", reason, hint }]);
}
