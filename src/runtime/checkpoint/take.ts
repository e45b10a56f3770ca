import type { Clock } from "../../core/clock.ts";
import type { Ending } from "../../core/ending.ts";
import { RdxError } from "../../core/errors.ts";
import { CUT_TURN_BYTES, CUT_TURNS_MAX } from "../../core/limits.ts";
import type { CheckpointStore, SavedStep, SavedTable, TableStep } from "../../store.ts";
import type { Pipeline } from "../pipeline.ts";
import type { TaskFacts, TaskTurn } from "../protocol.ts";
import type { SpareShelf } from "../spare_frames.ts";
import { CheckpointFeed } from "./feed.ts";
import { RowMerger } from "./merge_rows.ts";
import { type EarlierCheckpoint, knownOf, runOf, type SavedRun } from "./saved_run.ts";

/** What a checkpoint is to be. */
export interface TakeOptions {
  readonly store: Pick<CheckpointStore, "begin">;
  readonly folder: string;
  /** The number of the newest, on which it lies; null: it has everything, and lies on no other. */
  readonly below: number | null;
  /** Whether one that follows has everything as soon as deltas are too many. */
  readonly basesCome?: boolean;
  /** Has buffers of the one before, and takes those of this one; absent: none are kept. */
  readonly spare?: SpareShelf;
  readonly turn: number;
  readonly earlier: readonly EarlierCheckpoint[];
  /** What sinks have written has to outlive a crash of the machine. */
  readonly flush: boolean;
  readonly clock: Clock;
  /** Ends when it is not wanted any more. */
  readonly left: Ending;
}

/** A checkpoint that is there. */
export interface Taken {
  readonly number: number;
  readonly takenMs: number;
  readonly run: SavedRun;
  /** Of the rows that were written for it. */
  readonly bytes: number;
  /** How long a task did nothing else for it, at most. */
  readonly stoodMs: number;
}

/** The tasks of a pipeline that have some of its state. */
export function tasksWithState({ parts: { pool, taskPlan: { mode, owner } } }: Pipeline): readonly number[] {
  if (mode === "stateless") return [];
  return mode === "ordered" ? [owner] : Array.from({ length: pool.tasks }, (_, task) => task);
}

/**
 * Takes a checkpoint of a running pipeline, behind a number of its own. The tasks set aside what they have there and go on; what they have set aside, and
 * what sinks say that they have behind that number and in front of the next, goes to the store meanwhile. Resolves to null when there is nothing to take one of.
 */
export async function takeCheckpoint(pipeline: Pipeline, options: TakeOptions): Promise<Taken | null> {
  const { store, folder, below, clock, left, spare } = options, whole = below === null;
  // What tasks set aside in front of the cut goes to the store at once: however much it is, little of it is in memory
  const feed = new CheckpointFeed(store.begin(folder, below), spare);
  let number = -1, noted: Noted | null = null, done = false;
  try {
    await left.before(pipeline.approach.begin());
    await left.before(aheadTasks(pipeline, whole, feed, spare));
    const cut = pipeline.cut(
      whole,
      () => noted = note(pipeline, positions, (sinks) => cutSinks(sinks, number, whole, feed, clock)),
    );
    const positions = pipeline.inputs.map(({ offset }) => offset);
    if (!cut) return null;
    number = cut.number;
    const cutting = cutTasks(pipeline, number, whole, feed, spare);
    cutting.catch(() => {}); // told where it is waited for
    if (!await left.before(cut.through)) return null;
    pipeline.approach.end();
    const { tables, facts, stoodMs } = await left.before(cutting), { run, lostRows, sinks } = noted!;
    const { places, rowsOut, ...behind } = await left.before(sinks);
    if (options.flush) await left.before(flush(pipeline));
    const writer = await feed.written(), takenMs = clock.now(), { turn, earlier, basesCome } = options;
    const counts = { ...run.counts, rowsOut, deadRows: run.counts.deadRows + behind.lostRows - lostRows };
    const all: SavedRun = { ...run, ...knownOf(pipeline.plan, facts), counts, turn, places, earlier };
    await writer.commit(
      { number, takenMs, tables: [...tables, ...behind.tables], run: all },
      basesCome ? "come" : undefined,
    );
    feed.spend(writer);
    done = true;
    return { number, takenMs, run: all, bytes: feed.bytes, stoodMs };
  } finally {
    pipeline.approach.end();
    if (!done) {
      await feed.abandon();
      await leaveTasks(pipeline, number);
    }
  }
}

/** Has the tasks set aside in front of the cut what they can, and takes it as it comes. Buffers go back to them for what comes next. */
async function aheadTasks(pipeline: Pipeline, whole: boolean, feed: CheckpointFeed, spare?: SpareShelf): Promise<void> {
  const { pool, id } = pipeline.parts, tasks = tasksWithState(pipeline), { length } = tasks;
  await Promise.all(tasks.map(async (task) => {
    await pool.ahead(task, id, whole, spare?.take(length) ?? []);
    for (let all = false; !all;) {
      const { steps, enough } = await pool.drainAhead(task, id, spare?.take(length) ?? []);
      for (const step of steps) put(step, whole, length, feed);
      all = enough;
      await feed.room();
    }
  }));
}

