import type { Clock } from "../core/clock.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { LOOKUP_RETRY_MS, LOOKUP_RETRY_MS_MAX, LOOKUP_TRIES_MAX } from "../core/limits.ts";
import { FrameView } from "../core/frame.ts";
import type { LookupRecord } from "../log.ts";
import { type Lookup, LookupFailure } from "../lookup.ts";
import type { LookupQuestion } from "../operator.ts";
import type { PhysicalLookup, PhysicalPlan } from "../plan/physical.ts";
import type { LookupMeter } from "./lookup_meter.ts";
import { lookupsOf } from "./plan_shape.ts";
import type { NodeLookups } from "./protocol.ts";

/** An answer before it has its number. */
export type PendingRecord = Omit<LookupRecord, "kind" | "number">;

/** Who waits for answers. */
export interface LookupListener {
  /** A question of the operator at this position is answered, or given up. */
  answered(operator: number, record: PendingRecord): void;
  /** There will be no answer, and nothing goes on without one. */
  failed(reason: string): void;
}

interface Node {
  readonly plan: PhysicalLookup;
  /** Its position among the plan's operators. */
  readonly operator: number;
  readonly lookup: Lookup;
  pendingRows: number;
}

/** Asks the tables outside what the lookups of one pipeline want to know, again and again where that helps. */
export class PipelineLookups {
  readonly #nodes: readonly Node[];
  readonly #clock: Clock;
  readonly #meter: LookupMeter;
  readonly #closing = new AbortController();
  #repeating = false;
  /** Questions that an earlier process may have had an answer to. */
  readonly #held = new Map<string, () => void>();
  /** Answers of an earlier process whose questions were not asked again yet. */
  readonly #before = new Set<string>();
  #listener: LookupListener = { answered: () => {}, failed: () => {} };

  #opened: Promise<void> | null = null;

