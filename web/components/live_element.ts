import type { RdxError } from "../../src/core/errors.ts";
import { sleep } from "../../src/client/rdx/backoff.ts";
import type { LiveChange } from "../../src/client/rdx/types.ts";
import { formatTime } from "../model/format.ts";
import { parseSource, type Source } from "../model/source.ts";
import { AGAIN_MS, buildRemark, clockRemark, connecting, empty, failed, flowing, invalid } from "../model/status.ts";
import type { Status, ThingName } from "../model/status.ts";
import { RdxElement } from "./element.ts";
import { follow } from "./feed.ts";
import { factsOf } from "./servers.ts";

/** An element that shows a live view. Takes each change at once, and says how it stands when it draws. */
export abstract class LiveElement extends RdxElement {
  #source: Source | null = null;
  /** What is said instead of "live", while something is wrong. */
  #trouble: Status | null = null;
  #had = false;
  protected watermark: number | null = null;

  /** Begins with what the attributes say: what was known is of no use any more. */
  protected abstract reset(): void;
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
    this.#had = false;
    this.watermark = null;
    this.reset();
    const source = parseSource(this.getAttribute("src"), this.getAttribute("server"), document.baseURI, "views");
    if (typeof source === "string") {
      this.#source = null;
      return this.say(invalid(source));
    }
    this.#source = source;
    this.#trouble = connecting(this.#thing(source));
    this.say(this.#trouble);
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
    if (change.kind !== "connected" || this.#had) this.#trouble = null;
    if (change.kind !== "connected") {
      this.watermark = change.watermark;
      this.#had ||= change.kind === "snapshot";
      this.take(change);
    }
    this.invalidateSlowly(this.everyMs);
  }

  #fail(error: RdxError, retryMs: number): void {
    const token = Boolean(this.getAttribute("token"));
    this.#trouble = failed(error, this.#thing(this.#source!), { retryMs, had: this.#had, token });
    this.say(this.#trouble, this.#remarks());
    this.invalidate();
  }

  /** Says how it stands. `own`: what the element says where nothing is wrong, `remarks`: what it has to say beside that. */
  protected tell(own: Status | null, remarks: readonly string[] = []): void {
    if (!this.#source) return;
    const well = this.isEmpty && this.watermark !== Infinity
      ? empty(this.#thing(this.#source))
      : flowing(this.watermark, formatTime);
    this.say(this.#trouble ?? own ?? well, [...remarks, ...this.#remarks()]);
  }

  #remarks(): string[] {
    const facts = factsOf(this.#source!.base);
    return [clockRemark(facts.offsetMs), buildRemark(facts.firstBuild, facts.build)].filter((text) => text !== null);
  }

  #thing({ name }: Source): ThingName {
    return { kind: "View", name };
  }
}
