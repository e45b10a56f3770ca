import type { Clock } from "../../core/clock.ts";
import { CUT_TURN_BYTES, CUT_TURNS_MAX } from "../../core/limits.ts";
import type { CheckpointStore, SavedStep, SavedTable, TableStep } from "../../store.ts";
import type { Pipeline } from "../pipeline.ts";
import type { TaskFacts } from "../protocol.ts";
import { CheckpointFeed } from "./feed.ts";
import { RowMerger } from "./merge_rows.ts";
import { type EarlierCheckpoint, runOf, type SavedRun } from "./saved_run.ts";

/** What a checkpoint is to be. */
export interface TakeOptions {
  readonly store: Pick<CheckpointStore, "begin">;
  readonly folder: string;
  /** It has everything, and lies on no other. */
  readonly whole: boolean;
  readonly turn: number;
  readonly earlier: readonly EarlierCheckpoint[];
  /** What sinks have written has to outlive a crash of the machine. */
  readonly flush: boolean;
  readonly clock: Clock;
  /** Rejects when it is not wanted any more. */
  readonly left: Promise<never>;
}

/** A checkpoint that is there. */
export interface Taken {
  readonly number: number;
  readonly takenMs: number;
  readonly run: SavedRun;
  /** Of the rows that were written for it. */
  readonly bytes: number;
  /** How long nothing new was taken for it. */
  readonly stoodMs: number;
}

/** The tasks of a pipeline that have some of its state. */
export function tasksWithState({ parts: { pool, taskPlan: { mode, owner } } }: Pipeline): readonly number[] {
  if (mode === "stateless") return [];
  return mode === "ordered" ? [owner] : Array.from({ length: pool.tasks }, (_, task) => task);
}

/**
 * Takes a checkpoint of a running pipeline behind the last number that it has given. Nothing new gets a number until its tasks have handed out what
 * they have; its sinks say what they have behind that number and in front of the next. Resolves to null when the pipeline ended meanwhile.
 */
export async function takeCheckpoint(pipeline: Pipeline, options: TakeOptions): Promise<Taken | null> {
  const { store, folder, whole, clock } = options, beganMs = clock.monotonic();
  let feed: CheckpointFeed | null = null;
  try {
    let stoodMs: number, sinks: Promise<SinkCut>, tasks: TaskTables, run: ReturnType<typeof runOf>, number: number;
    try {
      if (!await pipeline.standStill()) return null;
      number = pipeline.number;
      const steps = feed = new CheckpointFeed(store.begin(folder, number, whole));
      sinks = pipeline.behind(() => cutSinks(pipeline, whole, steps, clock));
      sinks.catch(() => {}); // told where it is waited for
      tasks = await cutTasks(pipeline, whole, steps);
      run = runOf(pipeline, tasks.facts);
    } finally {
      pipeline.moveOn();
      stoodMs = clock.monotonic() - beganMs;
    }
    const { tables, places, rowsOut } = await Promise.race([sinks, options.left]);
    if (options.flush) await Promise.race([flush(pipeline), options.left]);
    const writer = await feed.written(), takenMs = clock.now(), { turn, earlier } = options;
    const all: SavedRun = { ...run, counts: { ...run.counts, rowsOut }, turn, places, earlier };
    await writer.commit({ number, takenMs, tables: [...tasks.tables, ...tables], run: all });
    const { bytes } = feed;
    feed = null;
    return { number, takenMs, run: all, bytes, stoodMs };
  } finally {
    await feed?.abandon();
  }
}

interface TaskTables {
  readonly tables: readonly SavedTable[];
  readonly facts: TaskFacts;
}

async function cutTasks(pipeline: Pipeline, whole: boolean, feed: CheckpointFeed): Promise<TaskTables> {
  const { pool, id } = pipeline.parts, tasks = tasksWithState(pipeline);
  const [first, ...others] = await Promise.all(tasks.map((task) => pool.cut(task, id, whole)));
  if (!first) return { tables: [], facts: { tickedMs: -Infinity, reached: [] } };
  const merger = others.length > 0 ? new RowMerger(first.tables) : null;
  const put = (step: SavedStep) => {
    if (merger?.holds(step)) return;
    // A checkpoint that has everything begins with nothing
    if (step.kind === "clear" && whole) return;
    if (step.kind === "clear" && merger) throw new Error(`One of several tasks began table ${step.table} anew`);
    feed.put(step);
  };
  await Promise.all(tasks.map((task) => drainTask(() => pool.drain(task, id), feed, put)));
  for (const step of merger?.take() ?? []) feed.put(step);
  return { tables: first.tables, facts: first };
}

async function drainTask(
  next: () => Promise<SavedStep[]>,
  feed: CheckpointFeed,
  put: (step: SavedStep) => void,
): Promise<void> {
  const asked: Promise<SavedStep[]>[] = [];
  for (;;) {
    while (asked.length < CUT_TURNS_MAX) {
      const turn = next();
      turn.catch(() => {}); // told where it is waited for
      asked.push(turn);
    }
    const steps = await asked.shift()!;
    for (const step of steps) put(step);
    if (steps.length === 0) break;
    await feed.room();
  }
  await Promise.all(asked);
}

interface SinkCut {
  readonly tables: readonly SavedTable[];
  readonly places: Readonly<Record<string, unknown>>;
  readonly rowsOut: number;
}

/** What the sinks have; they get nothing meanwhile. */
async function cutSinks(pipeline: Pipeline, whole: boolean, feed: CheckpointFeed, clock: Clock): Promise<SinkCut> {
  const tables: SavedTable[] = [], places: [string, unknown][] = [], { sinks, plan, meter: { rowsOut } } = pipeline;
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
  return { tables, places: Object.fromEntries(places), rowsOut };
}

async function flush({ sinks }: Pipeline): Promise<void> {
  await Promise.all(sinks.map((sink) => sink.flush?.()));
}
