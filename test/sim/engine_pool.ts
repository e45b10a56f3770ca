import { STATE_BYTES_MAX } from "../../src/core/limits.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import type { FunctionReference } from "../../src/core/user_function.ts";
import { Bodies } from "../../src/runtime/task/bodies.ts";
import type { EnginePool } from "../../src/runtime/pool.ts";
import type { DecodeJob, DecodeResult, FromTask } from "../../src/runtime/protocol.ts";
import { type Random, SimPool } from "./pool.ts";
import { hostParts } from "../../workers/parts.ts";
import { kernelModule } from "../kernel/load.ts";

/** The tasks of a whole engine in this thread: what they are asked is done when the pool's order says, one thing at a time. */
export class SimEnginePool extends SimPool implements EnginePool {
  readonly #asked: (() => void)[] = [];
  readonly #draw: Random;
  readonly #bodies: Bodies;

  /** `stateBytesMax`: memory for the state of each task, from which rows go to a file when it is full. */
  constructor(tasks: number, random: Random, stateBytesMax = STATE_BYTES_MAX) {
    const state = { bytesMax: stateBytesMax, cold: { folder: null } }, parts = hostParts(null, null, openColdFile);
    super(tasks, kernelModule(), parts, random, state);
    this.#bodies = new Bodies(kernelModule(), parts, parts.pack);
    this.#draw = random;
  }

  onMessage(listener: (message: FromTask) => void): void {
    this.receive = listener;
  }

  async loadFunctions(references: readonly FunctionReference[]): Promise<void> {
    if (references.length > 0) await Promise.reject(new Error("The simulation has no user functions"));
  }

  decode(job: DecodeJob): Promise<DecodeResult> {
    const moved = structuredClone(job, { transfer: [job.body.buffer] });
    const { promise, resolve } = Promise.withResolvers<DecodeResult>();
    this.#asked.push(() => resolve(this.#bodies.decode(moved)));
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
