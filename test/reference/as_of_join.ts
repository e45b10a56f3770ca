import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { JoinNode } from "../../src/plan/plan.ts";
import type { Operator } from "./operator.ts";
import { Pairs } from "./pairs.ts";
import { place } from "./schema.ts";
import { comes, type Row } from "./value.ts";

interface Timed {
  readonly row: Row;
  readonly time: number;
}

/**
 * Each left row with the newest right row of its keys whose time is not after its own, once the watermark has come to its time. Right
 * rows of one time go by the log; one that goes leaves nothing. A left row whose time has passed is left out.
 */
export class AsOfJoin implements Operator {
  readonly columns: readonly Column[];
  readonly #node: JoinNode;
  readonly #pairs: Pairs;
  readonly #times: readonly [number, number];
  #waiting: Timed[] = [];
  readonly #versions: Timed[] = [];

  constructor(node: JoinNode, left: readonly Column[], right: readonly Column[]) {
    if (node.type !== "inner" && node.type !== "left") throw new Error(`No ${node.type} join goes by time`);
    this.#node = node;
    this.#pairs = new Pairs(node, left, right);
    this.#times = [place(left, node.as_of!.left), place(right, node.as_of!.right)];
    this.columns = this.#pairs.columns;
  }

  take(row: Row, input: number, watermark: number): Row[] {
    const at = row.values[this.#times[input]], timed = { row, time: Number(at) };
    if (at === null) return [];
    if (input === 1) this.#versions.push(timed);
    else if (timed.time > watermark) this.#waiting.push(timed);
    return [];
  }

  advance(watermark: number): Row[] {
    const due = this.#waiting.filter(({ time }) => time <= watermark).sort((a, b) => a.time - b.time);
    this.#waiting = this.#waiting.filter(({ time }) => time > watermark);
    return due.flatMap(({ row: { kind, values }, time }): Row[] => {
      const version = this.#versionAt(values, time);
      if (version !== null && this.#pairs.whereHolds(values, version)) {
        return [{ kind, values: this.#pairs.out(values, version) }];
      }
      return this.#node.type === "left" ? [{ kind, values: this.#pairs.out(values, null) }] : [];
    });
  }

  #versionAt(left: readonly Value[], time: number): readonly Value[] | null {
    const past = this.#versions.filter((version) =>
      version.time <= time && this.#pairs.keysMeet(left, version.row.values)
    );
    const newest = past.reduce<Timed | null>((best, one) => best === null || one.time >= best.time ? one : best, null);
    return newest !== null && comes(newest.row) ? newest.row.values : null;
  }
}
