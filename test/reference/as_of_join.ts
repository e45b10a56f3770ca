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

/** A right row, and from when on it is the one that left rows meet. */
interface Version extends Timed {
  readonly since: number;
}

/**
 * Each left row with the right row of its keys that is in force at its time, once the watermark has passed that. A right row is in force
 * from its time until the next one of its key is; one that goes leaves nothing. A left row whose time is below the watermark is
 * late, and left out; such a right row is in force from the watermark on, unless a newer one is.
 */
export class AsOfJoin implements Operator {
  readonly columns: readonly Column[];
  readonly #node: JoinNode;
  readonly #pairs: Pairs;
  readonly #times: readonly [number, number];
  #waiting: Timed[] = [];
  readonly #versions: Version[] = [];

  constructor(node: JoinNode, left: readonly Column[], right: readonly Column[]) {
    if (node.type !== "inner" && node.type !== "left") throw new Error(`No ${node.type} join goes by time`);
    this.#node = node;
    this.#pairs = new Pairs(node, left, right);
    this.#times = [place(left, node.as_of!.left), place(right, node.as_of!.right)];
    this.columns = this.#pairs.columns;
  }

  take(row: Row, input: number, watermark: number): Row[] {
    const at = row.values[this.#times[input]], time = Number(at);
    if (at === null) return [];
    if (input === 1) this.#add(row, time, watermark);
    else if (time >= watermark) this.#waiting.push({ row, time });
    return [];
  }

  isLate(row: Row, input: number, watermark: number): boolean {
    const at = row.values[this.#times[input]], time = Number(at);
    if (at === null || time >= watermark) return false;
    return input === 0 || (row.kind !== "-U" && this.#isReplaced(row, time, watermark));
  }

  /** Whether a newer row is in force already. */
  #isReplaced({ values }: Row, time: number, watermark: number): boolean {
    if (time >= watermark) return false;
    const same = (other: readonly Value[]) => this.#pairs.sameKeys(values, other, 1);
    const now = inForce(this.#versions.filter((version) => same(version.row.values)), watermark);
    return now !== null && comes(now.row) && now.time > time;
  }

  #add(row: Row, time: number, watermark: number): void {
    // What an update takes back is replaced by the row behind it.
    if (row.kind === "-U" || this.#isReplaced(row, time, watermark)) return;
    this.#versions.push({ row, time, since: Math.max(time, watermark) });
  }

  advance(watermark: number): Row[] {
    const due = this.#waiting.filter(({ time }) => time < watermark).sort((a, b) => a.time - b.time);
    this.#waiting = this.#waiting.filter(({ time }) => time >= watermark);
    return due.flatMap(({ row: { kind, values }, time }): Row[] => {
      const own = this.#versions.filter(({ row }) => this.#pairs.keysMeet(values, row.values));
      const version = inForce(own, time);
      if (version !== null && comes(version.row) && this.#pairs.whereHolds(values, version.row.values)) {
        return [{ kind, values: this.#pairs.out(values, version.row.values) }];
      }
      return this.#node.type === "left" ? [{ kind, values: this.#pairs.out(values, null) }] : [];
    });
  }
}

/** The newest version at a time; of those that are in force from one time on the one that came last. */
function inForce(versions: readonly Version[], time: number): Version | null {
  const past = versions.filter(({ since }) => since <= time);
  return past.reduce<Version | null>((best, one) => best === null || one.since >= best.since ? one : best, null);
}
