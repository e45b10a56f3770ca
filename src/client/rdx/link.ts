import { RdxError, reasonOf } from "../../core/errors.ts";
import { type Address, TokenSource, urlOf } from "./address.ts";
import type { Format, Verdict } from "./format.ts";
import { send, tokenOf, unreachable } from "./http.ts";

/** Time that a connection may take to be there. */
const OPEN_MS_MAX = 10_000;
/** Time without a word of the server, while it owes verdicts, after which the connection is taken for dead. */
const SILENCE_MS_MAX = 60_000;
const NORMAL = 1000;

export interface LinkAddress extends Address {
  readonly WebSocket?: typeof WebSocket;
}

/** One WebSocket that sends batches, from its opening to its end. */
export class Link {
  readonly #socket: WebSocket;
  readonly #format: Format;
  readonly #address: LinkAddress;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #end!: (reason: RdxError) => void;
  /** Resolves with the reason once the connection has ended. */
  readonly ended: Promise<RdxError>;
  /** Takes what the server says; until there is one, it waits in `heard`. */
  #listener: ((verdict: Verdict) => void) | null = null;
  readonly #heard: (string | ArrayBuffer)[] = [];

  private constructor(socket: WebSocket, format: Format, address: LinkAddress) {
    this.#socket = socket;
    this.#format = format;
    this.#address = address;
    this.ended = new Promise((resolve) => {
      this.#end = (reason) => {
        clearTimeout(this.#silence);
        resolve(reason);
      };
    });
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#listener ? this.#read(data) : this.#heard.push(data);
  }

  /**
   * Connects to a stream. Rejects with why the server refuses, which a second request finds out, since WebSockets do not tell; with "closing" when it cannot
   * be reached.
   */
  static async open(address: LinkAddress, stream: string, format: Format, signal: AbortSignal): Promise<Link> {
    const path = `/v1/streams/${encodeURIComponent(stream)}/ws`;
    const socket = await connect(address, path, format, signal), link = new Link(socket, format, address);
    if (await opened(socket, signal)) return link;
    signal.throwIfAborted();
    throw await refusal(address, path, signal);
  }

  /** From now on `listener` takes what the server says, first what it has said so far. */
  start(listener: (verdict: Verdict) => void): void {
    this.#listener = listener;
    this.#socket.onclose = ({ reason }) => this.#end(unreachable(this.#address, reason || "the connection ended"));
    if (this.#socket.readyState > WebSocketState.open) this.#end(unreachable(this.#address, "the connection ended"));
    for (const data of this.#heard.splice(0)) this.#read(data);
  }

  /** Sends a message, for which the server owes a verdict. */
  send(message: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState !== WebSocketState.open) return;
    this.#socket.send(message);
    if (this.#silence === undefined) this.#listen();
  }

  /** The server owes nothing now. */
  rest(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }

  /** Ends it; what was sent may have been taken or not. */
  close(reason: RdxError): void {
    this.#end(reason);
    this.#listener = null;
    this.#socket.onmessage = null;
    this.#socket.close(NORMAL);
  }

  #read(data: string | ArrayBuffer): void {
    if (this.#silence !== undefined) this.#listen();
    let verdict: Verdict;
    try {
      verdict = this.#format.read(data);
    } catch (thrown) {
      return this.close(thrown instanceof RdxError ? thrown : new RdxError("internal", reasonOf(thrown)));
    }
    this.#listener?.(verdict);
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.close(unreachable(this.#address, `no verdict came for ${SILENCE_MS_MAX / 1000} s`));
    }, SILENCE_MS_MAX);
  }
}

/** States of a WebSocket; the class itself may be another than the platform's. */
const WebSocketState = { open: 1 } as const;

async function connect(
  address: LinkAddress,
  path: string,
  { protocol }: Format,
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

/** Asks for the same path without an upgrade: the server refuses that too, by the first reason that it has. */
async function refusal(address: LinkAddress, path: string, signal: AbortSignal): Promise<RdxError> {
  try {
    await (await send(address, path, { signal: AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS_MAX)]) })).body
      ?.cancel();
  } catch (thrown) {
    signal.throwIfAborted();
    // "invalid" is what every request that asks for no upgrade gets in the end.
    if (thrown instanceof RdxError && thrown.code !== "invalid") return thrown;
    if (!(thrown instanceof RdxError)) return unreachable(address, thrown);
  }
  return unreachable(address, "the connection could not be opened");
}

function base64url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
