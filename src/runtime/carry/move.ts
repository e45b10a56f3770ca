import { type CarriedNode, compareState } from "../../plan/state.ts";
import type { SavedStep, SavedTable } from "../../store.ts";
import { RowMerger } from "../checkpoint/merge_rows.ts";
import { restoreTasks } from "../checkpoint/restore.ts";
import { tasksWithState } from "../checkpoint/take.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Compiled, Deployed } from "../pipeline_maker.ts";
import { lookupsOf, modeAfter, shareState } from "../plan_shape.ts";
import type { StateFacts, TaskFacts } from "../protocol.ts";
import { CarriedSteps } from "./steps.ts";
import { carryViews } from "./views.ts";

/** State that a pipeline at rest hands out for a changed plan, whose tasks are new. */
export interface Move {
  readonly before: Pipeline;
  readonly tables: readonly SavedTable[];
  readonly facts: TaskFacts;
}

/** How a changed plan goes on in the place of another. */
export interface Change {
  readonly carried: readonly CarriedNode[];
  /** Null: the tasks of the changed plan go on with the tables as they are, where they are. */
  readonly move: Move | null;
}

/** Begins to hand the state of a pipeline at rest on to a changed plan. Until that has taken it over, it can go on as if nothing had been. */
export async function beginChange(before: Deployed, after: Compiled, tasks: number): Promise<Change> {
  const { pipeline } = before, plans = { before: before.plan, after: after.plan };
  const { carried } = compareState(pipeline.plan, after.physical, plans);
  const move = carried.length > 0 || isSpread(pipeline, after, tasks) ? await beginMove(pipeline, after) : null;
  return { carried, move };
}

/** State that is spread over workers comes together in one. */
function isSpread({ plan, parts: { taskPlan: { mode } } }: Pipeline, { physical }: Compiled, tasks: number): boolean {
  return tasks > 1 && mode === "parallel" && modeAfter(physical, mode) === "ordered" && shareState(plan, physical);
}

async function beginMove(before: Pipeline, { physical }: Compiled): Promise<Move> {
  const { pool, id } = before.parts;
  const [first] = await Promise.all(tasksWithState(before).map((task) => pool.handOut(task, id)));
  if (!first) return { before, tables: [], facts: { tickedMs: -Infinity, reached: [] } };
  const were = lookupsOf(before.plan);
  const reached = lookupsOf(physical).map(({ id }) => first.reached[were.findIndex((one) => one.id === id)]);
  const facts = { tickedMs: first.tickedMs, reached: reached.map((ms) => ms ?? -Infinity) };
  return { before, tables: first.tables, facts };
}

/**
 * Gives a pipeline that has been made for it, and whose sinks are open, what it goes on with. Throws what stands in the way: RdxError("conflict") for state that does not
 * fit; then `next` is of no use.
 */
export async function takeOver(before: Pipeline, next: Pipeline, { carried, move }: Change): Promise<void> {
  if (move) {
    await next.open(next.sinks);
    const { pool, id } = next.parts, [first = 0] = tasksWithState(next), facts = await pool.stateFacts(id);
    const rows = rowsOf(await pool.stateFacts(before.parts.id));
    const steps = new CarriedSteps(carried, move.tables, facts[first]?.tables ?? [], rows);
    await restoreTasks(next, steps.tables, handedOn(move, next, steps));
  }
  carryViews(before, next, carried);
}

/** How many rows each node keeps, in all tasks. */
function rowsOf(facts: readonly (StateFacts | null)[]): Map<string, number> {
  const rows = new Map<string, number>();
  for (const { node, kept } of facts.flatMap((one) => one?.operators ?? [])) {
    rows.set(node, (rows.get(node) ?? 0) + (kept?.rows ?? 0));
  }
  return rows;
}

/** What `next` goes on with: what nodes had before, and what new ones have when they begin. */
async function* handedOn({ before, tables }: Move, next: Pipeline, made: CarriedSteps): AsyncGenerator<SavedStep> {
  for await (const step of handedOut(before, tables)) {
    const own = made.take(step);
    if (own) yield own;
  }
  const known = new Set(tables.map(({ node }) => node));
  if (made.tables.every(({ node }) => known.has(node))) return;
  await Promise.all(tasksWithState(next).map((task) => next.parts.pool.handOut(task, next.parts.id)));
  for await (const step of handedOut(next, made.tables)) if (!known.has(step.node)) yield step;
}

/** All that the tasks hand out, a step of one after the other: no more than one turn of them is here. */
async function* handedOut(pipeline: Pipeline, tables: readonly SavedTable[]): AsyncGenerator<SavedStep> {
  const { pool, id } = pipeline.parts, tasks = tasksWithState(pipeline);
  const merger = tasks.length > 1 ? new RowMerger(tables) : null;
  for (const task of tasks) {
    for (let steps; (steps = await pool.handOutNext(task, id)).length > 0;) {
      for (const step of steps) {
        // What takes it in has nothing yet
        if (step.kind !== "clear" && !merger?.holds(step)) yield step;
      }
    }
  }
  yield* merger?.take() ?? [];
}
