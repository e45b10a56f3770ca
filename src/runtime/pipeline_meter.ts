import { allCold, type ColdFacts } from "../core/cold_file.ts";
import type { Logger } from "../telemetry/log.ts";
import type { EngineMetrics } from "../telemetry/engine_metrics.ts";
import type { RunCounts } from "./checkpoint/saved_run.ts";
import type { FunctionFaults } from "./function_faults.ts";
import { Latencies } from "./latencies.ts";
import type { DoneMessage } from "./protocol.ts";
import type { PartitionInfo } from "./service.ts";

/** Over how many ticks rates are taken. */
const RATE_TICKS = 5;

const NOTHING: RunCounts = { rowsIn: 0, rowsOut: 0, deadRows: 0, functionErrors: 0, late: 0, untimed: 0 };

interface Sample {
  readonly atMs: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
}

/** Counts what goes through one pipeline, for its info and for the metrics. */
export class PipelineMeter {
  readonly #name: string;
  /** What each source reads, as the metrics name it. */
  #streams: readonly string[];
  readonly #metrics: EngineMetrics;
  readonly #faults: FunctionFaults;
  readonly #samples: Sample[] = [];
  readonly #latencies = new Latencies();
  /** By task: what it last said. */
  readonly #late: number[] = [];
  readonly #untimed: number[] = [];
  readonly #stateRows: number[] = [];
  readonly #stateBytes: number[] = [];
  readonly #cold: ColdFacts[] = [];
  readonly #log: Logger;
  /** Partitions of a stream that the metrics speak of, at most. */
  #partitions = 0;
  /** The log knows that rows are in working files. */
  #coldTold = false;
  rowsIn: number;
  rowsOut: number;
  deadRows: number;
  /** Those of them that were counted when their number was in the sinks, in this process. */
  lostRows = 0;
  /** Rows for which user functions gave no value. */
  functionErrors: number;

  /** With what it had counted in an earlier process, and the task that goes on with what tasks had. */
  constructor(
    name: string,
    streams: readonly string[],
    metrics: EngineMetrics,
    faults: FunctionFaults,
    { rowsIn, rowsOut, deadRows, functionErrors, late, untimed }: RunCounts = NOTHING,
    task = 0,
  ) {
    this.#late[task] = late;
    this.#untimed[task] = untimed;
    this.rowsIn = rowsIn;
    this.rowsOut = rowsOut;
    this.deadRows = deadRows;
    this.functionErrors = functionErrors;
    this.#faults = faults;
    this.#log = faults.log;
    this.#name = name;
    this.#streams = streams;
    this.#metrics = metrics;
  }

  /** The pipeline goes on with a changed plan that reads these. */
  reads(streams: readonly string[]): void {
    this.#forgetSeries();
    this.#streams = streams;
  }

