import { RdxError, reasonOf } from "../core/errors.ts";
import { LAST_ANSWERS_MS_MAX } from "../core/limits.ts";
import { within } from "../runtime/within.ts";
import { type AppOptions, createApp } from "./app.ts";
import { isLoopbackAddress } from "./auth.ts";
import type { ServerContext } from "./context.ts";
import { Door } from "./door/door.ts";

export interface ServeOptions extends Omit<AppOptions, "autoCreate" | "loopback"> {
  readonly hostname: string;
  /** 0 takes one that is free. */
  readonly port: number;
  /** Default: on loopback only. */
  readonly autoCreate?: boolean;
  /** Serve without a token although other machines reach the server. */
  readonly insecure?: boolean;
}

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly context: ServerContext;
  /** Resolves when the server has stopped. */
  readonly finished: Promise<void>;
  /**
   * Takes nothing more in (503), lets the engine finish what was accepted, tells subscribers and ends the connections. The engine's maker
   * closes it. Rejects with RdxError("busy") when the engine could not finish in time; the server is then stopped all the same.
   */
  stop(): Promise<void>;
}

/** Throws RdxError("invalid") where other machines would reach a server without a token. */
export function requireAuthentication(hostname: string, token: string | null, insecure: boolean): void {
  if (token !== null || insecure || isLoopbackAddress(hostname)) return;
  throw new RdxError(
    "invalid",
    `Cannot listen on ${hostname} without a token, since other machines reach it: set RDX_TOKEN, or pass --insecure to let anyone in`,
  );
}

/**
 * Starts to answer. Rows are taken at the door (door/door.ts), and all else by the platform's server behind it, which gives headers and idle connections no time-out;
 * bodies have one in body.ts. Throws RdxError("invalid") for a server that must not start and Deno.errors.AddrInUse for a port that is taken.
 */
export function startServer(options: ServeOptions): RunningServer {
  const { hostname, port } = options, loopback = isLoopbackAddress(hostname);
  requireAuthentication(hostname, options.token, options.insecure ?? false);
  const { app, server } = createApp({ ...options, loopback, autoCreate: options.autoCreate ?? loopback });
  const listener = Deno.listen({ hostname, port }), { port: bound } = listener.addr;
  const inner = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    onError(thrown) {
      server.log.error("A request failed before it had an answer", { cause: thrown });
      return new Response(null, { status: 500 });
    },
  }, (request) => app.fetch(request));
  const door = new Door(listener, inner.addr.port, server);
  let stopping: Promise<void> | null = null;
  return {
    url: `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${bound}`,
    port: bound,
    context: server,
    finished: Promise.all([door.finished, inner.finished]).then(() => {}),
    stop: () => stopping ??= stop(server, door, inner),
  };
}

async function stop(server: ServerContext, door: Door, inner: Deno.HttpServer): Promise<void> {
  const { engine, connections, clock, log } = server;
  connections.startClosing();
  connections.close("ingest");
  let left: unknown = null;
  try {
    await engine.drain();
  } catch (thrown) {
    left = thrown;
    log.error("The engine could not finish what it accepted", { reason: reasonOf(thrown) });
  }
  connections.close("live");
  // Deno ends WebSockets at once when it shuts down, and with them verdicts that are still on their way.
  await within(clock, LAST_ANSWERS_MS_MAX, connections.gone());
  door.close();
  // A connection on which a request is stalled stays: it ends with the door.
  await within(clock, LAST_ANSWERS_MS_MAX, Promise.all([inner.shutdown(), door.finished]));
  door.end();
  await within(clock, LAST_ANSWERS_MS_MAX, door.finished);
  if (left !== null) throw left;
}
