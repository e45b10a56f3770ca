import { RdxError, reasonOf } from "../../src/core/errors.ts";
import { parseExact } from "../../src/client/rdx/exact_json.ts";
import { send } from "../../src/client/rdx/http.ts";
import { Backoff, sleep } from "../../src/client/rdx/backoff.ts";
import type { Source } from "../model/source.ts";
import { RdxElement } from "./element.ts";
import { addressOf, errorOf } from "./servers.ts";

const POLL_MS = 1000, RETRY_MS_MAX = 10_000;

/** An element that asks its server again and again while it can be seen. */
export abstract class PollElement extends RdxElement {
  #wake: AbortController | null = null;

  /** Asks once and takes the answer. Throws RdxError. */
  protected abstract poll(source: Source, signal: AbortSignal): Promise<void>;

  protected async run(signal: AbortSignal): Promise<void> {
    const source = this.begin();
    if (!source) return;
    const backoff = new Backoff(POLL_MS, RETRY_MS_MAX);
    while (!signal.aborted) {
      const visible = this.inView && !document.hidden;
      const waitMs = visible ? await this.#ask(source, backoff, signal) : POLL_MS;
      if (waitMs !== null) await this.#pause(waitMs, signal);
    }
  }

  /** Asks now and not only when its time comes. */
  protected askNow(): void {
    this.#wake?.abort();
  }

  /** A request without a body to the element's server. Resolves to its JSON answer; throws RdxError. */
  protected async ask(method: string, path: string, signal?: AbortSignal): Promise<unknown> {
    const server = addressOf(this.source!.base, this.getAttribute("token"));
    const answer = await send(server, path, { method, headers: { accept: "application/json" }, signal });
    try {
      const text = await answer.text();
      return text === "" ? null : parseExact(text);
    } catch (thrown) {
      throw new RdxError("internal", `Cannot read the answer of ${path}: ${reasonOf(thrown)}`);
    }
  }

  /** Resolves with how long to wait, or null when it is over. */
  async #ask(source: Source, backoff: Backoff, signal: AbortSignal): Promise<number | null> {
    try {
      await this.poll(source, signal);
      if (signal.aborted) return null;
      this.had = true;
      backoff.reset();
      this.invalidate();
      return POLL_MS;
    } catch (thrown) {
      if (signal.aborted) return null;
      const error = errorOf(thrown), retryMs = backoff.next(Number(error.extra.retryMs ?? 0));
      this.sayFailed(error, retryMs);
      return retryMs;
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const wake = this.#wake = new AbortController(), end = () => wake.abort();
    signal.addEventListener("abort", end);
    await sleep(ms, wake.signal);
    signal.removeEventListener("abort", end);
  }
}
