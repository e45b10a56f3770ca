import { FrameView } from "../../core/frame.ts";
import { RdxError } from "../../core/errors.ts";
import { RESTORE_TURN_BYTES } from "../../core/limits.ts";
import type { OpenedCheckpoint, SavedStep, SavedTable } from "../../store.ts";
import { taskOfGroup } from "../key_groups.ts";
import type { Pipeline } from "../pipeline.ts";
import type { TaskPool } from "../pool.ts";
import { withoutSums } from "./merge_rows.ts";
import { misfitOf } from "./misfit.ts";
import { tasksWithState } from "./take.ts";

/**
 * Gives the tasks and sinks of a pipeline that has not begun what a checkpoint has of about `bytes` bytes. Throws RdxError("invalid") for what does not fit or is
 * damaged; then the pipeline is of no use.
 */
export async function restoreCheckpoint(pipeline: Pipeline, opened: OpenedCheckpoint, bytes: number): Promise<void> {
  const { plan, sinks } = pipeline, { tables } = opened.facts;
  const keepers = new Map(plan.sinks.flatMap(({ id }, i) => sinks[i].keeper ? [[id, sinks[i].keeper!] as const] : []));
  const ofTasks = tables.filter(({ node }) => !plan.sinks.some(({ id }) => id === node));
  const ofSinks = [...keepers].flatMap(([node, keeper]) => keeper.tables.map((table) => ({ ...table, node })));
  refuse(misfitOf(ofSinks, tables.filter((table) => !ofTasks.includes(table))));
  let read = 0;
  pipeline.restored = 0;
  async function* steps(): AsyncGenerator<SavedStep> {
    for await (const step of opened.steps()) {
      read += "frame" in step ? step.frame.byteLength : 0;
      pipeline.restored = Math.min(1, read / Math.max(1, bytes));
      const keeper = keepers.get(step.node);
      if (keeper) keeper.restore(step);
      else yield step;
    }
  }
  await restoreTasks(pipeline, ofTasks, steps());
  for (const keeper of keepers.values()) keeper.restored();
  await countState(pipeline);
  pipeline.restored = 1;
}

/** Has the meter say what the tasks keep, which tell it themselves only with their next answers. */
export async function countState({ meter, parts: { pool, id } }: Pipeline): Promise<void> {
  for (const [task, facts] of (await pool.stateFacts(id)).entries()) {
    if (facts) meter.keeps(task, facts.operators.flatMap(({ kept }) => kept ? [kept] : []));
  }
}

/** The same with what its tasks have alone. */
export async function restoreTasks(
  pipeline: Pipeline,
  tables: readonly SavedTable[],
  steps: AsyncIterable<SavedStep>,
): Promise<void> {
  const { parts: { pool, id } } = pipeline, tasks = tasksWithState(pipeline);
  const senders = tasks.map((task) => new Sender(pool, task, id));
  if (tasks.length === 0) refuse(misfitOf([], tables));
  for (const task of tasks) refuse(await pool.restoring(task, id, tables));
  const router = new Router(tables, senders);
  for await (const step of steps) await router.take(step);
  await Promise.all(senders.map((sender) => sender.end()));
  for (const task of tasks) {
    const { reason, lookups } = await pool.restored(task, id);
    refuse(reason);
    pipeline.asked.push(...lookups);
  }
}

function refuse(reason: string | null): void {
  if (reason !== null) throw new RdxError("invalid", reason);
}

/** Sends a task what is its own, a piece at a time: the next is made while it takes the one before. */
class Sender {
  readonly #pool: TaskPool;
  readonly #task: number;
  readonly #pipeline: number;
  #steps: SavedStep[] = [];
  #bytes = 0;
  #sending: Promise<string | null> = Promise.resolve(null);

  constructor(pool: TaskPool, task: number, pipeline: number) {
    this.#pool = pool;
    this.#task = task;
    this.#pipeline = pipeline;
  }

  async add(step: SavedStep): Promise<void> {
    this.#steps.push(step);
    this.#bytes += "frame" in step ? step.frame.byteLength : 0;
    if (this.#bytes >= RESTORE_TURN_BYTES) await this.#send();
  }

  async #send(): Promise<void> {
    const steps = this.#steps;
    this.#steps = [];
    this.#bytes = 0;
    refuse(await this.#sending);
    this.#sending = this.#pool.restore(this.#task, this.#pipeline, steps);
    this.#sending.catch(() => {}); // told where it is waited for
  }

  async end(): Promise<void> {
    await this.#send();
    refuse(await this.#sending);
  }
}

/** Finds the tasks that own rows of a step. */
class Router {
  readonly #tables: ReadonlyMap<string, SavedTable>;
  readonly #senders: readonly Sender[];

  constructor(tables: readonly SavedTable[], senders: readonly Sender[]) {
    this.#tables = new Map(tables.map((table) => [JSON.stringify([table.node, table.name]), table]));
    this.#senders = senders;
  }

  async take(step: SavedStep): Promise<void> {
    const table = this.#tables.get(JSON.stringify([step.node, step.table]));
    if (!table) {
      throw new RdxError(
        "invalid",
        `Checkpoint rows are of a table ${step.table} of node ${step.node}, which it does not have`,
      );
    }
    const senders = this.#senders;
    if (senders.length === 1 || !("frame" in step)) {
      for (const sender of senders) await sender.add(step);
    } else if (table.keys === 0) {
      const [first, ...others] = senders;
      for (const sender of others) await sender.add(withoutSums(step, table));
      await first.add(step);
    } else {
      // The last one gets the frame itself: it is handed over
      const [last, ...others] = ownersOf(step.frame, senders.length);
      for (const task of others) await senders[task].add({ ...step, frame: step.frame.slice(0) });
      if (last !== undefined) await senders[last].add(step);
    }
  }
}

/** The tasks that own key groups of rows, whose first column these are. */
function ownersOf(frame: ArrayBuffer, tasks: number): number[] {
  const groups = new FrameView(frame).buffers(0).data, owners = new Set<number>();
  for (const group of groups) owners.add(Math.min(tasks - 1, taskOfGroup(Number(group), tasks)));
  return [...owners];
}
