import { TURN_CHUNKS_MAX } from "../../core/limits.ts";
import type { ToTask } from "../protocol.ts";

/**
 * What the tasks of one worker have been given to do. Pipelines take turns, a message each, and after TURN_CHUNKS_MAX of them everything else
 * that waits for the worker's event loop has its turn: rows of other tasks, bodies to decode, deployments.
 */
export class WorkQueue {
  readonly #handle: (message: ToTask) => void;
  readonly #soon: () => void;
  /** By pipeline, that which has its turn first. */
  readonly #waiting = new Map<number, ToTask[]>();
  #scheduled = false;

  /** The channel leads from the queue to itself: its messages come behind those that are there already. */
  constructor(handle: (message: ToTask) => void, { port1, port2 }: MessageChannel) {
    this.#handle = handle;
    port1.onmessage = () => this.#turn();
    this.#soon = () => port2.postMessage(null);
  }

  /** Adds what has come, and begins with it unless other work is under way. */
  add(messages: readonly ToTask[]): void {
    for (const message of messages) {
      const waiting = this.#waiting.get(message.pipeline);
      if (waiting) waiting.push(message);
      else this.#waiting.set(message.pipeline, [message]);
    }
    if (!this.#scheduled) this.#turn();
  }

  /** Whether a pipeline's task has more to do. */
  has(pipeline: number): boolean {
    return this.#waiting.has(pipeline);
  }

  /** Forgets what a pipeline's task was to do. */
  drop(pipeline: number): void {
    this.#waiting.delete(pipeline);
  }

  #turn(): void {
    for (let left = TURN_CHUNKS_MAX; left > 0 && this.#waiting.size > 0; left--) this.#handle(this.#next());
    this.#scheduled = this.#waiting.size > 0;
    if (this.#scheduled) this.#soon();
  }

  /** Takes a message of the first pipeline, which then is the last. */
  #next(): ToTask {
    const [pipeline, waiting] = this.#waiting.entries().next().value!, message = waiting.shift()!;
    this.#waiting.delete(pipeline);
    if (waiting.length > 0) this.#waiting.set(pipeline, waiting);
    return message;
  }
}
