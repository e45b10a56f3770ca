import type { Clock } from "../core/clock.ts";
import { isPartitions, writtenSource } from "../plan/partitions.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import { planEdges } from "./plan_edges.ts";
import type { FlowEdge } from "./service.ts";

/** Rates are taken over so long at most. */
const RATE_MS_MAX = 5000;
/** Samples that lie closer together are one, however often somebody asks. */
const SAMPLE_MS_MIN = 200;

interface Sample {
  readonly atMs: number;
  readonly rows: Float64Array;
}

/** What the pipeline knows of its ends, by position in the plan's sources. */
export interface SourceFacts {
  watermark(source: number): number;
  lagRows(source: number): number;
  /** The watermark that has come through its lookups; absent: it has none. */
  readonly heldAt?: number;
}

/**
 * What goes through the edges of one deployed plan. Its tasks count, and are asked only when somebody wants to know; rates come from what
 * was asked in the last seconds. A changed plan starts to count anew, also where it goes on with the state.
 */
export class EdgeFlow {
  readonly #plan: PhysicalPlan;
  readonly #ask: () => Promise<readonly Float64Array[]>;
  readonly #clock: Clock;
  readonly #samples: Sample[] = [];
  /** For each sink the rows that tasks have handed out and that it has not taken. */
  readonly #unwritten: number[];
  /** Set when the tasks go away: what they counted. */
  #final: Promise<Float64Array> | null = null;

  constructor(plan: PhysicalPlan, ask: () => Promise<readonly Float64Array[]>, clock: Clock) {
    this.#plan = plan;
    this.#ask = ask;
    this.#clock = clock;
    this.#unwritten = plan.sinks.map(() => 0);
  }

  /** Rows for a sink have come out of a task. */
  came(sink: number, rows: number): void {
    this.#unwritten[sink] += rows;
  }

  /** The sink has taken them. */
  wrote(sink: number, rows: number): void {
    this.#unwritten[sink] -= rows;
  }

  /** Asks the tasks for the last time: they go away. */
  rest(): void {
    this.#final ??= this.#sum().catch(() => this.#samples.at(-1)?.rows ?? this.#none());
  }

  /** The edges in the order of `planEdges`. Rejects when a worker does not answer any more. */
  async edges(facts: SourceFacts): Promise<FlowEdge[]> {
    const rows = await this.#count(), rates = this.#final ? this.#none() : this.#rates(rows);
    const { sources, sinks } = this.#plan, all = planEdges(this.#plan), inner = all.length - sinks.length;
    return all.flatMap((edge, i): FlowEdge[] => {
      // The partitions of a stream are one source to whoever looks.
      if (isPartitions(edge.to)) return [];
      const from = writtenSource(edge.from), waiting = i < inner ? 0 : this.#unwritten[i - inner];
      const parts = sources.flatMap(({ id }, at) => writtenSource(id) === from ? [at] : []);
      const watermark = parts.length > 0
        ? Math.min(...parts.map((at) => facts.watermark(at)))
        : this.#watermarkOf(edge.from, facts);
      const rest = { from, rows: rows[i], rowsPerSecond: rates[i] };
      const queueRows = waiting + Math.max(0, ...parts.map((at) => facts.lagRows(at)));
      return [{ ...edge, ...rest, watermark: watermark === -Infinity ? null : watermark, queueRows }];
    });
  }

  /** A worker that dies while it is asked ends the pipeline, which then has its last counts. */
  async #count(): Promise<Float64Array> {
    try {
      if (!this.#final) return await this.#sum();
    } catch (thrown) {
      if (!this.#final) throw thrown;
    }
    return await this.#final;
  }

  /** The least of the sources above an operator, minus its lag. */
  #watermarkOf(id: string, facts: SourceFacts): number {
    const { sources, lagMs } = this.#plan.operators.find((one) => one.id === id)!;
    const each = sources.map((source) => {
      const at = this.#plan.sources.findIndex((one) => one.id === source);
      return at < 0 ? facts.heldAt ?? -Infinity : facts.watermark(at);
    });
    return Math.min(...each) - lagMs;
  }

  async #sum(): Promise<Float64Array> {
    const sum = this.#none();
    for (const rows of await this.#ask()) rows.forEach((count, edge) => sum[edge] += count);
    return sum;
  }

  #none(): Float64Array {
    return new Float64Array(planEdges(this.#plan).length);
  }

  #rates(rows: Float64Array): Float64Array {
    const atMs = this.#clock.monotonic(), samples = this.#samples;
    const recent = samples.findIndex((sample) => atMs - sample.atMs <= RATE_MS_MAX);
    samples.splice(0, recent < 0 ? samples.length : recent);
    const first = samples[0], last = samples.at(-1);
    if (!last || atMs - last.atMs >= SAMPLE_MS_MIN) samples.push({ atMs, rows });
    if (!first || atMs <= first.atMs) return this.#none();
    return rows.map((count, edge) => (count - first.rows[edge]) * 1000 / (atMs - first.atMs));
  }
}
