import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { JoinNode } from "../../src/plan/plan.ts";
import type { Operator } from "./operator.ts";
import { Pairs } from "./pairs.ts";
import { place } from "./schema.ts";
import type { Row } from "./value.ts";

interface Held {
  readonly values: readonly Value[];
  readonly time: number;
  /** It can meet nobody who is not late once the watermark has passed this. */
  readonly until: number;
  met: boolean;
}

/**
 * Rows whose event times are no further apart than the bounds: `left + lower ≤ right ≤ left + upper`. A row whose time is below the
 * watermark is late, and left out. A row is kept until nobody can still come whom it may meet; one that met nobody then comes
 * out of an outer join.
 */
export class IntervalJoin implements Operator {
  readonly columns: readonly Column[];
  readonly #node: JoinNode;
  readonly #pairs: Pairs;
  readonly #times: readonly [number, number];
  readonly #held: readonly [Held[], Held[]] = [[], []];

  constructor(node: JoinNode, left: readonly Column[], right: readonly Column[]) {
    this.#node = node;
    this.#pairs = new Pairs(node, left, right);
    this.#times = [place(left, node.within!.left), place(right, node.within!.right)];
    this.columns = this.#pairs.columns;
  }

  take({ values }: Row, input: number, watermark: number): Row[] {
    const { lower_ms: lower, upper_ms: upper } = this.#node.within!, time = Number(values[this.#times[input]]);
    if (values[this.#times[input]] === null || time < watermark) return [];
    const own: Held = { values, time, until: time + (input === 0 ? upper : -lower), met: false };
    const out: Row[] = [];
    for (const other of this.#held[1 - input]) {
      const [left, right] = input === 0 ? [own, other] : [other, own];
      const near = left.time + lower <= right.time && right.time <= left.time + upper;
      if (!near || !this.#pairs.meet(left.values, right.values)) continue;
      out.push(...this.#pair(left, right));
      left.met = right.met = true;
    }
    this.#held[input].push(own);
    return out;
  }

  isLate({ values }: Row, input: number, watermark: number): boolean {
    const time = values[this.#times[input]];
    return time !== null && Number(time) < watermark;
  }

  #pair(left: Held, right: Held): Row[] {
    const { type } = this.#node;
    if (type === "anti" || (type === "semi" && left.met)) return [];
    return [{ kind: "+I", values: this.#pairs.out(left.values, right.values) }];
  }

  advance(watermark: number): Row[] {
    const { type } = this.#node;
    const alone = [type === "left" || type === "full" || type === "anti", type === "right" || type === "full"];
    return this.#held.flatMap((side, input) => {
      const over = side.filter(({ until }) => until < watermark).sort((a, b) => a.until - b.until);
      side.splice(0, side.length, ...side.filter((held) => !over.includes(held)));
      return over.filter(({ met }) => alone[input] && !met).map(({ values }): Row => {
        return { kind: "+I", values: input === 0 ? this.#pairs.out(values, null) : this.#pairs.out(null, values) };
      });
    });
  }
}
