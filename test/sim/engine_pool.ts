import type { FunctionReference } from "../../src/core/user_function.ts";
import type { EnginePool } from "../../src/runtime/pool.ts";
import type { DecodeJob, DecodeResult, FromTask } from "../../src/runtime/protocol.ts";
import { type Random, SimPool } from "./pool.ts";
import { hostParts } from "../../workers/parts.ts";
import { kernelModule } from "../kernel/load.ts";

/** The tasks of a whole engine in this thread: what they are asked is done when the pool's order says, one thing at a time. */
export class SimEnginePool extends SimPool implements EnginePool {
  readonly #asked: (() => void)[] = [];
  readonly #draw: Random;

  constructor(tasks: number, random: Random) {
    super(tasks, kernelModule(), hostParts(null), random);
    this.#draw = random;
  }

  onMessage(listener: (message: FromTask) => void): void {
    this.receive = listener;
  }

  async loadFunctions(references: readonly FunctionReference[]): Promise<void> {
    if (references.length > 0) await Promise.reject(new Error("The simulation has no user functions"));
  }

  decode(job: DecodeJob): Promise<DecodeResult> {
    const host = this.hosts[this.#draw(this.tasks)], moved = structuredClone(job, { transfer: [job.body.buffer] });
    const { promise, resolve } = Promise.withResolvers<DecodeResult>();
    this.#asked.push(() => resolve(host.decode(moved)));
    return promise;
  }

  override step(): boolean {
    if (this.#asked.length === 0 || this.#draw(2) === 0) return super.step() || this.#answer();
    return this.#answer();
  }

  #answer(): boolean {
    if (this.#asked.length === 0) return false;
    this.#asked.splice(this.#draw(this.#asked.length), 1)[0]();
    return true;
  }

  close(): void {}
}
