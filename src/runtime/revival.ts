import type { Clock } from "../core/clock.ts";
import { reasonOf } from "../core/errors.ts";
import { BREAKS_AT_NUMBER_MAX, RESTARTS_MAX, RESTARTS_WITHIN_MS } from "../core/limits.ts";
import type { Durable, SavedPlan } from "../store.ts";
import { Breaks } from "./breaks.ts";
import type { ChunkPlace } from "./dispatch.ts";
import { letGo } from "./order_holds.ts";
import type { Pipeline } from "./pipeline.ts";
import { type Deployed, streamsOf } from "./pipeline_maker.ts";
import { findPipeline, type RecoveryParts } from "./pipeline_recovery.ts";
import type { EnginePool } from "./pool.ts";
import { WorkerDied } from "./pool_member.ts";
import type { FailedMessage } from "./protocol.ts";
import { withChunk } from "./quarantine.ts";

/** What reviving needs of the pipelines that there are. */
export interface RevivalParts {
  readonly durable: Durable | null;
  readonly pool: Pick<EnginePool, "broken">;
  readonly clock: Clock;
  readonly closing: () => boolean;
  readonly deployed: ReadonlyMap<string, Deployed>;
  readonly recovery: () => RecoveryParts;
  /** It is listed as one that comes back. */
  awaited(name: string, plan: SavedPlan): void;
  /** It does not come back by itself. */
  lost(name: string, plan: SavedPlan, reason: string): void;
  inTurn(change: () => Promise<void>): Promise<void>;
  /** Ends it; what it has shown stays until another of its name shows that again. */
  remove(name: string, deployed: Deployed): Promise<void>;
}

/**
 * Has pipelines whose tasks are gone, because a worker died or a kernel broke, go on from their newest checkpoints, as a restart does. A chunk at which one breaks
 * again and again is taken out of its order; one that breaks so at anything else stays failed: the same would break it again.
 */
export class Revival {
  readonly #parts: RevivalParts;
  readonly #breaks = new Map<string, Breaks>();
  /** Those that are to go on. */
  readonly #waiting = new Set<string>();
  /** End the wait of those that are to go on in a while. */
  readonly #wakes = new Set<() => void>();
  /** Are on their way. */
  #coming = 0;
  #whole: Promise<void> = Promise.resolve();

  constructor(parts: RevivalParts) {
    this.#parts = parts;
  }

  /** Pipelines are on their way back. */
  get busy(): boolean {
    return this.#waiting.size + this.#coming > 0;
  }

  /** A worker died: `others` run beside those that are deployed. */
  workerDied(reason: string, whole: Promise<void>, others: Iterable<Pipeline>): void {
    this.#whole = whole;
    this.#parts.durable?.said(`${reason}; pipelines go on from their newest checkpoints with another worker`);
    for (const [name, { pipeline, order }] of this.#parts.deployed) {
      if (!isLive(pipeline)) continue;
      pipeline.fail(this.#parts.durable ? reason : `${reason}; nothing of it is kept: deploy it again`);
      this.#await(name, order.plans.at(-1));
    }
    for (const other of others) other.fail(reason);
    this.#reviveLater();
  }

  /** A task broke, at a chunk or at anything else: the sentence with which its pipeline fails, which goes on by itself unless that says otherwise. */
  broke(name: string, deployed: Deployed, message: FailedMessage, chunk: ChunkPlace | null): string {
    const { durable, clock } = this.#parts, { pipeline, order } = deployed, { number, node, reason } = message;
    const plan = order.plans.at(-1);
    if (!durable || !plan) return reason;
    const breaks = this.#breaks.get(name) ?? new Breaks(clock), times = breaks.add(number, pipeline.committed);
    this.#breaks.set(name, breaks);
    const place = `number ${number} of its order${node === null ? "" : `, in node ${node} or behind it`}`;
    const what = "its checkpoints are kept: see to the cause and deploy its plan again, or restart the engine";
    let waitMs: number | null = 0;
    if (times >= BREAKS_AT_NUMBER_MAX) {
      const refusal = message.beside || !chunk ? "that is no chunk" : this.#takeOut(name, deployed, message, chunk);
      if (refusal !== null) return `It broke ${times} times in a row at ${place}: ${reason}; ${refusal}; ${what}`;
      this.#breaks.delete(name);
    } else {
      waitMs = breaks.backoff.next();
      if (waitMs === null) {
        return `It broke more than ${RESTARTS_MAX} times in ${
          RESTARTS_WITHIN_MS / 1000
        } s, at last at ${place}: ${reason}; ${what}`;
      }
      durable.said(`Pipeline ${name} broke at ${place}, and goes on from its newest checkpoint: ${reason}`);
    }
    this.#await(name, plan);
    this.#reviveLater(waitMs);
    return reason;
  }

  /** Takes a chunk out of the order, for good; as a sentence, why that is not possible. */
  #takeOut(name: string, { pipeline, order }: Deployed, message: FailedMessage, place: ChunkPlace): string | null {
    const { durable, clock } = this.#parts, { number, node, reason } = message, { from, to } = place;
    const { id: source } = pipeline.plan.sources[place.source], input = streamsOf(pipeline.plan)[place.source];
    const chunk = { number, source, input, from, to, node, reason, atMs: clock.now() };
    const chunks = withChunk(order.quarantined, chunk, order.checkpoints?.oldest ?? 0);
    if (typeof chunks === "string") return chunks;
    try {
      durable!.meta.quarantine(order.folder!, chunks);
    } catch (thrown) {
      return `its chunk cannot be quarantined: ${reasonOf(thrown)}`;
    }
    durable!.said(
      `Pipeline ${name} goes on without the chunk from ${from} to ${to} of ${input}, which is quarantined: ` +
        `it broke ${BREAKS_AT_NUMBER_MAX} times in a row at number ${number} of its order: ${reason}`,
    );
    return null;
  }

