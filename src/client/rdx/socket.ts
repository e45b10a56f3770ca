import { type ErrorCode, RdxError } from "../../core/errors.ts";
import { type Address, TokenSource, urlOf } from "./address.ts";
import { send, tokenOf, unreachable } from "./http.ts";

/** Time that a connection may take to be there. */
const OPEN_MS_MAX = 10_000;

/** A server that is also reached by WebSockets. */
export interface SocketAddress extends Address {
  /** Default: the platform's. */
  readonly WebSocket?: typeof WebSocket;
}

/** States of a WebSocket; the class itself may be another than the platform's. */
export const WebSocketState = { open: 1 } as const;

export interface SocketPath {
  readonly path: string;
  readonly protocol: string;
  /** A path that is refused for the same reasons to who asks for no upgrade: WebSockets do not tell why. */
  readonly twin: string;
  /** What who asks for no upgrade gets where nothing is wrong, or null for an answer. */
  readonly twinCode: ErrorCode | null;
}

/**
 * Connects; `prepare` gets the socket before anything can have come. Rejects with why the server refuses; with "closing" when it cannot be reached, and with the
 * signal's reason.
 */
export async function openSocket(
  address: SocketAddress,
  { path, protocol, ...reasons }: SocketPath,
  signal: AbortSignal,
  prepare: (socket: WebSocket) => void,
): Promise<WebSocket> {
  const socket = await connect(address, path, protocol, signal);
  prepare(socket);
  if (await opened(socket, signal)) return socket;
  signal.throwIfAborted();
  throw await refusal(address, reasons, signal);
}

async function connect(
  address: SocketAddress,
  path: string,
  protocol: string,
  signal: AbortSignal,
): Promise<WebSocket> {
  const Socket = address.WebSocket ?? globalThis.WebSocket as typeof WebSocket | undefined;
  if (!Socket) {
    throw new RdxError("invalid", "This platform has no WebSocket: hand one to connect (Node has its own from 22 on)");
  }
  const url = urlOf(address, path);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const token = await tokenOf(address, TokenSource.of(address.token));
  signal.throwIfAborted();
  return new Socket(url, [protocol, ...(token === null ? [] : [`rdx.bearer.${base64url(token)}`])]);
}

/** Resolves with whether the connection is there; false too when the signal aborts or it takes too long. */
function opened(socket: WebSocket, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (open: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", give);
      socket.onopen = socket.onclose = null;
      if (!open) socket.close();
      resolve(open);
    };
    const give = () => end(false), timer = setTimeout(give, OPEN_MS_MAX);
    signal.addEventListener("abort", give);
    socket.onopen = () => end(true);
    socket.onerror = () => {};
    socket.onclose = give;
  });
}

/** Asks without an upgrade: the server refuses that too, by the first reason that it has. */
async function refusal(
  address: SocketAddress,
  { twin, twinCode }: Pick<SocketPath, "twin" | "twinCode">,
  signal: AbortSignal,
): Promise<RdxError> {
  try {
    await (await send(address, twin, { signal: AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS_MAX)]) })).body
      ?.cancel();
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof RdxError)) return unreachable(address, thrown);
    if (thrown.code !== twinCode) return thrown;
  }
  return unreachable(address, "the connection could not be opened");
}

function base64url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
