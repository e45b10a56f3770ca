import { SECONDS_BOUNDS } from "../telemetry/engine_metrics.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";

/** What the server counts about itself; the engine's metrics are the engine's. */
export function serverMetrics(registry: MetricRegistry = new MetricRegistry("rdx_http_metric_series_dropped_total")) {
  return {
    registry,
    requests: registry.counter("rdx_http_requests_total", "Requests by method, route and status", [
      "method",
      "route",
      "status",
    ]),
    requestSeconds: registry.histogram(
      "rdx_http_request_seconds",
      "Time from a request's header to its answer's header",
      SECONDS_BOUNDS,
      ["route"],
    ),
    bodyBytes: registry.counter("rdx_http_body_bytes_total", "Bytes of request bodies as they came").with(),
    inflatedBytes: registry.counter("rdx_http_inflated_bytes_total", "Bytes of request bodies that inflating gave")
      .with(),
    bodiesHeld: registry.gauge("rdx_http_bodies_bytes", "Bytes of request bodies in memory").with(),
    connections: registry.gauge("rdx_connections", "Open WebSockets and event streams").with(),
    cutOff: registry.counter("rdx_connections_cut_off_total", "Connections that were ended for breaking a bound", [
      "reason",
    ]),
  };
}

export type ServerMetrics = ReturnType<typeof serverMetrics>;