  /** What its tasks had has moved: this one tells from now on what all have told. */
  moved(task: number): void {
    for (const told of [this.#late, this.#untimed]) {
      const all = sum(told);
      told.length = 0;
      told[task] = all;
    }
    this.#stateRows.length = this.#stateBytes.length = 0;
  }

  /** Takes what each operator of a task keeps, in front of its first answer. */
  keeps(task: number, kept: readonly { rows: number; bytes: number; cold: ColdFacts }[]): void {
    this.#stateRows[task] = sum(kept.map(({ rows }) => rows));
    this.#stateBytes[task] = sum(kept.map(({ bytes }) => bytes));
    this.#cold[task] = allCold(kept.map(({ cold }) => cold));
  }

  /** Takes a task's answer. */
  answered(done: DoneMessage): void {
    const { task, chunk, late, untimed } = done;
    // The stream whose dead letters they become counts them for the metrics.
    for (const { rows } of done.ahead) this.deadRows += rows.length;
    if (chunk) {
      this.rowsIn += chunk.rows;
      this.#metrics.rowsIn.with(this.#name, this.#streams[chunk.source]).increment(chunk.rows);
    }
    const dead = done.deadRows + untimed - (this.#untimed[task] ?? 0);
    if (dead > 0) {
      this.deadRows += dead;
      this.#metrics.deadRows.with(this.#streams[chunk?.source ?? 0]).increment(dead);
    }
    this.#untimed[task] = untimed;
    const fresh = late - (this.#late[task] ?? 0);
    if (fresh > 0) this.#metrics.lateRows.with(this.#name, this.#streams[0]).increment(fresh);
    this.#late[task] = late;
    const faults = this.#faults.take(done.functionFaults);
    if (faults > 0) {
      this.functionErrors += faults;
      this.#metrics.functionErrors.with(this.#name).increment(faults);
    }
    this.#metrics.batchSeconds.with(this.#name).observe(done.busyMs / 1000);
    this.#stateRows[task] = done.stateRows;
    this.#stateBytes[task] = done.stateBytes;
    this.#cold[task] = done.cold;
    if (done.cold.rows > 0 && !this.#coldTold) this.#tellCold();
  }

  #tellCold(): void {
    this.#coldTold = true;
    const fields = { pipeline: this.#name, state_rows: this.stateRows, state_bytes: this.stateBytes };
    this.#log.warn("State is larger than its memory: cold rows are on disk, and reading them is slower", fields);
  }

  /** Takes rows that no result of a number has that is in the sinks now. */
  lost(rows: number): void {
    this.deadRows += rows;
    this.lostRows += rows;
  }

  /** Takes rows that went to a sink. */
  wrote(rows: number): void {
    this.rowsOut += rows;
    if (rows > 0) this.#metrics.rowsOut.with(this.#name).increment(rows);
  }

  /** Takes the time from the arrival of a chunk that came while its pipeline was there to the commit of the results that it led to. */
  committed(endToEndMs: number): void {
    const ms = Math.max(0, endToEndMs);
    this.#latencies.add(ms);
    this.#metrics.endToEndSeconds.with(this.#name).observe(ms / 1000);
  }

  /** Is called about once a second. */
  tick(atMs: number): void {
    this.#samples.push({ atMs, rowsIn: this.rowsIn, rowsOut: this.rowsOut });
    if (this.#samples.length > RATE_TICKS + 1) this.#samples.shift();
  }

  /** The pipeline has come to its end: nothing goes through any more. */
  rest(): void {
    this.#samples.length = 0;
  }

  /** Brings gauges up to date, before they are read. */
  gauge(
    watermark: number,
    nowMs: number,
    lagRows: number,
    quarantined = 0,
    partitions: readonly PartitionInfo[] = [],
  ): void {
    const metrics = this.#metrics, name = this.#name;
    metrics.stateRows.with(name).set(this.stateRows);
    metrics.stateBytes.with(name).set(this.stateBytes);
    const { rows, bytes, reads } = this.cold;
    metrics.evictedRows.with(name).set(rows);
    metrics.coldBytes.with(name).set(bytes);
    metrics.coldReads.with(name).set(reads);
    metrics.quarantinedChunks.with(name).set(quarantined);
    metrics.queueRows.with(name, this.#allStreams).set(lagRows);
    for (const { stream, partition, lagRows } of partitions) {
      this.#partitions = Math.max(this.#partitions, partition + 1);
      metrics.partitionLag.with(name, stream, String(partition)).set(lagRows);
    }
    if (Number.isFinite(watermark)) metrics.watermarkLag.with(name).set((nowMs - watermark) / 1000);
  }

  get latencyMs(): { p50: number; p99: number } | null {
    return this.#latencies.quantiles;
  }

  /** All that it has counted. */
  get counts(): RunCounts {
    const { rowsIn, rowsOut, deadRows, functionErrors } = this;
    return { rowsIn, rowsOut, deadRows, functionErrors, late: sum(this.#late), untimed: sum(this.#untimed) };
  }

  get lateRows(): number {
    return sum(this.#late);
  }

  get stateRows(): number {
    return sum(this.#stateRows);
  }

  get stateBytes(): number {
    return sum(this.#stateBytes);
  }

  /** Rows of state that are in working files. */
  get cold(): ColdFacts {
    return allCold(Object.values(this.#cold));
  }

  get rowsInPerSecond(): number {
    return this.#rate((sample) => sample.rowsIn);
  }

  get rowsOutPerSecond(): number {
    return this.#rate((sample) => sample.rowsOut);
  }

  #rate(of: (sample: Sample) => number): number {
    const first = this.#samples[0], last = this.#samples.at(-1);
    if (!first || !last || last.atMs <= first.atMs) return 0;
    return (of(last) - of(first)) * 1000 / (last.atMs - first.atMs);
  }

  /** Forgets the series of the pipeline. */
  close(): void {
    this.#forgetSeries();
    const { rowsOut, functionErrors, watermarkLag, stateRows, stateBytes, batchSeconds, endToEndSeconds } =
      this.#metrics;
    for (const family of [rowsOut, functionErrors, watermarkLag, stateRows, stateBytes]) family.remove(this.#name);
    const { evictedRows, coldBytes, coldReads, quarantinedChunks } = this.#metrics;
    for (const family of [evictedRows, coldBytes, coldReads, quarantinedChunks]) family.remove(this.#name);
    for (const family of [batchSeconds, endToEndSeconds]) family.remove(this.#name);
  }

  #forgetSeries(): void {
    const { rowsIn, lateRows, queueRows } = this.#metrics;
    for (const stream of this.#streams) {
      rowsIn.remove(this.#name, stream);
      lateRows.remove(this.#name, stream);
    }
    queueRows.remove(this.#name, this.#allStreams);
    for (const stream of new Set(this.#streams)) {
      for (let i = 0; i < this.#partitions; i++) this.#metrics.partitionLag.remove(this.#name, stream, String(i));
    }
    this.#partitions = 0;
  }

  get #allStreams(): string {
    return [...new Set(this.#streams)].join(" ");
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
