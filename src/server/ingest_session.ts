import { RdxError } from "../core/errors.ts";
import { INGEST_AHEAD_MESSAGES_MAX, RETRY_AFTER_SECONDS } from "../core/limits.ts";
import type { Share } from "./budget.ts";
import { closingError } from "./connections.ts";
import type { ServerContext } from "./context.ts";
import { store } from "./ingest.ts";
import { countLines, countTextLines } from "./line_count.ts";
import type { Dialect, IngestMessage } from "./messages.ts";
import { HttpError, type ProblemCode, toProblem } from "./problems.ts";
import type { SocketHandler, SocketPort } from "./sockets.ts";

/** A message that waits for its turn, or for its turn to be refused. */
interface Waiting {
  readonly sequence: number;
  readonly bytes: number;
  readonly share: Share;
  readonly rows: number;
  readonly message: IngestMessage | null;
  readonly refusal: unknown;
  /** Nobody uses its bytes any more. */
  done(): void;
}

/** What a waiting message costs beside its bytes, so that many empty ones are bounded too. */
const MESSAGE_OVERHEAD_BYTES = 256;
const TOO_BIG = 1009, POLICY = 1008, GOING_AWAY = 1001;
const encoder = new TextEncoder();

/**
 * One WebSocket that sends rows. Messages are stored one after another; each gets one verdict, in order, so that a verdict
 * also says that all earlier messages have theirs. Messages without a producer's number are numbered from 0.
 *
 * Credits count rows: the client may send as many as it was granted. What it has not used, what waits here and what the stream
 * takes are held together below `creditRowsMax`; while the stream is full nothing is granted, and what was granted before waits for
 * its turn. So whoever keeps to the credits is refused only when others were faster, or when what waits takes too much memory.
 */
export class IngestSession implements SocketHandler {
  readonly #port: SocketPort;
  readonly #stream: string;
  readonly #dialect: Dialect;
  readonly #server: ServerContext;
  readonly #path: string;
  readonly #queue: Waiting[] = [];
  #queueBytes = 0;
  #rowsWaiting = 0;
  /** Rows that were granted and not yet sent; negative: sent beyond it. */
  #credit = 0;
  #messages = 0;
  #running = false;
  /** Verdicts that are not told, in their order. */
  readonly #ahead: Promise<void>[] = [];
  #leaving = false;
  #ended = false;
  #stopListening: (() => void) | null = null;
  /** Ends the waiting for room. */
  #wake = () => {};

  constructor(port: SocketPort, stream: string, dialect: Dialect, server: ServerContext, path: string) {
    this.#port = port;
    this.#stream = stream;
    this.#dialect = dialect;
    this.#server = server;
    this.#path = path;
  }

  opened(): void {
    this.#listen();
    this.#grant();
  }

  received(data: string | ArrayBuffer): void {
    // The platform finds line feeds in a text faster than bytes are looked at here.
    if (typeof data === "string") return this.take(encoder.encode(data), () => countTextLines(data));
    this.take(new Uint8Array(data));
  }

  /** A message has come that is longer than any is taken. */
  overlong(): void {
    const { messageBytesMax } = this.#server.bounds;
    if (this.#ended) return;
    this.#cutOff(TOO_BIG, "too_large", `Cannot take a message of more than ${messageBytesMax} bytes`);
  }

  /** A message has come; `lines` counts those of it that hold anything. `done` is called when its bytes are not used any more. */
  take(bytes: Uint8Array<ArrayBuffer>, lines: () => number = () => countLines(bytes), done = () => {}): void {
    if (this.#ended) return;
    const { messageBytesMax, messagesWaitingBytesMax, creditOverrunRowsMax } = this.#server.bounds;
    if (bytes.length > messageBytesMax) return this.overlong();
    const waiting = this.#number(bytes, lines, done);
    this.#credit -= waiting.rows;
    this.#rowsWaiting += waiting.rows;
    this.#queueBytes += waiting.bytes;
    this.#queue.push(waiting);
    if (this.#credit < -creditOverrunRowsMax) {
      return this.#cutOff(POLICY, "busy", `${-this.#credit} rows were sent beyond the credits: wait for them`);
    }
    if (this.#queueBytes > messagesWaitingBytesMax) {
      return this.#cutOff(
        POLICY,
        "busy",
        `More than ${messagesWaitingBytesMax} bytes of messages wait for their verdicts`,
      );
    }
    this.#run();
  }

  closed(): void {
    this.#ended = true;
    this.#stopListening?.();
    this.#wake();
    for (const { share } of this.#queue.splice(0)) share.release();
  }

  leave(): void {
    this.#leaving = true;
    this.#wake();
    this.#leaveWhenDone();
  }

  /** Reads a message's frame and gives it a number; whatever is wrong with it is told in its turn. */
  #number(bytes: Uint8Array<ArrayBuffer>, lines: () => number, done: () => void): Waiting {
    const share = this.#server.budget.share(), number = this.#messages++, held = bytes.length + MESSAGE_OVERHEAD_BYTES;
    try {
      if (this.#leaving) throw closingError();
      const message = this.#dialect.read(bytes, lines), rows = message.kind === "rows" ? message.rows : 0;
      share.take(bytes.length);
      const sequence = (message.kind === "rows" ? message.sequence : undefined) ?? number;
      return { sequence, bytes: held, share, rows, message, refusal: null, done };
    } catch (refusal) {
      return { sequence: number, bytes: held, share, rows: 0, message: null, refusal, done };
    }
  }

  /** Stores what waits. The stream takes messages in the order in which they come: some are read and decoded while those before them are written together. */
  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      if (this.#mayWait(next.rows)) await this.#untilRoom(next.rows);
      const verdict = this.#tellBehind(this.#ahead.at(-1), next, this.#ended ? null : this.#store(next));
      this.#ahead.push(verdict);
      if (this.#ahead.length >= INGEST_AHEAD_MESSAGES_MAX) await this.#ahead[0];
    }
    this.#running = false;
    this.#leaveWhenDone();
  }

  /** Tells a message's verdict when the one before it is told. */
  async #tellBehind(
    earlier: Promise<void> | undefined,
    message: Waiting,
    storing: Promise<() => void> | null,
  ): Promise<void> {
    const told = await storing;
    await earlier;
    this.#ahead.shift();
    this.#finish(message, told);
    this.#leaveWhenDone();
  }

  /** A client that is to go hears of all that it sent before. */
  #leaveWhenDone(): void {
    if (this.#leaving && !this.#running && this.#ahead.length === 0) this.#goAway();
  }

  /** Tells the verdict on a message that has its turn, and grants anew. */
  #finish({ share, bytes, rows, done }: Waiting, tell: (() => void) | null): void {
    tell?.();
    done();
    share.release();
    this.#queueBytes -= bytes;
    this.#rowsWaiting -= rows;
    this.#grant();
  }

