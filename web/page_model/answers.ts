/** What the server answers, as far as the page reads it. Names are any text. */

export interface ErrorPlace {
  readonly node?: string;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
  readonly field?: string;
  readonly reason: string;
  readonly hint?: string;
}

export interface ColumnJson {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** ISO 8601, "infinity" at the end of the input, or null before the first row. */
export type WatermarkJson = string | null;

export interface CheckpointJson {
  readonly number: number | null;
  readonly taken_at: string | null;
  readonly bytes: number | null;
  readonly problem: string | null;
  /** Why it went on from no newer one at the last start. */
  readonly passed_over?: string | null;
}

export interface SinkJson {
  readonly kind: string;
  readonly name: string;
  readonly guarantee: string;
  /** Why it does not get on at the moment. */
  readonly trouble?: string | null;
}

export interface QuarantinedJson {
  readonly number: number;
  readonly input: string;
  readonly from: number;
  readonly to: number;
  readonly node: string | null;
  readonly reason: string;
}

/** Where a pipeline is in one partition of a stream. */
export interface PartitionJson {
  readonly source: string;
  readonly stream: string;
  readonly partition: number;
  readonly position: number;
  readonly watermark: WatermarkJson;
  readonly idle: boolean;
  readonly lag_rows: number;
}

export interface PipelineJson {
  readonly name: string;
  readonly state: string;
  readonly reason: string | null;
  readonly sources: readonly string[];
  /** Of streams with several partitions. */
  readonly partitions?: readonly PartitionJson[];
  readonly sinks: readonly SinkJson[];
  readonly watermark: WatermarkJson;
  readonly rows_in: number;
  readonly rows_out: number;
  readonly rows_in_per_second: number;
  readonly rows_out_per_second: number;
  readonly late_rows: number;
  readonly dead_rows: number;
  readonly function_errors?: number;
  /** Chunks that it goes on without, because they broke it again and again. */
  readonly quarantined?: readonly QuarantinedJson[];
  readonly errors: readonly { readonly path: string; readonly offset: number; readonly reason: string }[];
  readonly lag_rows: number;
  readonly state_rows: number;
  readonly state_bytes: number;
  /** Rows of state that are on disk. */
  readonly evicted_rows?: number;
  readonly progress: number | null;
  readonly tasks: number;
  readonly latency_ms?: { readonly p50: number; readonly p99: number } | null;
  /** Null: nothing outlives the process. */
  readonly checkpoint?: CheckpointJson | null;
  readonly plan?: unknown;
  /** The script that it was deployed as; null: it was deployed as a plan. */
  readonly sql?: string | null;
}

/** What a deploy answers, beside the pipeline. */
export interface DeployedJson {
  /** What becomes of state that the plan changes: what begins empty, what goes, what has another name. */
  readonly notes: readonly string[];
}

/** What the operators of a pipeline keep. */
export interface PipelineStateJson {
  readonly checkpoint: CheckpointJson | null;
  readonly operators: readonly OperatorStateJson[];
}

export interface OperatorStateJson {
  readonly node: string;
  readonly op: string;
  readonly keys: readonly string[];
  readonly ttl_ms: number | null;
  readonly rows: number;
  readonly bytes: number;
  readonly tables: readonly { readonly name: string }[];
  readonly hot: readonly {
    readonly samples: number;
    readonly keys: readonly { readonly key: Readonly<Record<string, unknown>>; readonly share: number }[];
  }[];
}

export interface StreamJson {
  readonly name: string;
  readonly columns: readonly ColumnJson[];
  readonly time: string | null;
  readonly delay_ms: number;
  readonly future_skew_ms: number;
  readonly on_error: string;
  readonly retention_ms: number | null;
  readonly partitions: number;
  readonly partition_by: readonly string[];
  readonly declared: boolean;
  readonly schema_version: number;
  readonly start: number;
  readonly end: number;
  readonly ended: boolean;
  readonly rows_in: number;
  readonly bytes_in: number;
  readonly dead_rows: number;
  readonly dead_open: number;
  readonly unread_bytes: number;
  readonly readers: readonly string[];
}

export interface ViewJson {
  readonly name: string;
  readonly pipeline: string;
  /** `absent`: it comes back with its pipeline, and nothing else is known of it. */
  readonly state: "ready" | "recovering" | "absent";
  readonly columns: readonly ColumnJson[];
  readonly keys: readonly string[];
  readonly rows: number;
  readonly seq: number;
  readonly watermark: WatermarkJson;
}

export interface IngestJson {
  readonly accepted: number;
  readonly rejected: number;
  readonly offset: number;
  readonly errors: readonly ErrorPlace[];
}

export interface DeadRowJson {
  readonly id: number;
  readonly ts: string;
  /** How often it was tried again. */
  readonly attempts: number;
  readonly retry_at: string | null;
  readonly pipeline: string | null;
  /** Null: not all of it is kept. */
  readonly format: string | null;
  readonly offset: number;
  readonly line: number | null;
  readonly field: string | null;
  readonly reason: string;
  readonly raw: string | null;
}

export interface DeadPageJson {
  readonly rows: readonly DeadRowJson[];
  readonly next: number | null;
}

export interface DeadReasonJson {
  readonly reason: string;
  readonly field: string | null;
  readonly rows: number;
}

export interface DeadReasonsJson {
  readonly rows: number;
  /** False: there are more. */
  readonly complete: boolean;
  readonly reasons: readonly DeadReasonJson[];
}

export interface DeadReplayJson {
  readonly replayed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly more: boolean;
  readonly before: number;
  readonly errors: readonly { readonly id: number; readonly field?: string; readonly reason: string }[];
}
