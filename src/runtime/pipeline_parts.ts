import type { Clock } from "../core/clock.ts";
import type { OrderLog, OrderReplay } from "../log.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { Sink } from "../sink.ts";
import type { QuarantinedChunk } from "../store.ts";
import type { PipelineInput } from "./input.ts";
import type { PipelineLookups } from "./lookups.ts";
import type { PipelineMeter } from "./pipeline_meter.ts";
import type { TaskPool } from "./pool.ts";
import type { DeadRow, TaskPlan } from "./protocol.ts";
import type { SideStreams } from "./side_rows.ts";

/** What a pipeline is made of. */
export interface PipelineParts {
  /** Identifies this deployment among all of the engine; messages of an earlier one of the same name are not taken for its own. */
  readonly id: number;
  readonly plan: PhysicalPlan;
  readonly taskPlan: TaskPlan;
  readonly inputs: readonly PipelineInput[];
  /** In the order of the plan's sinks. */
  readonly sinks: readonly Sink[];
  /** What the plan's lookups ask; absent: it has none. */
  readonly lookups?: PipelineLookups | null;
  readonly pool: TaskPool;
  readonly side: SideStreams;
  readonly clock: Clock;
  readonly order: OrderLog;
  readonly meter: PipelineMeter;
  /** Names it in what it puts aside of streams, so that it does so once however often it is recovered; absent or null: it never is. */
  readonly writer?: string | null;
  /** What it does again before it takes anything new, up to a number at which another plan goes on (Infinity: none does). */
  readonly recovery?: Recovery | null;
  /** What sinks were opened with in an earlier process, by their ids. */
  readonly origins?: Readonly<Record<string, unknown>>;
}

export interface Recovery {
  readonly replay: OrderReplay;
  readonly until: number;
  /** The first dead rows of what it does not do again. */
  readonly errors?: readonly DeadRow[];
  /** Chunks that it leaves out. */
  readonly quarantined?: readonly QuarantinedChunk[];
}
