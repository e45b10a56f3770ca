import type { MetricRegistry } from "./metrics.ts";

/** Seconds: from a tenth of a millisecond to ten seconds. */
export const SECONDS_BOUNDS = [
  0.0001,
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
];

/** The engine's metrics under the names that dashboards and alert rules use. Labels are in the order of the names. */
export function engineMetrics(registry: MetricRegistry) {
  return {
    rowsIn: registry.counter("rdx_rows_in_total", "Rows that a pipeline took from a stream", ["pipeline", "stream"]),
    rowsDecoded: registry.counter(
      "rdx_rows_decoded_total",
      "Rows that were decoded, however many pipelines read them",
      [
        "stream",
      ],
    ),
    rowsOut: registry.counter("rdx_rows_out_total", "Rows that a pipeline gave to its sinks", ["pipeline"]),
    deadRows: registry.counter("rdx_dead_rows_total", "Rows that could not be read and went to the dead letters", [
      "stream",
    ]),
    functionErrors: registry.counter(
      "rdx_function_errors_total",
      "Rows for which a user function failed: what it should have given is NULL",
      ["pipeline"],
    ),
    lateRows: registry.counter("rdx_late_rows_total", "Rows whose last window had fired", ["pipeline", "stream"]),
    bytesIn: registry.counter("rdx_bytes_in_total", "Bytes of request bodies and files, as they came", ["stream"]),
    watermarkLag: registry.gauge("rdx_watermark_lag_seconds", "Wall clock minus the pipeline's watermark", [
      "pipeline",
    ]),
    queueRows: registry.gauge("rdx_queue_rows", "Rows of a stream that a pipeline has not taken yet", [
      "pipeline",
      "stream",
    ]),
    partitionLag: registry.gauge(
      "rdx_partition_lag_rows",
      "Rows of a stream behind the place of a pipeline in one of its partitions, where it has several",
      ["pipeline", "stream", "partition"],
    ),
    stateRows: registry.gauge("rdx_state_rows", "Rows of keyed state", ["pipeline"]),
    stateBytes: registry.gauge("rdx_state_bytes", "Bytes of keyed state in memory", ["pipeline"]),
    evictedRows: registry.gauge("rdx_evicted_rows", "Rows of keyed state that are on disk", ["pipeline"]),
    coldBytes: registry.gauge("rdx_cold_bytes", "Bytes of keyed state that are on disk", ["pipeline"]),
    coldReads: registry.gauge("rdx_cold_reads", "Rows of keyed state that tasks have read back from disk", [
      "pipeline",
    ]),
    quarantinedChunks: registry.gauge(
      "rdx_quarantined_chunks",
      "Chunks that a pipeline leaves out, because they broke it again and again",
      ["pipeline"],
    ),
    batchSeconds: registry.histogram(
      "rdx_batch_seconds",
      "Time in which a task worked through a chunk",
      SECONDS_BOUNDS,
      [
        "pipeline",
      ],
    ),
    endToEndSeconds: registry.histogram(
      "rdx_end_to_end_seconds",
      "Time from a row's arrival to the commit of a result that it completed, of rows that have come since their pipeline began or was started again",
      SECONDS_BOUNDS,
      ["pipeline"],
    ),
    ...lookupMetrics(registry),
    checkpointSeconds: registry.histogram(
      "rdx_checkpoint_seconds",
      "Time in which a checkpoint was written",
      SECONDS_BOUNDS,
      [
        "pipeline",
      ],
    ),
  };
}

/** What lookups of tables outside come to. */
function lookupMetrics(registry: MetricRegistry) {
  return {
    lookupHits: registry.counter("rdx_lookup_hits_total", "Rows of a lookup whose answer was there when they came", [
      "pipeline",
      "node",
    ]),
    lookupMisses: registry.counter("rdx_lookup_misses_total", "Keys that a lookup had to ask a table outside for", [
      "pipeline",
      "node",
    ]),
    lookupErrors: registry.counter("rdx_lookup_errors_total", "Questions of a lookup that were not answered", [
      "pipeline",
      "node",
    ]),
    lookupPending: registry.gauge("rdx_lookup_pending_rows", "Rows of a lookup that wait for answers", [
      "pipeline",
      "node",
    ]),
    lookupSeconds: registry.histogram(
      "rdx_lookup_seconds",
      "Time from a question of a lookup to its answer",
      SECONDS_BOUNDS,
      ["pipeline", "node"],
    ),
  };
}

export type EngineMetrics = ReturnType<typeof engineMetrics>;
