import { acceptsJson, json, plainText } from "./answers.ts";
import type { App, ServerContext } from "./context.ts";

/** What balancers, orchestrators and Prometheus ask. */
export function healthRoutes(app: App, server: ServerContext): void {
  const { engine, connections, metrics, budget, bundle } = server;
  app.get("/healthz", (c) => {
    const answer = acceptsJson(c) ? json({ status: "ok", build: bundle?.build ?? null }) : plainText("ok\n");
    answer.headers.set("vary", "accept");
    return answer;
  });
  app.get("/readyz", () => {
    const { ready, reason, progress } = connections.closing
      ? { ready: false, reason: "The server is shutting down", progress: null }
      : engine.readiness();
    return json({ ready, reason, ...(progress === null ? {} : { progress }) }, ready ? 200 : 503);
  });
  metrics.registry.onRender(() => {
    metrics.connections.set(connections.count);
    metrics.bodiesHeld.set(budget.used);
  });
  app.get("/metrics", () =>
    new Response(engine.metrics() + metrics.registry.render(), {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    }));
}
