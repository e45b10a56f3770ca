/**
 * Event time of one source partition, as it stands after a chunk. It never goes back; all times are epoch ms.
 *
 * The same arithmetic runs in every task and on the main thread, over the same records in the same order.
 */
export class SourceClock {
  readonly delayMs: number;
  /** Greatest event time so far. */
  #max = -Infinity;
  /** What an earlier deployment, idle and end records raised the watermark to. */
  #floor = -Infinity;

  /** `watermark`: what an earlier deployment has reached, −Infinity at first. */
  constructor(delayMs: number, watermark = -Infinity) {
    this.delayMs = delayMs;
    this.#floor = watermark;
  }

  /** Takes the greatest event time of a chunk (−Infinity: it had none). */
  observe(timeMax: number): void {
    if (timeMax > this.#max) this.#max = timeMax;
  }

  /** Takes an idle mark, or the end of the input (+Infinity). */
  raise(watermark: number): void {
    if (watermark > this.#floor) this.#floor = watermark;
  }

  get watermark(): number {
    return Math.max(this.#max - this.delayMs, this.#floor);
  }

  /** The event time that alone would give this watermark: what rows of the next chunk are late against. */
  get reached(): number {
    return Math.max(this.#max, this.#floor + this.delayMs);
  }

  get ended(): boolean {
    return this.#floor === Infinity;
  }
}
