import { FrameView } from "../../core/frame.ts";
import { writeFrame } from "../../core/frame_writer.ts";
import type { Column } from "../../core/schema.ts";
import { sameType } from "../../core/schema.ts";
import type { PhysicalSink } from "../../plan/physical.ts";
import type { CarriedNode } from "../../plan/state.ts";
import type { TableKeeper, TableStep } from "../../store.ts";
import type { Pipeline } from "../pipeline.ts";
import { emptyColumn } from "./steps.ts";

type RowStep = Extract<TableStep, { readonly kind: "delete" | "upsert" }>;
/** Positions of columns before; −1: there is none. */
type Places = readonly number[];

/** Gives views of a changed plan that have other columns than before the rows that they had: with NULL in columns that are new. */
export function carryViews(before: Pipeline, next: Pipeline, carried: readonly CarriedNode[]): void {
  for (const [i, sink] of next.sinks.entries()) {
    if (before.sinks.includes(sink) || !sink.keeper) continue;
    const own = next.plan.sinks[i], at = before.plan.sinks.findIndex((other) => isSameView(other, own));
    const from = at < 0 ? null : before.sinks[at].keeper;
    const places = from && placesOf(from, sink.keeper, renames(before.plan.sinks[at], own, carried));
    if (from && places) moveRows(from, sink.keeper, places);
  }
}

/** Whether rows of one are told apart as those of the other. */
function isSameView(a: PhysicalSink, b: PhysicalSink): boolean {
  const facts = ({ id, sink: { kind, name }, keys, upsertKeys, changes }: PhysicalSink) =>
    JSON.stringify([id, kind, name, keys, upsertKeys, changes]);
  return a.sink.kind === "view" && facts(a) === facts(b) && !(a.changes && a.upsertKeys === null);
}

/** Columns that are only called in another way, as the aggregates that they have. */
function renames(before: PhysicalSink, after: PhysicalSink, carried: readonly CarriedNode[]): Map<string, string> {
  const has = ({ columns }: PhysicalSink, name: string) => columns.some((column) => column.name === name);
  const all = carried.flatMap(({ names }) => Object.entries(names)).flatMap(([name, from]) => {
    const is = from !== null && from !== name && !has(before, name) && !has(after, from) && has(before, from);
    return is ? [[name, from] as const] : [];
  });
  return new Map(all);
}

/** By table, where each column comes from; null: the rows cannot be moved. */
function placesOf(
  from: TableKeeper,
  to: TableKeeper,
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, Places> | null {
  const places = new Map<string, Places>();
  for (const table of to.tables) {
    const before = from.tables.find(({ name }) => name === table.name);
    if (!before || before.version !== table.version || before.keys !== table.keys) return null;
    const at = table.columns.map(({ name }) =>
      before.columns.findIndex((one) => one.name === (names.get(name) ?? name))
    );
    const fits = at.every((place, i) =>
      place < 0 ? table.columns[i].nullable : sameType(before.columns[place].type, table.columns[i].type)
    );
    if (!fits) return null;
    places.set(table.name, at);
  }
  return places;
}

function moveRows(from: TableKeeper, to: TableKeeper, places: ReadonlyMap<string, Places>): void {
  const columns = new Map(to.tables.map((table) => [table.name, table]));
  from.cut(true);
  for (let step: TableStep | null; (step = from.drain()) !== null;) {
    const table = columns.get(step.table)!;
    if (step.kind === "clear" || step.kind === "expire") to.restore(step);
    else {
      const wanted = step.kind === "delete" ? table.columns.slice(0, table.keys) : table.columns;
      to.restore(moved(step, wanted, places.get(step.table)!));
    }
  }
  to.restored();
}

function moved(step: RowStep, columns: readonly Column[], places: Places): RowStep {
  const view = new FrameView(step.frame);
  const all = columns.map(({ type }, i) =>
    places[i] < 0 ? emptyColumn(type, view.rows, "null") : view.buffers(places[i])
  );
  return { ...step, columns, frame: writeFrame(view.rows, all) };
}
