import { RdxError, reasonOf } from "../../core/errors.ts";
import { type Address, TokenSource } from "./address.ts";
import { Backoff, sleep } from "./backoff.ts";
import { unreachable } from "./http.ts";
import { LiveReader } from "./live_events.ts";
import { followSocket } from "./live_socket.ts";
import { followStream } from "./live_stream.ts";
import type { SocketAddress } from "./socket.ts";
import type { ServerSentEvent } from "./sse.ts";
import type { LiveChange, LiveOptions } from "./types.ts";

/** Two heartbeats and a half without a byte: the connection is dead, whatever the network says. */
const SILENCE_MS_MAX = 37_500;
const RETRY_FIRST_MS = 250, RETRY_MS_MAX = 10_000;

/**
 * What a view holds, and every change from then on. Lost connections are made anew and go on behind the last event; meanwhile a change of kind `waiting` says
 * why and for how long. Ends when the signal aborts or the loop over it is left. Throws RdxError for what waiting does not heal: a view that was never there,
 * a refused token that cannot change, a request that makes no sense; a view that goes away later is waited for, since a new deploy brings it back.
 */
export async function* live(
  server: SocketAddress,
  view: string,
  options: LiveOptions = {},
): AsyncGenerator<LiveChange, void, undefined> {
  const { signal } = options, address = { ...server, token: TokenSource.of(server.token) };
  const backoff = new Backoff(RETRY_FIRST_MS, RETRY_MS_MAX), reader = new LiveReader();
  const path = livePath(view, options);
  let lastId = options.since === undefined ? "" : String(options.since), seen = false;
  let bySocket = options.transport === "socket";
  while (!signal?.aborted) {
    let failure: RdxError, connected = false;
    const since = lastId, socket = bySocket;
    const open = (connection: AbortSignal) =>
      socket ? followSocket(address, path, since, connection) : followStream(address, path, since, connection);
    try {
      for await (const event of follow(address, open, signal)) {
        if (event === null) {
          seen = connected = true;
          yield { kind: "connected" };
          continue;
        }
        backoff.reset();
        const change = reader.read(event);
        if (change) yield change;
        // Only now: what was not taken comes again.
        lastId = event.id || lastId;
      }
      failure = unreachable(server, "the connection ended");
    } catch (thrown) {
      if (signal?.aborted) return;
      failure = thrown instanceof RdxError ? thrown : unreachable(server, thrown);
      if (isFinal(failure, seen, address.token.changes)) throw failure;
    }
    // Where WebSockets do not get through, an event stream may.
    if (!connected) bySocket = options.transport === "socket" && !bySocket;
    const retryMs = backoff.next(Number(failure.extra.retryMs ?? 0));
    yield { kind: "waiting", error: failure, retryMs };
    await sleep(retryMs, signal);
  }
}

function livePath(view: string, { key, limit, open, time }: LiveOptions): string {
  const query = new URLSearchParams();
  for (const value of key ?? []) query.append("key", value);
  if (limit !== undefined) query.set("limit", String(limit));
  if (open) query.set("open", "true");
  if (time === "ms") query.set("time", "ms");
  return `/v1/views/${encodeURIComponent(view)}/live${query.size > 0 ? `?${query}` : ""}`;
}

/** Whether waiting cannot heal it. */
function isFinal({ code, extra }: RdxError, seen: boolean, tokenChanges: boolean): boolean {
  switch (code) {
    case "busy":
    case "closing":
    case "unavailable":
    case "no_space":
    case "internal":
      return false;
    case "not_found":
      return !seen;
    case "unauthorized":
      return extra.problem === "forbidden" || !(tokenChanges || extra.retry === true);
    default:
      return true;
  }
}

/** The events of one connection; null once it is there. Ends when the server ends it; throws when it fails or is silent for too long. */
async function* follow(
  address: Address,
  open: (signal: AbortSignal) => AsyncGenerator<ServerSentEvent | null, void, undefined>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerSentEvent | null, void, undefined> {
  const connection = new AbortController(), end = () => connection.abort(signal?.reason);
  signal?.addEventListener("abort", end);
  const events = open(connection.signal);
  try {
    while (true) {
      const { value, done } = await orSilence(address, connection, () => events.next());
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener("abort", end);
    connection.abort();
    events.return().catch(() => {});
  }
}

/** Waits for something from the server, but not for ever. */
async function orSilence<T>(address: Address, connection: AbortController, ask: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => {
    connection.abort(unreachable(address, `nothing came for ${SILENCE_MS_MAX / 1000} s`));
  }, SILENCE_MS_MAX);
  try {
    return await ask();
  } catch (thrown) {
    if (thrown instanceof RdxError) throw thrown;
    throw unreachable(address, reasonOf(thrown));
  } finally {
    clearTimeout(timer);
  }
}
