import { FrameView } from "../../core/frame.ts";
import { writeFrame } from "../../core/frame_writer.ts";
import type { Column } from "../../core/schema.ts";
import { sameType } from "../../core/schema.ts";
import { originOf } from "../../plan/lineage.ts";
import type { PhysicalPlan, PhysicalSink } from "../../plan/physical.ts";
import { type CarriedNode, compareState } from "../../plan/state.ts";
import type { TableKeeper, TableStep } from "../../store.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Compiled, Deployed } from "../pipeline_maker.ts";
import { emptyColumn } from "./steps.ts";

type RowStep = Extract<TableStep, { readonly kind: "delete" | "upsert" }>;
/** Positions of columns before; −1: there is none. */
type Places = readonly number[];

/** Columns of a changed view by name, with their names before; null: the view had no such values. Those that are not in it are called as before. */
type Names = ReadonlyMap<string, string | null>;

/** The ids of views whose rows, with a changed plan, are not what their columns are called: they cannot stay where they are. */
export function viewsToMove({ plan, pipeline }: Deployed, after: Compiled): ReadonlySet<string> {
  const { carried } = compareState(pipeline.plan, after.physical, { before: plan, after: after.plan });
  const moved = after.physical.sinks.filter((sink) => {
    const was = pipeline.plan.sinks.find((other) => isSameView(other, sink));
    return was && namesBefore(pipeline.plan, was, after.physical, sink, carried).size > 0;
  });
  return new Set(moved.map(({ id }) => id));
}

/**
 * Gives new views of a changed plan the rows that the views in their places had: with NULL in columns that are new, and with 0 in counts of groups, whose next
 * results are compared with that.
 */
export function carryViews(before: Pipeline, next: Pipeline, carried: readonly CarriedNode[]): void {
  for (const [i, sink] of next.sinks.entries()) {
    if (before.sinks.includes(sink) || !sink.keeper) continue;
    const own = next.plan.sinks[i], at = before.plan.sinks.findIndex((other) => isSameView(other, own));
    const from = at < 0 ? null : before.sinks[at].keeper;
    if (!from) continue;
    const names = namesBefore(before.plan, before.plan.sinks[at], next.plan, own, carried);
    const places = placesOf(from, sink.keeper, names);
    if (places) moveRows(from, sink.keeper, places, countsOf(next.plan, own, carried));
  }
}

/** Whether rows of one are told apart as those of the other. */
function isSameView(a: PhysicalSink, b: PhysicalSink): boolean {
  const facts = ({ id, sink: { kind, name }, keys, upsertKeys, changes }: PhysicalSink) =>
    JSON.stringify([id, kind, name, keys, upsertKeys, changes]);
  return a.sink.kind === "view" && facts(a) === facts(b) && !(a.changes && a.upsertKeys === null);
}

/** Finds columns again that are called in another way, by the aggregates that they come from. */
function namesBefore(
  before: PhysicalPlan,
  was: PhysicalSink,
  after: PhysicalPlan,
  is: PhysicalSink,
  carried: readonly CarriedNode[],
): Names {
  const known = was.columns.map(({ name }, i) => ({ name, origin: originOf(before, was.input, i) }));
  const names = new Map<string, string | null>();
  for (const [i, { name }] of is.columns.entries()) {
    const origin = originOf(after, is.input, i);
    if (!origin) continue;
    const calls = carried.find(({ node }) => node === origin.node)?.calls ?? {};
    const isCarried = Object.hasOwn(calls, origin.column), column = isCarried ? calls[origin.column] : origin.column;
    const same = known.filter((one) => one.origin?.node === origin.node && one.origin.column === column);
    if (same.some((one) => one.name === name)) continue;
    if (same.length > 0) names.set(name, same[0].name);
    else if (isCarried && known.some((one) => one.name === name)) names.set(name, null);
  }
  return names;
}

/** Columns that are counts of groups that have begun with a changed plan. */
function countsOf(plan: PhysicalPlan, { input, columns }: PhysicalSink, carried: readonly CarriedNode[]): Set<string> {
  const begun = columns.filter((_, i) => {
    const origin = originOf(plan, input, i), node = carried.find((one) => one.node === origin?.node);
    const operator = plan.operators.find(({ id }) => id === origin?.node);
    const isOpen = operator?.op === "group" && operator.emit.mode !== "final" && operator.emit.end < 0;
    return origin && isOpen && node?.counts.includes(origin.column) && node.calls[origin.column] === null;
  });
  return new Set(begun.map(({ name }) => name));
}

/** By table, where each column comes from; null: the rows cannot be moved. */
function placesOf(
  from: TableKeeper,
  to: TableKeeper,
  names: Names,
): ReadonlyMap<string, Places> | null {
  const places = new Map<string, Places>();
  for (const table of to.tables) {
    const before = from.tables.find(({ name }) => name === table.name);
    if (!before || before.version !== table.version || before.keys !== table.keys) return null;
    const at = table.columns.map(({ name }) => {
      const was = names.get(name);
      return was === null ? -1 : before.columns.findIndex((one) => one.name === (was ?? name));
    });
    const fits = at.every((place, i) =>
      place < 0 ? table.columns[i].nullable : sameType(before.columns[place].type, table.columns[i].type)
    );
    if (!fits) return null;
    places.set(table.name, at);
  }
  return places;
}

function moveRows(
  from: TableKeeper,
  to: TableKeeper,
  places: ReadonlyMap<string, Places>,
  zeros: ReadonlySet<string>,
): void {
  const columns = new Map(to.tables.map((table) => [table.name, table]));
  from.cut(true);
  for (let step: TableStep | null; (step = from.drain()) !== null;) {
    const table = columns.get(step.table)!;
    if (step.kind === "clear" || step.kind === "expire") to.restore(step);
    else {
      const wanted = step.kind === "delete" ? table.columns.slice(0, table.keys) : table.columns;
      to.restore(moved(step, wanted, places.get(step.table)!, zeros));
    }
  }
  to.restored();
}

function moved(step: RowStep, columns: readonly Column[], places: Places, zeros: ReadonlySet<string>): RowStep {
  const view = new FrameView(step.frame);
  const all = columns.map(({ name, type }, i) =>
    places[i] < 0 ? emptyColumn(type, view.rows, zeros.has(name) ? "zero" : "null") : view.buffers(places[i])
  );
  return { ...step, columns, frame: writeFrame(view.rows, all) };
}
