import { RdxError, reasonOf } from "../../core/errors.ts";
import { MESSAGES_WAITING_BYTES_MAX } from "../../core/limits.ts";
import { TokenSource } from "./address.ts";
import { Backoff, sleep } from "./backoff.ts";
import { BatchQueue, costOf } from "./batch_queue.ts";
import type { Format, Verdict } from "./format.ts";
import { unreachable } from "./http.ts";
import { Link } from "./link.ts";
import { newProducer } from "./outbox_memory.ts";
import { isFinal, refusedBatch, remedyOf } from "./refusal.ts";
import type { SocketAddress } from "./socket.ts";
import type { Outbox, OutboxBatch, WriterStatus } from "./types.ts";
import { Waiters } from "./waiters.ts";

/** Bytes of batches that wait for their verdicts; beyond it `write` waits. */
const OUTBOX_BYTES_MAX = 32 << 20;
/** Bytes of batches that are sent and have no verdict: half of what a server keeps for one connection. */
const IN_FLIGHT_BYTES_MAX = MESSAGES_WAITING_BYTES_MAX / 2;
const RETRY_FIRST_MS = 100, RETRY_MS_MAX = 10_000;
/**
 * Time without any credit after which one batch goes all the same: a server that has no room keeps it until it has, and one whose stream has ended, which never
 * gives credit again, says so.
 */
const PATIENCE_MS_MAX = 2000;
/** Mistakes of the server in a row, without a verdict between them, after which the writer gives up. */
const INTERNAL_ERRORS_MAX = 5;

export interface SenderParts {
  readonly address: SocketAddress;
  readonly stream: string;
  readonly format: Format;
  readonly outbox: Outbox;
  readonly signal: AbortSignal;
  onStatus(status: WriterStatus): void;
  /** It has given up, and why. */
  onFailed(reason: unknown): void;
}

/**
 * Brings batches to a stream, in order, each under its producer's number. A batch is in the outbox before it leaves, and stays there until its verdict: whatever
 * cuts the connection, all that have none are sent again in order, and the server knows by the numbers which it has. What it forgets (a restart without
 * a journal) goes on under another name.
 */
export class Sender {
  readonly #parts: SenderParts;
  readonly #queue = new BatchQueue();
  readonly #backoff = new Backoff(RETRY_FIRST_MS, RETRY_MS_MAX);
  /** Wake when all that was taken up to then has its verdict, and when there is room. */
  readonly #settled = new Waiters();
  readonly #room = new Waiters();
  readonly #ending = new AbortController();
  #producer = "";
  #next = 0;
  /** Everything that touches the outbox happens behind what came before. */
  #outbox: Promise<void> = Promise.resolve();
  /** It has failed: nothing more is asked of it. */
  #broken = false;
  /** Bytes and rows of batches from their taking to their verdict. */
  #bytes = 0;
  #pendingRows = 0;
  /** Batches that were taken, and those that have their verdict. */
  #taken = 0;
  #done = 0;
  #forgetting = false;
  #link: Link | null = null;
  #credit = 0;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #internalErrors = 0;
  #wasConnected = false;
  #failure: { readonly reason: unknown } | null = null;
  #told = false;
  accepted = 0;
  rejected = 0;
  reconnects = 0;

