import type { Clock } from "../core/clock.ts";
import { DECODE_HERE_BYTES_MAX, DECODE_HERE_MS_MAX, DECODE_HERE_PERCENT_MAX } from "../core/limits.ts";
import type { DecodeJob, DecodeResult } from "./protocol.ts";

/** What decodes bodies in the thread that calls it. */
export interface BodyDecoding {
  decode(job: DecodeJob): DecodeResult;
}

export interface DecodingParts {
  /** The least busy of the workers decodes. */
  readonly workers: { decode(job: DecodeJob): Promise<DecodeResult> };
  /** Decodes here; null: nothing does. */
  readonly here: BodyDecoding | null;
  readonly clock: Clock;
}

/**
 * Has bodies decoded. To hand a short one to another thread and to hear of it costs this one as much as to decode it, and both have to wake up: as long as there is time, it is
 * decoded where it is. At most a share of this thread's time goes there, so that all else which comes through it is not held up, and bodies beyond that are decoded beside it.
 */
export class Decoding {
  readonly #parts: DecodingParts;
  /** Time that may still be spent here, as of `#lookedMs`. */
  #leftMs = DECODE_HERE_MS_MAX;
  #lookedMs = -Infinity;

  constructor(parts: DecodingParts) {
    this.#parts = parts;
  }

  decode(job: DecodeJob): Promise<DecodeResult> {
    const { here, workers, clock } = this.#parts;
    if (!here || !isShort(job)) return workers.decode(job);
    const begun = clock.monotonic();
    this.#leftMs += (begun - this.#lookedMs) * DECODE_HERE_PERCENT_MAX / 100;
    this.#leftMs = Math.min(this.#leftMs, DECODE_HERE_MS_MAX);
    this.#lookedMs = begun;
    if (this.#leftMs <= 0) return workers.decode(job);
    const result = here.decode(job);
    this.#leftMs -= clock.monotonic() - begun;
    return Promise.resolve(result);
  }
}

/** Whether it takes no longer than another thread's waking up. */
function isShort({ body, columns, pack, format }: DecodeJob): boolean {
  return body.length <= DECODE_HERE_BYTES_MAX && columns.length > 0 && !pack && format !== "arrow";
}
