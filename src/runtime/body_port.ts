import { BODIES_TOGETHER_BYTES, BODIES_TOGETHER_MAX, BODY_MESSAGES_MAX } from "../core/limits.ts";
import { ShapeNumbers } from "./body_wire.ts";
import type { BodyAnswer, DecodeJob, DecodeResult } from "./protocol.ts";

interface Asked {
  readonly id: number;
  readonly job: DecodeJob;
}

interface Waiter {
  resolve(result: DecodeResult): void;
  reject(reason: unknown): void;
}

/**
 * Hands bodies to the decoder of one worker. A message between threads costs tens of microseconds, whatever is in it: bodies that come in one turn of the event loop
 * travel together, and while the worker has enough to do, those that come are gathered until it has answered.
 */
export class BodyPort {
  readonly #port: MessagePort;
  readonly #waiters = new Map<number, Waiter>();
  readonly #shapes = new ShapeNumbers();
  readonly #asked: Asked[] = [];
  /** Messages that are not answered. */
  #open = 0;
  #flushing = false;
  #last = 0;
  #gone: Error | null = null;

  /** `broken` is called when an answer cannot be read. */
  constructor(port: MessagePort, broken: () => void) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<readonly BodyAnswer[]>) => {
      this.#open--;
      for (const { id, result } of data) this.#take(id)?.resolve(result);
      this.#flushLater();
    };
    port.onmessageerror = broken;
  }

  #take(id: number): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    return waiter;
  }

  /** Bodies that it has and has not answered. */
  get decoding(): number {
    return this.#waiters.size;
  }

  /** Resolves to what came of the body, which is handed over. */
  decode(job: DecodeJob): Promise<DecodeResult> {
    if (this.#gone) return Promise.reject(this.#gone);
    const { promise, resolve, reject } = Promise.withResolvers<DecodeResult>(), id = ++this.#last;
    this.#waiters.set(id, { resolve, reject });
    this.#asked.push({ id, job });
    this.#flushLater();
    return promise;
  }

  #flushLater(): void {
    if (this.#flushing || this.#asked.length === 0 || this.#open >= BODY_MESSAGES_MAX) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      while (this.#asked.length > 0 && this.#open < BODY_MESSAGES_MAX) this.#post(this.#together());
    });
  }

  /** The bodies that go with the next message. */
  #together(): Asked[] {
    let count = 0, bytes = 0;
    while (count < Math.min(this.#asked.length, BODIES_TOGETHER_MAX)) {
      bytes += this.#asked[count].job.body.length;
      if (count > 0 && bytes > BODIES_TOGETHER_BYTES) break;
      count++;
    }
    return this.#asked.splice(0, count);
  }

  #post(asked: readonly Asked[]): void {
    if (this.#gone) return;
    try {
      const messages = asked.map(({ id, job }) => this.#shapes.message(id, job));
      this.#port.postMessage(messages, asked.map(({ job }) => job.body.buffer));
      this.#open++;
    } catch (thrown) {
      this.#shapes.forget();
      // One that cannot be handed over, such as a buffer that somebody has given away already, keeps the others from nothing.
      if (asked.length === 1) this.#take(asked[0].id)?.reject(thrown);
      else for (const one of asked) this.#post([one]);
    }
  }

  /** The worker answers no more. */
  leave(reason: Error): void {
    if (this.#gone) return;
    this.#gone = reason;
    for (const { reject } of this.#waiters.values()) reject(reason);
    this.#waiters.clear();
    this.#asked.length = 0;
    this.#port.close();
  }
}