  private constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Opens the outbox and begins to send what it has. */
  static async open(parts: SenderParts): Promise<Sender> {
    const sender = new Sender(parts), tell = (reason: string) => parts.onStatus({ kind: "restored", reason });
    const { producer, next, batches } = await parts.outbox.open(tell);
    sender.#producer = producer;
    sender.#next = next;
    for (const batch of batches) {
      sender.#count(batch);
      sender.#queue.push(batch);
    }
    parts.signal.addEventListener("abort", sender.#abort);
    if (parts.signal.aborted) sender.#abort();
    void sender.#run();
    return sender;
  }

  get waitingRows(): number {
    return this.#pendingRows + this.#queue.rows;
  }

  get full(): boolean {
    return this.#bytes >= OUTBOX_BYTES_MAX;
  }

  /** Throws once it has given up. */
  check(): void {
    if (!this.#failure) return;
    this.#told = true;
    throw this.#failure.reason;
  }

  /** It has given up, and somebody knows. */
  get told(): boolean {
    return this.#told;
  }

  /** Resolves when it is no longer full. */
  room(): Promise<void> {
    this.check();
    return this.full ? this.#room.wait(0) : Promise.resolve();
  }

  /** Resolves when everything taken so far has its verdict. */
  settled(): Promise<void> {
    this.check();
    return this.#done >= this.#taken ? Promise.resolve() : this.#settled.wait(this.#taken);
  }

  add(batch: Omit<OutboxBatch, "sequence">): void {
    this.#count(batch);
    this.#pendingRows += batch.rows;
    this.#later(async () => {
      const numbered = { ...batch, sequence: this.#next };
      await this.#parts.outbox.append(numbered);
      this.#next++;
      this.#pendingRows -= batch.rows;
      this.#queue.push(numbered);
      this.#pump();
    });
  }

  /** Ends the connection and lets go of the outbox. */
  async end(): Promise<void> {
    if (this.#ending.signal.aborted) return await this.#outbox;
    this.#ending.abort();
    this.#parts.signal.removeEventListener("abort", this.#abort);
    this.#link?.close(new RdxError("closing", "The writer is closed"));
    this.#outbox = this.#outbox.then(() => this.#parts.outbox.close());
    await this.#outbox;
  }

  #count(batch: Pick<OutboxBatch, "body">): void {
    this.#bytes += costOf(batch);
    this.#taken++;
  }

  /** Does something with the outbox when its turn comes. */
  #later(work: () => Promise<void>): void {
    this.#outbox = this.#outbox.then(async () => {
      if (this.#broken) return;
      try {
        await work();
      } catch (thrown) {
        this.#broken = true;
        this.#fail(thrown);
      }
    });
  }

  /** Connects, again and again. */
  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const reason = await this.#connect().catch((thrown) =>
        thrown instanceof RdxError ? thrown : unreachable(this.#parts.address, reasonOf(thrown))
      );
      if (signal.aborted) return;
      if (this.#isFinal(reason)) return this.#fail(reason);
      const retryMs = reason.extra.again === true ? 0 : this.#backoff.next(Number(reason.extra.retryMs ?? 0));
      if (retryMs > 0) this.#parts.onStatus({ kind: "waiting", reason: reason.message, retryMs });
      await sleep(retryMs, signal);
    }
  }

  /** One connection, from its opening to its end. Resolves with why it ended. */
  async #connect(): Promise<RdxError> {
    const { address, stream, format, onStatus } = this.#parts;
    const link = await Link.open(address, stream, format, this.#ending.signal);
    // What the outbox is doing may give new numbers to all.
    await this.#outbox;
    this.#queue.rewind();
    this.#credit = 0;
    if (this.#ending.signal.aborted) link.close(new RdxError("closing", "The writer is closed"));
    else {
      if (this.#wasConnected) this.reconnects++;
      this.#wasConnected = true;
      this.#link = link;
      onStatus({ kind: "connected" });
      link.start((verdict) => this.#hear(verdict));
      this.#pump();
    }
    const reason = await link.ended;
    this.#link = null;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    return reason;
  }

  /** Sends what credits and bounds allow. */
  #pump(): void {
    for (let batch = this.#queue.next; this.#link && batch; batch = this.#queue.next) {
      const { sent, sentBytes } = this.#queue;
      if (sent === 0 && this.#credit <= 0) {
        this.#patience ??= setTimeout(() => this.#send(), PATIENCE_MS_MAX);
        return;
      }
      // A batch that is larger than any credit may go alone: servers bear a few rows beyond it.
      if (sent > 0 && (batch.rows > this.#credit || sentBytes + costOf(batch) > IN_FLIGHT_BYTES_MAX)) return;
      this.#send();
    }
  }

  #send(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    const batch = this.#queue.next;
    if (!this.#link || !batch) return;
    this.#credit -= batch.rows;
    this.#queue.advance();
    this.#link.send(this.#parts.format.message(this.#producer, batch));
  }

  #hear(verdict: Verdict): void {
    switch (verdict.kind) {
      case "credit":
        this.#credit += verdict.rows;
        break;
      case "ack":
        this.#acknowledged(verdict);
        break;
      case "error":
        return this.#refused(verdict.error, verdict.sequence);
    }
    this.#pump();
  }

  #acknowledged({ sequence, accepted, rejected, errors }: Extract<Verdict, { kind: "ack" }>): void {
    this.#has(sequence - 1);
    if (this.#queue.first?.sequence !== sequence) return;
    this.#shift();
    this.accepted += accepted;
    this.rejected += rejected;
    this.#settle();
    if (rejected > 0) this.#parts.onStatus({ kind: "rejected", rows: rejected, errors });
  }

  /** The server has all batches up to `sequence`; how many of their rows it put aside it does not say. */
  #has(sequence: number): void {
    const before = this.#done;
    for (let first = this.#queue.first; first && first.sequence <= sequence; first = this.#queue.first) {
      this.accepted += first.rows;
      this.#shift();
    }
    if (this.#done > before) this.#settle();
  }

  #refused(error: RdxError, sequence: number | null): void {
    const { first } = this.#queue;
    if (sequence === null || !first || sequence < first.sequence) return this.#link?.close(error);
    switch (remedyOf(error, sequence, first.sequence)) {
      case "forget":
        this.#has(sequence);
        return this.#pump();
      case "rename":
        return this.#rename();
      case "again": {
        const { code, message, extra } = error;
        return this.#link?.close(code === "conflict" ? new RdxError("busy", message, [], extra) : error);
      }
      case "give up": {
        this.#has(sequence - 1);
        const batch = this.#queue.first ?? first;
        // Left in the outbox, it would stop whoever opens that next, too.
        const reason = refusedBatch(error, this.#parts.stream, batch);
        this.#shift();
        this.#forget();
        this.#fail(reason);
      }
    }
  }

  /** The same batches go on as another producer's, once the outbox has them so. */
  #rename(): void {
    this.#link?.close(new RdxError("closing", "The server has forgotten this producer", [], { again: true }));
    this.#later(async () => {
      const producer = newProducer(), batches = this.#queue.renumber();
      await this.#parts.outbox.rename(producer, batches);
      this.#producer = producer;
      this.#next = batches.length;
    });
  }

  #shift(): OutboxBatch {
    const batch = this.#queue.shift();
    this.#bytes -= costOf(batch);
    this.#done++;
    return batch;
  }

  /** Something got its verdict. */
  #settle(): void {
    this.#backoff.reset();
    this.#internalErrors = 0;
    if (this.#queue.sent === 0) this.#link?.rest();
    this.#forget();
    this.#settled.reached(this.#done);
    if (!this.full) this.#room.reached(0);
  }

  /** Has the outbox forget what has its verdict; one call for all that get theirs until it is its turn. */
  #forget(): void {
    if (this.#forgetting) return;
    this.#forgetting = true;
    this.#later(async () => {
      this.#forgetting = false;
      await this.#parts.outbox.forget((this.#queue.first?.sequence ?? this.#next) - 1);
    });
  }

  #isFinal(reason: RdxError): boolean {
    if (reason.code === "internal" && ++this.#internalErrors >= INTERNAL_ERRORS_MAX) return true;
    return isFinal(reason, this.#wasConnected, TokenSource.of(this.#parts.address.token).changes);
  }

  readonly #abort = () => this.#fail(this.#parts.signal.reason);

  #fail(reason: unknown): void {
    if (this.#failure || this.#ending.signal.aborted) return;
    this.#failure = { reason };
    const settled = this.#settled.fail(reason), room = this.#room.fail(reason);
    this.#told = settled || room;
    this.#parts.onFailed(reason);
    this.end().catch(() => {});
  }
}
