import type { BreakerState } from "../client/http/breaker.ts";
import type { Logger } from "../telemetry/log.ts";
import type { SinkMetrics } from "../telemetry/sink_metrics.ts";

const OPEN: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 0.5, open: 1 };
const OUTCOMES = ["taken", "refused", "failed"] as const;

/** Counts what one webhook sends, and says in the log when its receiver does not answer. */
export class WebhookMeter {
  readonly #pipeline: string;
  readonly #node: string;
  readonly #metrics: SinkMetrics;
  readonly #log: Logger;
  /** The last request had no answer: the log has it once. */
  #isSilent = false;

  constructor(pipeline: string, node: string, metrics: SinkMetrics, log: Logger) {
    this.#pipeline = pipeline;
    this.#node = node;
    this.#metrics = metrics;
    this.#log = log;
  }

  get #place() {
    return { pipeline: this.#pipeline, node: this.#node };
  }

  answered(outcome: "taken" | "refused", state: BreakerState): void {
    this.#count(outcome, state);
    if (this.#isSilent) this.#log.info("A webhook is answered again", this.#place);
    this.#isSilent = false;
  }

  failed(reason: string, tries: number, state: BreakerState): void {
    this.#count("failed", state);
    if (!this.#isSilent) this.#log.warn("A webhook is not answered", { ...this.#place, reason, tries });
    this.#isSilent = true;
  }

  #count(outcome: typeof OUTCOMES[number], state: BreakerState): void {
    const { requests, breaker } = this.#metrics;
    requests.with(this.#pipeline, this.#node, outcome).increment();
    breaker.with(this.#pipeline, this.#node).set(OPEN[state]);
  }

  waiting(requests: number): void {
    this.#metrics.waiting.with(this.#pipeline, this.#node).set(requests);
  }

  /** Forgets the series. */
  close(): void {
    const { requests, breaker, waiting } = this.#metrics;
    for (const outcome of OUTCOMES) requests.remove(this.#pipeline, this.#node, outcome);
    breaker.remove(this.#pipeline, this.#node);
    waiting.remove(this.#pipeline, this.#node);
  }
}
