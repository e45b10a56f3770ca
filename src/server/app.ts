import { Hono } from "hono";
import { routePath } from "hono/route";
import { systemClock } from "../core/clock.ts";
import type { Clock } from "../core/clock.ts";
import type { EngineService } from "../runtime/service.ts";
import { type Logger, silentLog } from "../telemetry/log.ts";
import { completeHeaders } from "./answer_headers.ts";
import { plainText } from "./answers.ts";
import { askedOf } from "./asked.ts";
import { admit, requireKnownHost } from "./auth.ts";
import { type Bounds, DEFAULT_BOUNDS } from "./bounds.ts";
import { Budget } from "./budget.ts";
import { catalogRoutes } from "./catalog.ts";
import { Connections } from "./connections.ts";
import type { App, Context, ServerContext } from "./context.ts";
import { deadRoutes } from "./dead.ts";
import { demoRoutes, type LoadDemo } from "./demo.ts";
import { healthRoutes } from "./health.ts";
import { liveCharactersMax } from "./live_feed.ts";
import { OpenWindows } from "./open_windows.ts";
import { openapiRoutes } from "./openapi/routes.ts";
import { isPreflight, Origins, preflightAnswer } from "./origins.ts";
import { type PageBundle, pageRoutes } from "./page.ts";
import { pipelineRoutes } from "./pipelines.ts";
import { HttpError, problemResponse, PROBLEMS, toProblem } from "./problems.ts";
import { replayRoutes } from "./replay.ts";
import { savepointRoutes } from "./savepoints.ts";
import { serverMetrics } from "./server_metrics.ts";
import { stateRoutes } from "./state.ts";
import { streamRoutes } from "./streams.ts";
import { viewRoutes } from "./views.ts";

export interface AppOptions {
  readonly engine: EngineService;
  /** Whether a stream that nobody declared is made at its first batch. */
  readonly autoCreate: boolean;
  /** What clients must know, or null. */
  readonly token: string | null;
  /** Whether only this machine reaches the server. */
  readonly loopback: boolean;
  /** Origins whose pages may use the server beside its own, or `*`; default: none. */
  readonly allowOrigins?: readonly string[];
  /** The page at `/`; null: it is not built. */
  readonly bundle?: PageBundle | null;
  /** Gets the flights of the demo; null: there are none. */
  readonly loadDemo?: LoadDemo | null;
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly bounds?: Partial<Bounds>;
}

/** The HTTP face of an engine. */
export function createApp(options: AppOptions): { app: App; server: ServerContext } {
  const server = makeContext(options), app = new Hono();
  app.use("*", async (c, next) => {
    const started = server.clock.monotonic();
    await next();
    finish(c, server, started);
  });
  app.use("*", async (c, next) => {
    const asked = askedOf(c);
    requireKnownHost(asked, server);
    // A preflight carries no token: what it asks about has to bring one.
    if (isPreflight(asked) && server.origins.allows(asked.header("origin"))) return preflightAnswer();
    admit(asked, server);
    await next();
  });
  streamRoutes(app, server);
  deadRoutes(app, server);
  pipelineRoutes(app, server);
  savepointRoutes(app, server);
  replayRoutes(app, server);
  stateRoutes(app, server);
  viewRoutes(app, server);
  catalogRoutes(app, server);
  healthRoutes(app, server);
  openapiRoutes(app, server);
  pageRoutes(app, server);
  demoRoutes(app, server);
  app.get("/problems/:name", (c) => explainProblem(c));
  refuseOtherMethods(app);
  app.notFound((c) =>
    answer(
      c,
      server,
      new HttpError("not_found", `There is nothing at ${c.req.path}: /openapi.json lists what there is`),
    )
  );
  app.onError((thrown, c) => answer(c, server, thrown));
  return { app, server };
}

function makeContext(options: AppOptions): ServerContext {
  const bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
  const { engine, clock = systemClock, log = silentLog } = options;
  return {
    engine,
    autoCreate: options.autoCreate,
    token: options.token,
    loopback: options.loopback,
    origins: new Origins(options.allowOrigins ?? []),
    bundle: options.bundle ?? null,
    loadDemo: options.loadDemo ?? null,
    clock,
    log,
    bounds,
    budget: new Budget(bounds.bodiesBytesMax),
    connections: new Connections(bounds.connectionsMax),
    openWindows: new OpenWindows({
      engine,
      clock,
      log,
      intervalMs: bounds.liveLookMs,
      charactersMax: liveCharactersMax(bounds),
    }),
    metrics: serverMetrics(),
  };
}

/** Completes an answer's header and counts it. An upgrade's answer belongs to the runtime and stays as it is. */
function finish(c: Context, server: ServerContext, started: number): void {
  const { res } = c, { clock, metrics } = server, path = routePath(c, -1);
  const route = path.includes("*") ? "none" : path;
  metrics.requests.with(c.req.method, route, String(res.status)).increment();
  metrics.requestSeconds.with(route).observe((clock.monotonic() - started) / 1000);
  if (res.status === 101) return;
  completeHeaders(res.headers, server, c.req.header("origin") ?? null);
}

function answer(c: Context, server: ServerContext, thrown: unknown): Response {
  const path = c.req.path;
  return problemResponse(toProblem(thrown, path, (cause, reference) => {
    server.log.error("A request failed", { reference, method: c.req.method, path, cause });
  }));
}

/** 405 with `Allow` for every other method of a path that exists. Hono answers HEAD where there is GET. */
function refuseOtherMethods(app: App): void {
  const methods = new Map<string, string[]>();
  for (const { method, path } of app.routes) {
    if (method === "ALL") continue;
    methods.set(path, [...methods.get(path) ?? [], ...(method === "GET" ? ["GET", "HEAD"] : [method])]);
  }
  for (const [path, allowed] of methods) {
    const allow = allowed.join(", ");
    app.all(path, (c) => {
      throw new HttpError("method_not_allowed", `${c.req.path} takes ${allow}, not ${c.req.method}`, { allow });
    });
  }
}

function explainProblem(c: Context): Response {
  const code = c.req.param("name") ?? "";
  if (!Object.hasOwn(PROBLEMS, code)) {
    throw new HttpError("not_found", `There is no problem of this name: there are ${Object.keys(PROBLEMS).join(", ")}`);
  }
  const { status, title, about } = PROBLEMS[code as keyof typeof PROBLEMS];
  return plainText(`${title} (${status})\n\n${about}\n`);
}
