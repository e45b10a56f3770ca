import { RdxError } from "../core/errors.ts";
import { QUERY_ROWS_MAX } from "../core/limits.ts";
import { askedOf } from "./asked.ts";
import { closingError } from "./connections.ts";
import type { Context, ServerContext } from "./context.ts";
import { type EventId, readEventId } from "./event_ids.ts";
import { type LiveEvent, LiveFeed, type LiveRequest } from "./live_feed.ts";
import { Outbox } from "./outbox.ts";
import { nameOf, Parameters, RENDERING } from "./parameters.ts";
import { toProblem } from "./problems.ts";
import { chooseProtocol, isUpgrade, type SocketHandler, type SocketPort, upgrade } from "./sockets.ts";
import { QUERY_PARAMETERS, readQuery, withKey } from "./views.ts";

const GOING_AWAY = 1001, TRY_AGAIN_LATER = 1013, NORMAL = 1000;

/** `GET /v1/views/{view}/live`: server-sent events, or the same JSON over a WebSocket. */
export function openLive(c: Context, server: ServerContext): Response {
  const asked = readRequest(c), query = withKey(server.engine.views.get(asked.view), asked.query);
  const request = { ...asked, query };
  if (!isUpgrade(askedOf(c))) return openEvents(c, server, request);
  const protocol = chooseProtocol(c.req.header("sec-websocket-protocol") ?? null, ["rdx.json.v1"], "rdx.json.v1");
  return upgrade(c, server, "live", protocol.answer, (port) => new LiveSocket(port, server, request, c.req.path));
}

/** The newest rows come first by default, so that a limit leaves out the oldest. */
function readRequest(c: Context): LiveRequest {
  const view = nameOf(c, "view");
  const parameters = new Parameters(c, [...QUERY_PARAMETERS, "since", "open", ...RENDERING], ["key"]);
  const query = readQuery(parameters, "desc"), last = c.req.header("last-event-id");
  const since = readSince(parameters);
  return {
    view,
    query: parameters.text("limit") === null ? { ...query, limit: QUERY_ROWS_MAX } : query,
    since: readEventId(last ?? "") ?? since,
    open: parameters.flag("open"),
    rendering: parameters.rendering(),
  };
}

function readSince(parameters: Parameters): EventId | null {
  const text = parameters.text("since"), since = text === null ? null : readEventId(text);
  if (text === null || since !== null) return since;
  throw new RdxError(
    "invalid",
    `Parameter since is ${JSON.stringify(text.slice(0, 200))}: expected the id of an event`,
  );
}

function openEvents(c: Context, server: ServerContext, request: LiveRequest): Response {
  server.connections.claim();
  const path = c.req.path;
  const leave = () => {
    feed.stop();
    forget();
  };
  const finish = (reason: unknown) => {
    leave();
    outbox.end(eventText({ name: "error", id: null, data: errorText(reason, path, server) }));
  };
  const outbox = new Outbox(server.bounds.subscriberBytesMax, () => {
    leave();
    server.metrics.cutOff.with("slow subscriber").increment();
    return eventText({ name: "error", id: null, data: errorText(tooSlow(), path, server) });
  }, leave);
  const feed = new LiveFeed(server, request, {
    deliver: (event) => outbox.push(eventText(event)),
    fail: finish,
    get waiting() {
      return outbox.waiting;
    },
  });
  const forget = server.connections.add({ kind: "live", close: () => finish(closingError()) });
  feed.start();
  return new Response(outbox.stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

/** An event as https://html.spec.whatwg.org/multipage/server-sent-events.html writes it; JSON holds no line ends. */
function eventText({ name, id, data }: LiveEvent): string {
  return `event: ${name}\n${id === null ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}

function errorText(reason: unknown, path: string, server: ServerContext): string {
  const { body } = toProblem(reason, path, (cause, reference) => {
    server.log.error("A live view failed", { reference, cause, path });
  });
  return JSON.stringify({ event: "error", ...body });
}

function tooSlow(): RdxError {
  return new RdxError("busy", "This subscriber takes events more slowly than they come: connect again to resume");
}

/** A subscriber over a WebSocket, whose events have their id in the JSON. What it sends is ignored. */
class LiveSocket implements SocketHandler {
  readonly #port: SocketPort;
  readonly #server: ServerContext;
  readonly #path: string;
  readonly #feed: LiveFeed;

  constructor(port: SocketPort, server: ServerContext, request: LiveRequest, path: string) {
    this.#port = port;
    this.#server = server;
    this.#path = path;
    this.#feed = new LiveFeed(server, request, {
      deliver: (event) => this.#send(event),
      fail: (reason) => this.#end(reason, NORMAL),
      get waiting() {
        return port.buffered;
      },
    });
  }

  opened(): void {
    this.#feed.start();
  }

  received(): void {}

  closed(): void {
    this.#feed.stop();
  }

  leave(): void {
    this.#end(closingError(), GOING_AWAY);
  }

  #send({ id, data }: LiveEvent): void {
    this.#port.send(id === null ? data : `{"id":"${id}",${data.slice(1)}`);
    if (this.#port.buffered <= this.#server.bounds.subscriberBytesMax) return;
    this.#server.metrics.cutOff.with("slow subscriber").increment();
    this.#end(tooSlow(), TRY_AGAIN_LATER);
  }

  #end(reason: unknown, code: number): void {
    this.#feed.stop();
    this.#port.send(errorText(reason, this.#path, this.#server));
    this.#port.close(code, reason instanceof Error ? reason.message : "");
  }
}
