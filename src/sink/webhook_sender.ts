import type { Breaker } from "../client/http/breaker.ts";
import { follow, isPassing, retryAfterMs, type Web, WebFailure } from "../client/http/web.ts";
import type { Clock } from "../core/clock.ts";
import { WEBHOOK_REASON_BYTES, WEBHOOK_RETRY_MS, WEBHOOK_RETRY_MS_MAX } from "../core/limits.ts";
import type { WebhookMeter } from "./webhook_meter.ts";

/** A request that is sent until it has an answer. */
export interface WebhookRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What the receiver makes of it: null when it has taken it, else why it does not want it. */
export type Verdict = string | null;

export interface SenderParts {
  readonly web: Web;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly breaker: Breaker;
  readonly meter: WebhookMeter;
  readonly timeoutMs: number;
}

/** Sends requests one by one. Where there is no answer, or one that says that there may be another later, a request is sent again, ever less often. */
export class WebhookSender {
  readonly #parts: SenderParts;
  #trouble: string | null = null;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Why the request that is under way has no answer yet, or null. */
  get trouble(): string | null {
    return this.#trouble === null || this.#parts.breaker.state === "closed"
      ? this.#trouble
      : `${this.#trouble}; nothing is sent for a while (the circuit is ${this.#parts.breaker.state})`;
  }

  /** Throws WebFailure for what no repetition helps, and the signal's reason when it is aborted. */
  async send(request: WebhookRequest, signal: AbortSignal): Promise<Verdict> {
    const { breaker, clock, random, meter } = this.#parts;
    for (let tries = 1;; tries++) {
      await breaker.admitted(signal);
      try {
        const verdict = await this.#once(request, signal);
        breaker.succeeded();
        this.#trouble = null;
        meter.answered(verdict === null ? "taken" : "refused", breaker.state);
        return verdict;
      } catch (thrown) {
        const isPast = thrown instanceof WebFailure && !thrown.lasting && !signal.aborted;
        if (!isPast) {
          breaker.gaveUp();
          throw thrown;
        }
        breaker.failed(thrown.waitMs);
        this.#trouble = `${thrown.message}, ${tries} ${tries === 1 ? "try" : "tries"} so far`;
        meter.failed(thrown.message, tries, breaker.state);
        const most = Math.min(WEBHOOK_RETRY_MS_MAX, WEBHOOK_RETRY_MS * 2 ** (tries - 1));
        await sleep(clock, Math.max(thrown.waitMs, random() * most), signal);
      }
    }
  }

  async #once({ url, headers, body }: WebhookRequest, closing: AbortSignal): Promise<Verdict> {
    const { web, clock, timeoutMs } = this.#parts, late = new AbortController();
    const cancel = clock.after(timeoutMs, () => late.abort());
    const signal = AbortSignal.any([closing, late.signal]);
    try {
      const response = await follow(web, { url, method: "POST", headers, body, signal });
      if (response.ok) {
        await response.body?.cancel().catch(() => {});
        return null;
      }
      const reason = `${url.origin} answers ${response.status}${await reasonIn(response)}`;
      if (!isPassing(response.status)) return reason;
      throw new WebFailure(reason, false, retryAfterMs(response, clock.now()));
    } catch (thrown) {
      closing.throwIfAborted();
      if (!late.signal.aborted) throw thrown;
      throw new WebFailure(`${url.origin} does not answer within ${timeoutMs} ms`, false);
    } finally {
      cancel();
    }
  }
}

/** What the receiver says, so far as it is short. */
async function reasonIn({ body }: Response): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader(), decoder = new TextDecoder();
  let text = "";
  try {
    while (text.length < WEBHOOK_REASON_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // It breaks off: what has come says enough.
  } finally {
    await reader.cancel().catch(() => {});
  }
  const shown = text.slice(0, WEBHOOK_REASON_BYTES).replaceAll(/\s+/g, " ").trim();
  return shown === "" ? "" : `: ${shown}`;
}

/** Rejects with the signal's reason when it is aborted. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>(), wake = () => resolve();
  const cancel = clock.after(ms, wake);
  signal.addEventListener("abort", wake);
  if (signal.aborted) wake();
  await promise;
  cancel();
  signal.removeEventListener("abort", wake);
  signal.throwIfAborted();
}