  /** `lookups` are in the order of the plan's. */
  constructor(plan: PhysicalPlan, lookups: readonly Lookup[], clock: Clock, meter: LookupMeter) {
    const nodes = lookupsOf(plan);
    this.#nodes = nodes.map((node, i) => ({
      plan: node,
      operator: plan.operators.indexOf(node),
      lookup: lookups[i],
      pendingRows: 0,
    }));
    this.#clock = clock;
    this.#meter = meter;
  }

  /** Makes ready; throws RdxError with the node whose table, or a column of it, is not there. */
  open(): Promise<void> {
    return this.#opened ??= this.#open();
  }

  async #open(): Promise<void> {
    const opened = await Promise.allSettled(this.#nodes.map(({ lookup, plan }) => openLookup(lookup, plan.id)));
    for (const result of opened) if (result.status === "rejected") throw result.reason;
  }

  listen(listener: LookupListener): void {
    this.#listener = listener;
  }

  /** Rows that wait for answers. */
  get pendingRows(): number {
    return this.#nodes.reduce((sum, { pendingRows }) => sum + pendingRows, 0);
  }

  /** Takes what a task says of its lookups, and asks what they want to know. */
  take(reports: readonly NodeLookups[]): void {
    for (const { operator, questions, pendingRows, hits, misses } of reports) {
      const node = this.#nodes.find((one) => one.operator === operator)!;
      node.pendingRows = pendingRows;
      this.#meter.reported(node.plan.id, { hits, misses, pendingRows });
      for (const question of questions) {
        const key = `${operator} ${question.request}`;
        if (this.#before.delete(key)) continue;
        if (this.#repeating) this.#held.set(key, () => void this.#ask(node, question));
        else void this.#ask(node, question);
      }
    }
  }

  /** From now on questions are those of an earlier process: they wait for the answers that it had. */
  repeat(): void {
    this.#repeating = true;
  }

  /** The earlier process had an answer to this question, which may have been asked again already or not. */
  answeredBefore(operator: number, request: number): void {
    const key = `${operator} ${request}`;
    if (!this.#held.delete(key)) this.#before.add(key);
  }

  /** Asks what the earlier process had no answer to. */
  goOn(): void {
    this.#repeating = false;
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const ask of held) ask();
  }

  async #ask(node: Node, question: LookupQuestion): Promise<void> {
    const { plan, operator } = node, { request, keys } = question;
    const answered = (frames: readonly ArrayBuffer[] | null, failure: string | null) => {
      if (this.#closing.signal.aborted) return;
      const nowMs = this.#clock.now();
      this.#listener.answered(operator, { node: plan.id, request, keys, frames, failure, nowMs });
    };
    for (let tries = 1;; tries++) {
      const beganMs = this.#clock.monotonic();
      try {
        const frames = await this.#once(node, keys);
        this.#meter.answered(plan.id, this.#clock.monotonic() - beganMs);
        const misfit = misfitIn(frames);
        if (misfit !== null) {
          this.#meter.failed(plan.id, misfit, tries);
          if (plan.onError === "retry") return this.#listener.failed(`Lookup ${plan.id} cannot be answered: ${misfit}`);
        }
        return answered(frames, null);
      } catch (thrown) {
        if (this.#closing.signal.aborted) return;
        const lasting = thrown instanceof LookupFailure && thrown.lasting, reason = reasonOf(thrown);
        this.#meter.failed(plan.id, reason, tries);
        if (plan.onError === "retry") {
          if (lasting) return this.#listener.failed(`Lookup ${plan.id} cannot be answered: ${reason}`);
        } else if (lasting || tries >= LOOKUP_TRIES_MAX) return answered(null, reason);
        await this.#clock.soon(waitMs(tries, thrown instanceof LookupFailure ? thrown.waitMs : 0));
        if (this.#closing.signal.aborted) return;
      }
    }
  }

  /** Asks once; whoever does not answer in time is not waited for. */
  async #once({ plan, lookup }: Node, keys: ArrayBuffer): Promise<readonly ArrayBuffer[]> {
    const ends = new AbortController(), { promise, reject } = Promise.withResolvers<never>();
    const abort = (reason: Error) => {
      ends.abort(reason);
      reject(reason);
    };
    const closed = () => abort(new LookupFailure("The pipeline has ended", true));
    const late = () => abort(new LookupFailure(`No answer came within ${plan.timeoutMs} ms`, false));
    const cancel = this.#clock.after(plan.timeoutMs, late);
    this.#closing.signal.addEventListener("abort", closed, { once: true });
    try {
      return await Promise.race([lookup.find(keys, ends.signal), promise]);
    } finally {
      cancel();
      this.#closing.signal.removeEventListener("abort", closed);
    }
  }

  /** Asks nobody any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#meter.close();
    await Promise.allSettled(this.#nodes.map(({ lookup }) => lookup.close()));
  }
}

/** Why the first of the keys without an answer has none; null: all have one. */
function misfitIn(frames: readonly ArrayBuffer[]): string | null {
  const last = frames.at(-1), view = last && new FrameView(last);
  return view && view.rows > 0 && view.int64(0, 0) < 0n ? view.text(1, 0) : null;
}

/** Doubles from try to try, and is at least what whoever was asked wants. */
function waitMs(tries: number, wantedMs: number): number {
  return Math.min(LOOKUP_RETRY_MS_MAX, Math.max(wantedMs, LOOKUP_RETRY_MS * 2 ** Math.min(tries - 1, 30)));
}

async function openLookup(lookup: Lookup, node: string): Promise<void> {
  try {
    await lookup.open();
  } catch (thrown) {
    if (!(thrown instanceof RdxError)) throw thrown;
    const { code, message, details, extra } = thrown;
    const places = details.length > 0 ? details : [{ path: "table", reason: message }];
    throw new RdxError(code, message, places.map((place) => ({ node, ...place })), extra);
  }
}
