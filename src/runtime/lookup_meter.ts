import type { EngineMetrics } from "../telemetry/engine_metrics.ts";
import type { Logger } from "../telemetry/log.ts";

/** Counts what the lookups of one pipeline do, and says in the log when tables do not answer. */
export class LookupMeter {
  readonly #pipeline: string;
  readonly #metrics: EngineMetrics;
  readonly #log: Logger | null;
  /** Nodes whose last question was not answered: the log has it once. */
  readonly #silent = new Set<string>();
  readonly #nodes = new Set<string>();

  constructor(pipeline: string, metrics: EngineMetrics, log: Logger | null) {
    this.#pipeline = pipeline;
    this.#metrics = metrics;
    this.#log = log;
  }

  reported(
    node: string,
    { hits, misses, pendingRows }: { readonly hits: number; readonly misses: number; readonly pendingRows: number },
  ): void {
    const { lookupHits, lookupMisses, lookupPending } = this.#metrics, pipeline = this.#pipeline;
    this.#nodes.add(node);
    if (hits > 0) lookupHits.with(pipeline, node).increment(hits);
    if (misses > 0) lookupMisses.with(pipeline, node).increment(misses);
    lookupPending.with(pipeline, node).set(pendingRows);
  }

  answered(node: string, ms: number): void {
    this.#nodes.add(node);
    this.#metrics.lookupSeconds.with(this.#pipeline, node).observe(ms / 1000);
    if (this.#silent.delete(node)) this.#log?.info("A lookup has answers again", { pipeline: this.#pipeline, node });
  }

  failed(node: string, reason: string, tries: number): void {
    this.#nodes.add(node);
    this.#metrics.lookupErrors.with(this.#pipeline, node).increment(1);
    if (this.#silent.has(node)) return;
    this.#silent.add(node);
    this.#log?.warn("A lookup has no answer", { pipeline: this.#pipeline, node, reason, tries });
  }

  /** Forgets the series. */
  close(): void {
    const { lookupHits, lookupMisses, lookupPending, lookupErrors, lookupSeconds } = this.#metrics;
    for (const node of this.#nodes) {
      for (const family of [lookupHits, lookupMisses, lookupErrors]) family.remove(this.#pipeline, node);
      lookupPending.remove(this.#pipeline, node);
      lookupSeconds.remove(this.#pipeline, node);
    }
  }
}
