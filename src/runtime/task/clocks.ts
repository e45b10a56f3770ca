import { SourceClock } from "../../core/watermark.ts";
import type { PhysicalOperator, PhysicalPlan } from "../../plan/physical.ts";
import type { BatchTimes } from "../../operator.ts";
import { clockHeads, lookupsOf } from "../plan_shape.ts";
import { sourceClock } from "../source_clock.ts";

/** Event time of a plan's sources and lookups, and what it means for its operators, as it stands after the numbers that a task has met. */
export class Clocks {
  /** Those of the sources, then those of the lookups. */
  readonly sources: readonly SourceClock[];
  readonly #above: ReadonlyMap<PhysicalOperator, readonly number[]>;

  readonly #sourceCount: number;

  /** `watermarks`: what an earlier deployment has reached; `reached`: the same of lookups, in which something may wait. */
  constructor(plan: PhysicalPlan, watermarks: readonly number[], reached: readonly number[] = []) {
    const clocks = plan.sources.map((source, i) => sourceClock(source, watermarks[i]));
    const positions = new Map(clockHeads(plan).map(({ id }, i) => [id, i]));
    this.#sourceCount = clocks.length;
    // Nothing waits in a lookup when a changed plan begins: it is where its sources are.
    for (const [i, { sources }] of lookupsOf(plan).entries()) {
      const least = Math.min(...sources.map((id) => clocks[positions.get(id)!].watermark));
      clocks.push(new SourceClock(0, reached[i] ?? least));
    }
    this.sources = clocks;
    this.#above = new Map(plan.operators.map((one) => [one, one.sources.map((id) => positions.get(id)!)]));
  }

  /** For each lookup the watermark that has come out of it. */
  get reached(): number[] {
    return this.sources.slice(this.#sourceCount).map(({ watermark }) => watermark);
  }

  /** The operator's watermark: the least of its sources', minus its lag. */
  watermarkOf(operator: PhysicalOperator): number {
    let least = Infinity;
    for (const source of this.#above.get(operator)!) least = Math.min(least, this.sources[source].watermark);
    return least - operator.lagMs;
  }

  /** What rows of a source, or results that they made, meet at the operator beside their running times. */
  timesAt(operator: PhysicalOperator, source: number): Omit<BatchTimes, "running"> {
    const { reached, delayMs } = this.sources[source];
    let others = Infinity;
    for (const other of this.#above.get(operator)!) {
      if (other !== source) others = Math.min(others, this.sources[other].watermark);
    }
    return { before: reached, delayMs: delayMs + operator.lagMs, others: others - operator.lagMs };
  }
}

/** Rows that a watermark made: they meet the operator's watermark as it is. */
export const MADE_BY_WATERMARK: BatchTimes = { running: 0, before: -Infinity, delayMs: 0, others: Infinity };
