import type { Clock } from "../../core/clock.ts";
import { RdxError, reasonOf } from "../../core/errors.ts";
import {
  DEAD_REPLAY_TURN_ROWS,
  DEAD_RETRY_FAULT_MS,
  DEAD_RETRY_LOOK_MS,
  DEAD_RETRY_SLEEP_MS_MAX,
} from "../../core/limits.ts";
import type { Stream } from "../stream.ts";
import { retryAt } from "./page.ts";
import { failsAt } from "./replay.ts";
import { scanOpen, type ScanParts } from "./scan.ts";

/** What is looked for in the dead letters of one stream. */
export interface Waiting {
  readonly stream: Stream;
  readonly scan: ScanParts;
  /** Tries these letters again, as far as they are open still. */
  again(ids: readonly number[]): Promise<unknown>;
}

/** Letters that were tried so many times: they failed one after the other, so that the first that is open is the first whose delay is over. */
interface Tier {
  /** Nothing before it is waited for. */
  position: number;
  /** When the letter there is tried again, as times of arrival go; null: whatever comes behind. */
  dueMs: number | null;
}

interface Tiers {
  readonly retryMs: readonly number[];
  readonly tiers: readonly Tier[];
}

/**
 * Tries dead letters again when their delay is over: `ts` and `attempts` of a letter, and what its stream declares, say when, so that nothing is kept beside it. Delays
 * go as times of arrival do, which go on while the wall clock is behind them.
 * One timer for all streams, and none while nothing waits.
 */
export class Retries {
  readonly #clock: Clock;
  /** The streams that declare delays and have dead letters. */
  readonly #waiting: () => AsyncIterable<Waiting>;
  readonly #said: (what: string) => void;
  readonly #tiers = new WeakMap<object, Tiers>();
  #cancel: (() => void) | null = null;
  /** When it looks next, monotonic. */
  #atMs = Infinity;
  #looking: Promise<void> | null = null;
  #again = false;
  #closed = false;

  /** `said` hears of what stands in the way, and takes a person. */
  constructor(clock: Clock, waiting: () => AsyncIterable<Waiting>, said: (what: string) => void) {
    this.#clock = clock;
    this.#said = said;
    this.#waiting = waiting;
  }

  /** There may be a letter that nobody has seen yet. */
  kick(): void {
    if (this.#looking) this.#again = true;
    else this.#sleep(DEAD_RETRY_LOOK_MS);
  }

  #sleep(ms: number): void {
    const atMs = this.#clock.monotonic() + ms;
    if (this.#closed || atMs >= this.#atMs) return;
    this.#cancel?.();
    this.#atMs = atMs;
    this.#cancel = this.#clock.after(ms, () => {
      this.#atMs = Infinity;
      this.#cancel = null;
      this.#looking = this.#look().finally(() => this.#looking = null).then((waitMs) => {
        if (this.#again) this.#sleep(DEAD_RETRY_LOOK_MS);
        this.#again = false;
        if (waitMs === Infinity) return;
        this.#sleep(Math.min(DEAD_RETRY_SLEEP_MS_MAX, Math.max(DEAD_RETRY_LOOK_MS, waitMs)));
      });
    });
  }

  /** Tries what is due; resolves to how long nothing will be. What cannot be done now is tried at the next look. */
  async #look(): Promise<number> {
    let waitMs = Infinity;
    for await (const waiting of this.#waiting()) {
      if (this.#closed) break;
      try {
        waitMs = Math.min(waitMs, await this.#lookAt(waiting));
      } catch (thrown) {
        const full = thrown instanceof RdxError && thrown.code === "busy";
        if (!full) this.#said(`Dead rows of stream ${waiting.stream.name} cannot be tried again: ${reasonOf(thrown)}`);
        waitMs = Math.min(waitMs, full ? DEAD_RETRY_LOOK_MS : DEAD_RETRY_FAULT_MS);
      }
    }
    return waitMs;
  }

  async #lookAt({ stream, scan, again }: Waiting): Promise<number> {
    const { retryMs, tiers } = this.#tiersOf(scan.log, stream.retryMs), ids: number[] = [];
    if (stream.log.ended) return Infinity;
    const before = tiers.map(({ position, dueMs }) => ({ position, dueMs }));
    const nowMs = failsAt(stream, scan);
    for (const [attempts, tier] of tiers.entries()) await this.#lookFor(attempts, tier, scan, { retryMs, nowMs }, ids);
    if (ids.length > 0) {
      try {
        await again(ids);
      } catch (thrown) {
        tiers.forEach((tier, i) => Object.assign(tier, before[i]));
        throw thrown;
      }
      // What has failed again waits behind the others.
      return 0;
    }
    return tiers.reduce((least, { dueMs }) => Math.min(least, dueMs ?? Infinity), Infinity) - nowMs;
  }

  #tiersOf(log: object, retryMs: readonly number[]): Tiers {
    const known = this.#tiers.get(log);
    if (known && JSON.stringify(known.retryMs) === JSON.stringify(retryMs)) return known;
    const made = { retryMs, tiers: retryMs.map((): Tier => ({ position: 0, dueMs: null })) };
    this.#tiers.set(log, made);
    return made;
  }

  /** Adds the letters of a tier that are due to `ids`. */
  async #lookFor(
    attempts: number,
    tier: Tier,
    scan: ScanParts,
    { retryMs, nowMs }: { readonly retryMs: readonly number[]; readonly nowMs: number },
    ids: number[],
  ) {
    if (tier.dueMs !== null && tier.dueMs > nowMs && !scan.settled.has(tier.position)) return;
    tier.dueMs = null;
    let first: number | null = null;
    const behind = await scanOpen(scan, tier.position, scan.log.end, (letter) => {
      if (letter.attempts !== attempts) return true;
      const dueMs = retryAt(letter, retryMs);
      if (dueMs === null) return true;
      if (dueMs <= nowMs && ids.length < DEAD_REPLAY_TURN_ROWS) {
        ids.push(letter.id);
        return true;
      }
      first = letter.id;
      tier.dueMs = Math.max(dueMs, nowMs);
      return false;
    });
    tier.position = first ?? behind;
  }

  /** Looks no more; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = null;
    await this.#looking;
  }
}