/** A step of one of so many tasks. */
function put(step: SavedStep, whole: boolean, tasks: number, feed: CheckpointFeed): void {
  // A checkpoint that has everything begins with nothing
  if (step.kind === "clear" && whole) return;
  if (step.kind === "clear" && tasks > 1) throw new Error(`One of several tasks began table ${step.table} anew`);
  feed.put(step);
}

/** What is known of a pipeline where its tasks are through with the cut. */
interface Noted {
  readonly run: ReturnType<typeof runOf>;
  readonly lostRows: number;
  readonly sinks: Promise<SinkCut>;
}

function note(
  pipeline: Pipeline,
  positions: readonly number[],
  cutSinks: (pipeline: Pipeline) => Promise<SinkCut>,
): Noted {
  const run = runOf(pipeline, positions), { lostRows } = pipeline.meter;
  const sinks = pipeline.behind(() => cutSinks(pipeline));
  sinks.catch(() => {}); // told where it is waited for
  return { run, lostRows, sinks };
}

interface TaskTables {
  readonly tables: readonly SavedTable[];
  readonly facts: TaskFacts;
  /** The longest time in which one of the tasks did nothing else. */
  readonly stoodMs: number;
}

async function cutTasks(
  pipeline: Pipeline,
  number: number,
  whole: boolean,
  feed: CheckpointFeed,
  spare?: SpareShelf,
): Promise<TaskTables> {
  const { pool, id } = pipeline.parts, tasks = tasksWithState(pipeline);
  const [first, ...others] = await Promise.all(tasks.map((task) => pool.cut(task, id, number)));
  if (!first) return { tables: [], facts: { tickedMs: -Infinity, reached: [] }, stoodMs: 0 };
  const merger = others.length > 0 ? new RowMerger(first.tables) : null;
  const next = async (task: number) => {
    const turn = await pool.drain(task, id, number);
    for (const step of turn.steps) if (!merger?.holds(step)) put(step, whole, tasks.length, feed);
    spare?.put(turn.spare ?? []);
    return turn;
  };
  const stoodMs = await Promise.all(tasks.map((task) => drainTask(() => next(task), feed)));
  for (const step of merger?.take() ?? []) feed.put(step);
  return { tables: first.tables, facts: first, stoodMs: Math.max(...stoodMs) };
}

/** Resolves to how long the task did nothing else. */
async function drainTask(next: () => Promise<TaskTurn>, feed: CheckpointFeed): Promise<number> {
  const asked: Promise<TaskTurn>[] = [];
  for (;;) {
    while (asked.length < CUT_TURNS_MAX) {
      const turn = next();
      turn.catch(() => {}); // told where it is waited for
      asked.push(turn);
    }
    const { steps, stoodMs } = await asked.shift()!;
    if (steps.length === 0) {
      const behind = await Promise.all(asked);
      if (behind.some(({ steps }) => steps.length > 0)) throw new Error("A task handed state out behind its end");
      return stoodMs;
    }
    await feed.room();
  }
}

/** What tasks have set aside is not wanted. */
async function leaveTasks(pipeline: Pipeline, number: number): Promise<void> {
  const { pool, id } = pipeline.parts;
  await Promise.allSettled(tasksWithState(pipeline).map((task) => pool.leave(task, id, number)));
}

interface SinkCut {
  readonly tables: readonly SavedTable[];
  readonly places: Readonly<Record<string, unknown>>;
  readonly rowsOut: number;
  readonly lostRows: number;
}

/** What the sinks have behind a number; they get nothing meanwhile. Throws when the pipeline ended before they had it: nobody would write it again. */
async function cutSinks(
  pipeline: Pipeline,
  number: number,
  whole: boolean,
  feed: CheckpointFeed,
  clock: Clock,
): Promise<SinkCut> {
  if (pipeline.committed < number) throw new RdxError("closing", "The pipeline ended before its sinks had everything");
  const tables: SavedTable[] = [], places: [string, unknown][] = [], { sinks, plan, meter } = pipeline;
  const { rowsOut, lostRows } = meter;
  for (const [i, { keeper, place }] of sinks.entries()) {
    const { id: node } = plan.sinks[i];
    if (place !== undefined && place !== null) places.push([node, place]);
    if (!keeper) continue;
    tables.push(...keeper.tables.map((table) => ({ ...table, node })));
    keeper.cut(whole);
    let bytes = 0;
    for (let step: TableStep | null; (step = keeper.drain()) !== null;) {
      if (step.kind !== "clear" || !whole) feed.put({ ...step, node });
      bytes += "frame" in step ? step.frame.byteLength : 0;
      if (bytes < CUT_TURN_BYTES) continue;
      bytes = 0;
      await clock.soon(0);
      await feed.room();
    }
  }
  return { tables, places: Object.fromEntries(places), rowsOut, lostRows };
}

async function flush({ sinks }: Pipeline): Promise<void> {
  await Promise.all(sinks.map((sink) => sink.flush?.()));
}
