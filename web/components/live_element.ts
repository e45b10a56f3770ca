import type { RdxError } from "../../src/core/errors.ts";
import { sleep } from "../../src/client/rdx/backoff.ts";
import type { LiveChange } from "../../src/client/rdx/types.ts";
import { formatTime } from "../model/format.ts";
import type { Source } from "../model/source.ts";
import { AGAIN_MS, empty, flowing, type Status } from "../model/status.ts";
import { RdxElement } from "./element.ts";
import { follow } from "./feed.ts";

/** An element that shows a live view. Takes each change at once, and says how it stands when it draws. */
export abstract class LiveElement extends RdxElement {
  protected override readonly kind = "View";
  /** What is said instead of "live", while something is wrong. */
  #trouble: Status | null = null;
  protected watermark: number | null = null;

  /** Takes a change into the model. */
  protected abstract take(change: LiveChange): void;
  /** Whether there is nothing to show. */
  protected abstract get isEmpty(): boolean;
  /** Rows wanted of a snapshot, or null for as many as the server gives. */
  protected abstract get snapshotRows(): number | null;
  /** New data is drawn at most so often. */
  protected get everyMs(): number {
    return 0;
  }
  protected get wantsOpen(): boolean {
    return true;
  }

  protected async run(signal: AbortSignal): Promise<void> {
    this.watermark = null;
    const source = this.begin();
    if (!source) return;
    this.#trouble = this.status;
    while (!signal.aborted) {
      const error = await this.#follow(source, signal);
      if (signal.aborted) return;
      this.#fail(error, AGAIN_MS);
      await sleep(AGAIN_MS, signal);
    }
  }

  /** Resolves with what ends it; the error says nothing when the signal did. */
  async #follow(source: Source, signal: AbortSignal): Promise<RdxError> {
    const attempt = new AbortController(), { signal: ended } = attempt;
    try {
      return await new Promise((fail) => {
        signal.addEventListener("abort", () => fail(signal.reason), { signal: ended });
        const follower = {
          open: this.wantsOpen,
          limit: source.limit ?? this.snapshotRows,
          change: (change: LiveChange) => this.#change(change),
          fail,
        };
        follow(source, this.getAttribute("token"), follower, ended);
      });
    } finally {
      attempt.abort();
    }
  }

  #change(change: LiveChange): void {
    if (change.kind === "waiting") return this.#fail(change.error, change.retryMs);
    // A connection that goes on where it ended tells nothing more until something happens.
    if (change.kind !== "connected" || this.had) this.#trouble = null;
    if (change.kind !== "connected") {
      this.watermark = change.watermark;
      this.had ||= change.kind === "snapshot";
      this.take(change);
    }
    this.invalidateSlowly(this.everyMs);
  }

  #fail(error: RdxError, retryMs: number): void {
    this.sayFailed(error, retryMs);
    this.#trouble = this.status;
    this.invalidate();
  }

  /** Says how it stands. `own`: what the element says where nothing is wrong, `remarks`: what it has to say beside that. */
  protected tell(own: Status | null, remarks: readonly string[] = []): void {
    if (!this.source) return;
    const well = this.isEmpty && this.watermark !== Infinity ? empty(this.thing) : flowing(this.watermark, formatTime);
    this.say(this.#trouble ?? own ?? well, [...remarks, ...this.remarks]);
  }
}
