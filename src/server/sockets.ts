import { RdxError } from "../core/errors.ts";
import { SOCKET_IDLE_SECONDS_MAX } from "../core/limits.ts";
import { type Asked, askedOf } from "./asked.ts";
import type { ConnectionKind } from "./connections.ts";
import type { Context, ServerContext } from "./context.ts";
import { BEARER_PROTOCOL } from "./tokens.ts";

/** One end of a WebSocket, as far as the server uses it. */
export interface SocketPort {
  send(message: string | Uint8Array<ArrayBuffer>): void;
  /** Ends the connection; the reason is cut to what a close frame holds. */
  close(code: number, reason: string): void;
  /** Bytes that were sent and not yet taken by the network. */
  readonly buffered: number;
}

/** What a WebSocket does. */
export interface SocketHandler {
  opened(): void;
  received(data: string | ArrayBuffer): void;
  closed(): void;
  /** The server goes away. */
  leave(): void;
}

const REASON_BYTES_MAX = 123;

/** Whether the request asks for a WebSocket. */
export function isUpgrade({ header }: Pick<Asked, "header">): boolean {
  return header("upgrade")?.toLowerCase() === "websocket";
}

/**
 * The first subprotocol of `known` that the client offers in its header; `otherwise` when it offers none. Throws RdxError("invalid") when it
 * offers only others.
 */
export function chooseProtocol<Name extends string>(header: string | null, known: readonly Name[], otherwise: Name): {
  name: Name;
  /** What the answer must repeat, or undefined. */
  answer: string | undefined;
} {
  const offered = (header ?? "").split(",").map((name) => name.trim()).filter(Boolean);
  const bearer = offered.find((name) => name.startsWith(BEARER_PROTOCOL));
  const names = offered.filter((name) => name !== bearer);
  const found = known.find((name) => names.includes(name));
  if (found) return { name: found, answer: found };
  if (names.length === 0) return { name: otherwise, answer: bearer };
  throw new RdxError("invalid", `Unknown WebSocket subprotocol ${names.join(", ")}: expected ${known.join(" or ")}`);
}

/**
 * Answers an upgrade. What goes wrong on the socket ends that connection and nothing else. Deno takes messages of up to 64 MiB before
 * it shows them, so that the bound on messages is looked at afterwards.
 */
export function upgrade(
  c: Context,
  server: ServerContext,
  kind: ConnectionKind,
  protocol: string | undefined,
  makeHandler: (port: SocketPort) => SocketHandler,
): Response {
  if (!isUpgrade(askedOf(c))) {
    throw new RdxError("invalid", "This path answers WebSocket upgrades only: connect with ws:// or wss://");
  }
  server.connections.claim();
  const { socket, response } = upgradeRequest(c.req.raw, protocol);
  socket.binaryType = "arraybuffer";
  const handler = makeHandler({
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    close(code, reason) {
      if (socket.readyState === WebSocket.OPEN) socket.close(code, fitReason(reason));
    },
    get buffered() {
      return socket.bufferedAmount;
    },
  });
  const forget = server.connections.add({ kind, close: () => handler.leave() });
  socket.onopen = () => handler.opened();
  socket.onmessage = ({ data }) => handler.received(data);
  socket.onerror = (event) => {
    server.log.debug("A WebSocket broke", { reason: event instanceof ErrorEvent ? event.message : "" });
  };
  socket.onclose = () => {
    forget();
    handler.closed();
  };
  return response;
}

function upgradeRequest(request: Request, protocol: string | undefined): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request, { protocol, idleTimeout: SOCKET_IDLE_SECONDS_MAX });
  } catch {
    throw new RdxError("invalid", "Cannot upgrade: the request lacks what RFC 6455 asks for");
  }
}

function fitReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= REASON_BYTES_MAX) return reason;
  return new TextDecoder().decode(bytes.subarray(0, REASON_BYTES_MAX - 3)).replace(/\ufffd+$/, "") + "…";
}
