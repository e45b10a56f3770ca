import { RdxError } from "../../core/errors.ts";
import type { CheckpointFacts } from "../../store.ts";
import type { PhysicalPlan } from "../../plan/physical.ts";
import type { Pipeline } from "../pipeline.ts";
import { lookupsOf } from "../plan_shape.ts";
import type { DeadRow, TaskFacts } from "../protocol.ts";

/** What this means; a reader of another version knows nothing of it. */
const VERSION = 1;

/** Times as JSON can say them: without an end, and before the first. */
type SavedTime = number | "end" | null;

/** Where a pipeline stood behind a number: what is in a checkpoint beside its tables. */
export interface SavedRun {
  readonly version: typeof VERSION;
  /** Which of its plans it had; see SavedPlan. */
  readonly turn: number;
  /** By the ids of its sources: behind the last row that was taken, and the watermark. */
  readonly sources: Readonly<Record<string, { readonly position: number; readonly watermark: SavedTime }>>;
  /** By the ids of its lookups, the watermark that has come out. */
  readonly lookups: Readonly<Record<string, SavedTime>>;
  readonly tickedMs: SavedTime;
  /** By the ids of its sinks, what each has to be opened with; null, as in savepoints: what its plan says, for sinks begin anew. */
  readonly places: Readonly<Record<string, unknown>> | null;
  readonly counts: RunCounts;
  readonly errors: readonly DeadRow[];
  /** Those before it that may still be there, the oldest first. */
  readonly earlier: readonly EarlierCheckpoint[];
}

/** What a pipeline has counted. */
export interface RunCounts {
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly deadRows: number;
  readonly functionErrors: number;
  /** As its tasks tell them. */
  readonly late: number;
  readonly untimed: number;
}

/** What has to be kept for as long as a checkpoint is there. */
export interface EarlierCheckpoint {
  readonly number: number;
  readonly turn: number;
  /** By the ids of its sources. */
  readonly positions: Readonly<Record<string, number>>;
}

function savedTime(ms: number): SavedTime {
  return ms === Infinity ? "end" : ms === -Infinity ? null : ms;
}

/** The time that was saved. */
export function timeOf(saved: SavedTime): number {
  return saved === "end" ? Infinity : saved ?? -Infinity;
}

/** Where a pipeline stands behind a number at which its inputs were at these positions, without what its tasks and sinks say. */
export function runOf(
  pipeline: Pipeline,
  positions: readonly number[],
): Pick<SavedRun, "version" | "sources" | "counts" | "errors"> {
  const { plan, meter: { counts }, errors } = pipeline;
  return {
    version: VERSION,
    sources: Object.fromEntries(plan.sources.map(({ id }, i) => {
      return [id, { position: positions[i], watermark: savedTime(pipeline.watermarkOf(id)) }];
    })),
    counts,
    errors: [...errors],
  };
}

/** What its tasks know there. */
export function knownOf(plan: PhysicalPlan, { tickedMs, reached }: TaskFacts): Pick<SavedRun, "lookups" | "tickedMs"> {
  return {
    lookups: Object.fromEntries(lookupsOf(plan).map(({ id }, i) => [id, savedTime(reached[i] ?? -Infinity)])),
    tickedMs: savedTime(tickedMs),
  };
}

/** The times of a run, as its plan has them. */
export function timesOf(
  { sources, lookups, tickedMs }: SavedRun,
  plan: PhysicalPlan,
): { watermarks: number[]; facts: TaskFacts } {
  return {
    watermarks: plan.sources.map(({ id }) => timeOf(sources[id]?.watermark ?? null)),
    facts: {
      tickedMs: timeOf(tickedMs),
      reached: lookupsOf(plan).map(({ id }) => timeOf(lookups[id] ?? null)),
    },
  };
}

/** What has to be kept for a checkpoint. */
export function neededFor(number: number, { turn, sources }: Pick<SavedRun, "turn" | "sources">): EarlierCheckpoint {
  const positions = Object.entries(sources).map(([id, { position }]) => [id, position] as const);
  return { number, turn, positions: Object.fromEntries(positions) };
}

/** The run of a checkpoint that was opened. Throws RdxError("invalid") for one of another version. */
export function savedRun({ number, run }: CheckpointFacts): SavedRun {
  const { version } = (run ?? {}) as { version?: unknown };
  if (version !== VERSION) {
    throw new RdxError(
      "invalid",
      `Checkpoint ${number} has version ${version}, and this rdx knows ${VERSION}: use the rdx that wrote it`,
    );
  }
  return run as SavedRun;
}