  /** Whether one that could not be recovered is tried again: a worker died meanwhile, and what it has is as good as before. */
  isTriedAgain(name: string, thrown: unknown): boolean {
    if (!(thrown instanceof WorkerDied)) return false;
    this.#waiting.add(name);
    return true;
  }

  /** One that has failed goes on from its newest checkpoint, in the turn of who asks for it. */
  async again(name: string): Promise<void> {
    this.forget(name);
    await this.#reviveOne(name);
  }

  /** It is deployed anew, or forgotten. */
  forget(name: string): void {
    this.#breaks.delete(name);
    this.#waiting.delete(name);
  }

  close(): void {
    for (const wake of this.#wakes) wake();
  }

  #await(name: string, plan: SavedPlan | undefined): void {
    if (!this.#parts.durable || !plan) return;
    this.#waiting.add(name);
    this.#parts.awaited(name, plan);
  }

  /** Whoever deploys something meanwhile finds them where they were. */
  #reviveLater(waitMs = 0): void {
    if (this.#parts.closing()) return;
    void this.#parts.inTurn(async () => {
      if (waitMs > 0) await this.#wait(waitMs);
      await this.#revive();
    });
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>(), cancel = this.#parts.clock.after(ms, resolve);
    this.#wakes.add(resolve);
    await promise;
    cancel();
    this.#wakes.delete(resolve);
  }

  async #revive(): Promise<void> {
    for (let whole = null; whole !== this.#whole;) await (whole = this.#whole);
    const names = [...this.#waiting];
    await Promise.all(names.map((name) => this.#reviveOne(name)));
  }

  async #reviveOne(name: string): Promise<void> {
    const { durable, deployed, pool, closing, recovery, remove, lost } = this.#parts, before = deployed.get(name);
    const saved = () => durable!.meta.pipelines().find((one) => one.name === name);
    if (closing() || !saved() || (before && isLive(before.pipeline))) return void this.#waiting.delete(name);
    this.#waiting.delete(name);
    this.#coming++;
    let through = Promise.resolve();
    try {
      if (pool.broken !== null) throw new Error(`${pool.broken}; restart the engine`);
      if (before) {
        await remove(name, before);
        this.#parts.awaited(name, before.order.plans.at(-1)!);
        await before.order.log.close();
      }
      const goOn = await findPipeline(saved()!, durable!, recovery());
      ({ through } = await goOn());
    } catch (thrown) {
      lost(name, saved()!.plans.at(-1)!, reasonOf(thrown));
    } finally {
      void through.then(() => this.#coming--);
      if (before && deployed.get(name) !== before) letGo(before.order);
    }
  }
}

/** It has tasks. */
function isLive({ state }: Pipeline): boolean {
  return state === "starting" || state === "recovering" || state === "running" || state === "stalled";
}
