import { setImmediate } from "node:timers";
import { DOOR_TURN_BYTES } from "../../core/limits.ts";
import type { Unmasked } from "../../runtime/service.ts";
import { ByteGatherer } from "../byte_gatherer.ts";
import type { SocketPort } from "../sockets.ts";
import type { BodyBuffers } from "./body_buffers.ts";
import type { ByteReader } from "./byte_reader.ts";
import type { Deadlines } from "./deadlines.ts";
import { CLOSED, type FrameHead, OPCODE, readFrameHead } from "./frames.ts";
import { Outgoing } from "./outgoing.ts";

/** What a frame costs beside its bytes, so that many empty ones make turns too. */
const FRAME_OVERHEAD_BYTES = 2048;
const CODE_BYTES = 2, REASON_BYTES_MAX = 123;
const NOTHING = new Uint8Array();
/** Messages have a bound of their own; the memory of those that are whole is counted by who takes them. */
const UNSHARED = { take() {}, release() {} };
const encoder = new TextEncoder(), strict = new TextDecoder("utf-8", { fatal: true });

/** What a WebSocket of rows does with messages. */
export interface MessageHandler {
  /** `lines`, where they are known: those of the message that hold anything. `done` is called when nobody uses its bytes any more. */
  take(message: Uint8Array<ArrayBuffer>, lines: (() => number) | undefined, done: () => void): void;
  /** A message comes that is longer than any may be; the socket is closed when this returns. */
  overlong(): void;
}

export interface SocketParts {
  readonly reader: ByteReader;
  write(bytes: Uint8Array): Promise<number>;
  /** Nothing more is written: the client is told. */
  closeWrite(): Promise<void>;
  /** Ends the connection at once. */
  end(): void;
  readonly messageBytesMax: number;
  readonly buffers: BodyBuffers;
  unmask(bytes: Uint8Array, mask: number): Unmasked;
  /** Times in which something has to be heard of the client. */
  readonly silences: Deadlines;
  /** Times in which a client has to answer a close. */
  readonly closings: Deadlines;
}

/**
 * The server's end of a WebSocket (RFC 6455) whose messages stay bytes: text is not made into a string only to be made into bytes again. Beside that it is UTF-8, it is no
 * different from binary here.
 */
export class DoorSocket implements SocketPort {
  readonly #parts: SocketParts;
  readonly #out: Outgoing;
  /** Frames of a message whose last one has not come. */
  #pieces: ByteGatherer | null = null;
  #piecesBytes = 0;
  #inText = false;
  /** Read since everybody else had their turn. */
  #inTurnBytes = 0;
  #heard = true;
  /** A close was sent, one has come. */
  #closing = false;
  #answered = false;
  #listening: () => void;

  constructor(parts: SocketParts) {
    this.#parts = parts;
    this.#out = new Outgoing(parts, parts.end);
    this.#listening = parts.silences.begin(() => this.#silent());
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#closing) return;
    if (typeof message === "string") this.#out.send(OPCODE.text, encoder.encode(message));
    else this.#out.send(OPCODE.binary, message);
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    const text = encoder.encode(reason).subarray(0, REASON_BYTES_MAX), bytes = new Uint8Array(CODE_BYTES + text.length);
    new DataView(bytes.buffer).setUint16(0, code);
    bytes.set(text, CODE_BYTES);
    this.#say(bytes);
  }

  #say(close: Uint8Array): void {
    this.#out.send(OPCODE.close, close);
    this.#closing = true;
    this.#listening();
    this.#listening = this.#parts.closings.begin(this.#parts.end);
  }

  get buffered(): number {
    return this.#out.buffered;
  }

  /** Nothing was heard for long: a ping is to be answered, and whoever does not is gone. */
  #silent(): void {
    if (!this.#heard) return this.#parts.end();
    this.#heard = false;
    this.#out.send(OPCODE.ping, NOTHING);
    this.#listening = this.#parts.silences.begin(() => this.#silent());
  }

  /** Hands messages to `handler` until the connection ends. */
  async run(handler: MessageHandler): Promise<void> {
    try {
      for (let goesOn = true; goesOn;) {
        // What has come already is there without waiting, and who sends fast would keep all others out.
        if (this.#inTurnBytes > DOOR_TURN_BYTES) await this.#turn();
        const head = await this.#head();
        goesOn = head === "broken" ? this.#refuse() : head !== null && await this.#frame(head, handler);
      }
      await this.#out.flush();
      if (this.#answered) return;
      // A close into what the client still sends would take away what it has not read.
      await this.#parts.closeWrite();
      await this.#parts.reader.drain();
    } finally {
      this.#listening();
    }
  }

  /** Lets everything that is ready run. */
  async #turn(): Promise<void> {
    this.#inTurnBytes = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Null: the connection has ended. */
  async #head(): Promise<FrameHead | null | "broken"> {
    const { reader } = this.#parts;
    for (;;) {
      const head = readFrameHead(reader.waiting);
      if (head !== null) return head;
      if (!await reader.more()) return null;
    }
  }

  #refuse(): boolean {
    this.close(CLOSED.protocol, "No frame that a client may send");
    return false;
  }

  /** Whether another frame may come. */
  async #frame({ final, opcode, length, mask, headLength }: FrameHead, handler: MessageHandler): Promise<boolean> {
    const { reader, messageBytesMax, buffers } = this.#parts, isControl = opcode >= OPCODE.close;
    if (!isControl && (this.#pieces !== null) !== (opcode === OPCODE.more)) return this.#refuse();
    if (this.#piecesBytes + length > messageBytesMax) {
      handler.overlong();
      return false;
    }
    const bytes = buffers.take(length);
    reader.skip(headLength);
    if (!await reader.fill(bytes)) return false;
    this.#heard = true;
    this.#inTurnBytes += headLength + length + FRAME_OVERHEAD_BYTES;
    const seen = this.#parts.unmask(bytes, mask);
    if (isControl) return this.#control(opcode, bytes);
    if (opcode !== OPCODE.more) this.#inText = opcode === OPCODE.text;
    return this.#data(bytes, seen, final, handler);
  }

  #data(bytes: Uint8Array<ArrayBuffer>, seen: Unmasked, final: boolean, handler: MessageHandler): boolean {
    const { buffers } = this.#parts;
    let message = bytes, lines: (() => number) | undefined = () => seen.lines;
    if (!final || this.#pieces) {
      this.#pieces ??= new ByteGatherer(UNSHARED, 0);
      this.#pieces.append(bytes);
      this.#piecesBytes += bytes.length;
      buffers.give(bytes);
      if (!final) return true;
      message = this.#pieces.finish();
      lines = undefined;
      this.#pieces = null;
      this.#piecesBytes = 0;
    }
    // Of what came in pieces, only the last was seen here.
    if (this.#inText && !(lines && seen.ascii) && !isText(message)) {
      this.close(CLOSED.notText, "Text that is no UTF-8");
      return false;
    }
    if (!this.#closing) handler.take(message, lines, () => buffers.give(message));
    return true;
  }

  #control(opcode: number, bytes: Uint8Array<ArrayBuffer>): boolean {
    if (opcode === OPCODE.ping && !this.#closing) this.#out.send(OPCODE.pong, bytes);
    if (opcode !== OPCODE.close) return true;
    this.#answered = true;
    // The same code goes back, unless the close was an answer already.
    if (!this.#closing) this.#say(bytes.subarray(0, CODE_BYTES));
    return false;
  }
}

function isText(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