  async #untilRoom(rows: number): Promise<void> {
    const { clock } = this.#server;
    while (this.#mayWait(rows)) {
      await new Promise<void>((resolve) => {
        // Room that comes back without a change of the log, as from bodies that are refused, is told by nobody.
        const cancel = clock.after(RETRY_AFTER_SECONDS * 1000, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
  }

  /** Whether the stream is full, and nobody suffers from rows that wait for it. */
  #mayWait(rows: number): boolean {
    if (this.#ended || this.#leaving) return false;
    const { engine: { streams }, bounds, budget } = this.#server;
    if (budget.used > bounds.bodiesBytesMax / 2) return false;
    try {
      return streams.credit(this.#stream) < Math.min(rows, bounds.creditRowsMax) && !streams.get(this.#stream).ended;
    } catch {
      return false; // whatever is wrong with the stream is told in the message's verdict
    }
  }

  /** Stores a message. Resolves with what tells its verdict. */
  async #store({ message, sequence, refusal }: Waiting): Promise<() => void> {
    try {
      if (!message) throw refusal;
      if (message.kind === "end") return await this.#endStream(sequence);
      const { body, format, producer, sequence: number, epoch, rows } = message;
      const content = rows === 0 && producer === undefined ? body.subarray(0, 0) : body;
      const answer = await store(this.#server, this.#stream, content, format, { producer, sequence: number, epoch });
      return () => {
        this.#credit += Math.max(0, rows - answer.accepted - answer.rejected);
        this.#send(this.#dialect.acknowledge(sequence, answer));
      };
    } catch (thrown) {
      return () => this.#tell(thrown, sequence);
    }
  }

  async #endStream(sequence: number): Promise<() => void> {
    const { streams } = this.#server.engine, stream = this.#stream;
    await streams.end(stream);
    const { end: offset } = streams.get(stream);
    const answer = { stream, accepted: 0, rejected: 0, offset, durability: streams.durability, errors: [] };
    return () => this.#send(this.#dialect.acknowledge(sequence, answer));
  }

  #tell(thrown: unknown, sequence: number | null): void {
    const problem = toProblem(thrown, this.#path, (cause, reference) => {
      this.#server.log.error("An ingest message failed", { reference, cause, stream: this.#stream });
    });
    this.#send(this.#dialect.refuse(problem, sequence));
  }

  /** Grants what there is room for, in portions worth a message: a quarter at least of what the client may hold. */
  #grant(): void {
    if (this.#ended || this.#leaving) return;
    this.#listen();
    const most = Math.min(this.#server.bounds.creditRowsMax, this.#room());
    const rows = most - this.#rowsWaiting - this.#credit;
    if (rows <= 0 || (this.#credit > 0 && rows < most / 4)) return;
    this.#credit += rows;
    this.#send(this.#dialect.credit(rows));
  }

  /** Rows that the stream takes now; a stream that the first message makes takes any number. */
  #room(): number {
    try {
      return Math.floor(this.#server.engine.streams.credit(this.#stream));
    } catch (thrown) {
      return isMissing(thrown) && this.#server.autoCreate ? Infinity : 0;
    }
  }

  /** Waits for credit, as soon as there is a stream. */
  #listen(): void {
    if (this.#stopListening || this.#ended) return;
    try {
      this.#stopListening = this.#server.engine.streams.onCredit(this.#stream, () => {
        this.#wake();
        this.#grant();
      });
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
    }
  }

  #send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#ended) return;
    this.#port.send(message);
    if (this.#port.buffered > this.#server.bounds.subscriberBytesMax) {
      this.#end(POLICY, "Verdicts are not read", "verdicts unread");
    }
  }

  #cutOff(code: number, problem: ProblemCode, reason: string): void {
    this.#tell(new HttpError(problem, reason), null);
    this.#end(code, reason, problem === "too_large" ? "message size" : "credits");
  }

  #end(code: number, reason: string, label: string): void {
    this.#server.metrics.cutOff.with(label).increment();
    this.#port.close(code, reason);
    this.closed();
  }

  #goAway(): void {
    if (this.#ended) return;
    this.#tell(closingError(), null);
    this.#port.close(GOING_AWAY, "The server is shutting down");
    this.closed();
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof RdxError && thrown.code === "not_found";
}
