import { TURN_CHUNKS_MAX, TURN_MS } from "../../core/limits.ts";
import type { AheadMessage, ToTask } from "../protocol.ts";

/**
 * What is left of a message: it is handed over again in the pipeline's next turn (`more`), behind the message that follows it (`later`), or then when the
 * pipeline is woken (`wait`).
 */
export type Left = "nothing" | "more" | "later" | "wait";

/** What a task is given to do. */
export type Work = ToTask | AheadMessage;

/** Leads from the queue to itself: what is sent comes behind whatever else the worker's event loop has already. */
export interface SelfChannel {
  readonly port1: Pick<MessagePort, "onmessage">;
  readonly port2: Pick<MessagePort, "postMessage">;
}

/**
 * What the tasks of one worker have been given to do. Pipelines take turns, a message each, and after TURN_CHUNKS_MAX of them, or TURN_MS, everything else
 * that waits for the worker's event loop has its turn: rows of other tasks, bodies to decode, deployments, checkpoints.
 */
export class WorkQueue {
  readonly #handle: (message: Work) => Left;
  readonly #soon: () => void;
  /** By pipeline, that which has its turn first. */
  readonly #waiting = new Map<number, Work[]>();
  /** What pipelines have to do that are not woken yet. */
  readonly #asleep = new Map<number, Work[]>();
  readonly #now: () => number;
  #scheduled = false;

  constructor(handle: (message: Work) => Left, { port1, port2 }: SelfChannel, now = () => performance.now()) {
    this.#handle = handle;
    this.#now = now;
    port1.onmessage = () => this.#turn();
    this.#soon = () => port2.postMessage(null);
  }

  /** Adds what has come, and begins with it unless other work is under way. */
  add(messages: readonly Work[]): void {
    for (const message of messages) {
      const { pipeline } = message, waiting = this.#waiting.get(pipeline) ?? this.#asleep.get(pipeline);
      if (waiting) waiting.push(message);
      else this.#waiting.set(pipeline, [message]);
    }
    if (!this.#scheduled) this.#turn();
  }

  /** Whether a pipeline's task has more to do that it tells of. */
  has(pipeline: number): boolean {
    return this.#waiting.get(pipeline)?.some(({ kind }) => kind !== "ahead") ?? false;
  }

  /** A pipeline's task can go on with what it has put off. */
  wake(pipeline: number): void {
    const asleep = this.#asleep.get(pipeline);
    if (!asleep) return;
    this.#asleep.delete(pipeline);
    this.#waiting.set(pipeline, asleep);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#soon();
  }

  /** Forgets what a pipeline's task was to do. */
  drop(pipeline: number): void {
    this.#waiting.delete(pipeline);
    this.#asleep.delete(pipeline);
  }

  #turn(): void {
    this.#scheduled = true;
    const endMs = this.#now() + TURN_MS;
    for (let left = TURN_CHUNKS_MAX; left > 0 && this.#waiting.size > 0; left--) {
      this.#step();
      if (this.#now() >= endMs) break;
    }
    this.#scheduled = this.#waiting.size > 0;
    if (this.#scheduled) this.#soon();
  }

  /** Handles a message of the first pipeline, which then is the last. */
  #step(): void {
    const [pipeline, messages] = this.#waiting.entries().next().value!, message = messages.shift()!;
    this.#waiting.delete(pipeline);
    if (messages.length > 0) this.#waiting.set(pipeline, messages);
    const left = this.#handle(message);
    if (left === "nothing") return;
    messages.splice(left === "later" ? 1 : 0, 0, message);
    this.#waiting.delete(pipeline);
    (left === "wait" ? this.#asleep : this.#waiting).set(pipeline, messages);
  }
}
