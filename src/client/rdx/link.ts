import { RdxError, reasonOf } from "../../core/errors.ts";
import type { Format, Verdict } from "./format.ts";
import { unreachable } from "./http.ts";
import { openSocket, type SocketAddress, WebSocketState } from "./socket.ts";

/** Time without a word of the server, while it owes verdicts, after which the connection is taken for dead. */
const SILENCE_MS_MAX = 60_000;
const NORMAL = 1000;

/** One WebSocket that sends batches, from its opening to its end. */
export class Link {
  readonly #socket: WebSocket;
  readonly #format: Format;
  readonly #address: SocketAddress;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #end!: (reason: RdxError) => void;
  /** Resolves with the reason once the connection has ended. */
  readonly ended: Promise<RdxError>;
  /** Takes what the server says; until there is one, it waits in `heard`. */
  #listener: ((verdict: Verdict) => void) | null = null;
  readonly #heard: (string | ArrayBuffer)[] = [];

  private constructor(socket: WebSocket, format: Format, address: SocketAddress) {
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
  static async open(address: SocketAddress, stream: string, format: Format, signal: AbortSignal): Promise<Link> {
    const path = `/v1/streams/${encodeURIComponent(stream)}/ws`, { protocol } = format;
    let link!: Link;
    await openSocket(address, { path, protocol, twin: path, twinCode: "invalid" }, signal, (socket) => {
      link = new Link(socket, format, address);
    });
    return link;
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
