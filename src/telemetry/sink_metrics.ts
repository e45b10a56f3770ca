import type { MetricRegistry } from "./metrics.ts";

/** What sinks that give rows to servers outside come to. */
export function sinkMetrics(registry: MetricRegistry) {
  const labels = ["pipeline", "node"];
  return {
    requests: registry.counter(
      "rdx_sink_requests_total",
      "Requests of a sink by what came of them: taken, refused, or failed and sent again",
      [...labels, "outcome"],
    ),
    breaker: registry.gauge(
      "rdx_sink_breaker_open",
      "Whether a sink leaves its receiver alone for a while: 0 no, 0.5 one request decides, 1 yes",
      labels,
    ),
    waiting: registry.gauge("rdx_sink_outbox_requests", "Requests that wait in the outbox of a sink", labels),
  };
}

export type SinkMetrics = ReturnType<typeof sinkMetrics>;
