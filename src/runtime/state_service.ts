import type { ColdFacts } from "../core/cold_file.ts";
import type { Column } from "../core/schema.ts";
import type { CheckpointStatus } from "./checkpoint/checkpoints.ts";
import type { HotKey } from "./protocol.ts";
import type { PipelineState } from "./service.ts";
import type { Digest } from "./state/digest.ts";
import type { LookRequest, LookResult } from "./state/look.ts";

export type { LookRequest, LookResult } from "./state/look.ts";
export type { Digest, TableDigest } from "./state/digest.ts";
export type { HotKey } from "./protocol.ts";

/** A table of an operator or a view: see core/state.ts. */
export interface TableInfo {
  readonly name: string;
  readonly version: number;
  readonly columns: readonly Column[];
  /** How many of the columns are the key; 0: the table has one row. */
  readonly keys: number;
  /** The column by which rows go, or null. */
  readonly expiry: string | null;
}

/** What one operator of a plan keeps. */
export interface OperatorState {
  readonly node: string;
  readonly op: string;
  /** The columns of the input, in their order, by which it keeps rows; of a join those of its left side. */
  readonly keys: readonly string[];
  /** How long what it keeps is kept after it was used last; null: as windows and bounds say, or for ever. */
  readonly ttlMs: number | null;
  readonly rows: number;
  readonly bytes: number;
  /** Those of the rows that are in working files. */
  readonly cold: ColdFacts;
  /** By task; null: it does not run there. */
  readonly tasks: readonly ({ readonly rows: number; readonly bytes: number; readonly cold: ColdFacts } | null)[];
  readonly tables: readonly TableInfo[];
  /** By input: how many rows were looked at lately, and the keys that were most among them, the most frequent first. */
  readonly hot: readonly { readonly samples: number; readonly keys: readonly HotKey[] }[];
}

/** What a pipeline keeps. */
export interface PipelineStateInfo {
  readonly pipeline: string;
  readonly state: PipelineState;
  /** The last number of its order that each task is through with. */
  readonly numbers: readonly number[];
  readonly operators: readonly OperatorState[];
  readonly checkpoint: CheckpointStatus | null;
  /** Numbers behind which checkpoints are kept, the newest first. */
  readonly checkpoints: readonly number[];
}

/** Looks into what pipelines keep. All throw not_found for a pipeline that is not there. */
export interface StateService {
  /** What its operators keep now. Empty where it has ended. */
  get(pipeline: string): Promise<PipelineStateInfo>;
  /**
   * What everything that it keeps comes to, its views included: equal for the same plan and the same order, however many tasks there are. `number`: at this number
   * of its order, which is the last one or that of a checkpoint; null: now. Throws not_found for another number, conflict for a pipeline that does not
   * run, too_large.
   */
  digest(pipeline: string, number: number | null): Promise<Digest>;
  /**
   * Rows of a table of a node as they are now, while rows flow. Throws not_found for a node or table that is not there, invalid for a key that it does not have,
   * conflict for a pipeline that does not run.
   */
  look(pipeline: string, request: LookRequest): Promise<LookResult>;
}
