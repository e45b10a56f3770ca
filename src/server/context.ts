import type { Context as HonoContext, Hono } from "hono";
import type { Clock } from "../core/clock.ts";
import type { EngineService } from "../runtime/service.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Bounds } from "./bounds.ts";
import type { Budget } from "./budget.ts";
import type { Connections } from "./connections.ts";
import type { LoadDemo } from "./demo.ts";
import type { OpenWindows } from "./open_windows.ts";
import type { Origins } from "./origins.ts";
import type { PageBundle } from "./page.ts";
import type { ServerMetrics } from "./server_metrics.ts";

/** What every route works with. */
export interface ServerContext {
  readonly engine: EngineService;
  /** Whether a stream that nobody declared is made at its first batch. */
  readonly autoCreate: boolean;
  /** What clients must know, or null. */
  readonly token: string | null;
  /** True: only this machine reaches the server, under a name of this machine. */
  readonly loopback: boolean;
  /** Whose pages may use the server beside its own. */
  readonly origins: Origins;
  /** The page at `/`, or null where it is not built. */
  readonly bundle: PageBundle | null;
  readonly loadDemo: LoadDemo | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bounds: Bounds;
  readonly budget: Budget;
  readonly connections: Connections;
  /** Open windows of views, for those who follow them. */
  readonly openWindows: OpenWindows;
  readonly metrics: ServerMetrics;
}

export type App = Hono;
export type Context = HonoContext;
