import assert from "node:assert/strict";
import type { OrderRecord } from "../../src/log.ts";
import type { SavedPlan } from "../../src/store.ts";
import type { LogEntry } from "../reference/engine.ts";

/** What comes behind the id of a source in the inputs of its further partitions. */
const FURTHER = "$p";

/** A row of a stream as its log has it: by its offset, which is its place. */
export type LoggedRow = Pick<Extract<LogEntry, { values: unknown }>, "kind" | "values"> & {
  readonly partition: number;
};

/** Plans that a pipeline has had, by the last number before each: what its folder still has of them, and what it had before. */
export class NotedPlans {
  readonly #plans = new Map<number, SavedPlan>();

  note(plans: readonly SavedPlan[]): void {
    for (const plan of plans) this.#plans.set(plan.after, plan);
  }

  get all(): readonly SavedPlan[] {
    return [...this.#plans.values()].sort((a, b) => a.after - b.after);
  }

  /** The plan that took the number. */
  of(number: number): SavedPlan {
    return this.all.findLast(({ after }) => after < number) ?? this.all[0];
  }
}

/** What a pipeline has taken, in its order, as the reference engine is told it, with the number of each. */
export type Taken = LogEntry & { readonly number: number };

/** What a source reads. */
export interface LoggedStream {
  readonly stream: string;
  readonly rows: readonly LoggedRow[];
}

/**
 * All that an order took out of the logs of its sources: each partition as a whole, its rows once and in their order. Throws AssertionError where that does not
 * hold.
 */
export function takenOf(
  order: readonly OrderRecord[],
  plans: NotedPlans,
  logs: ReadonlyMap<string, LoggedStream>,
): Taken[] {
  const counts = new Map<string, number>(), taken: Taken[] = [];
  const places = new Map([...logs].map(([source, { rows }]) => [source, new Places(rows)]));
  for (const record of order) {
    if (record.kind === "tick" || record.kind === "lookup") continue;
    const { number, source: id } = record, [source, further] = id.split(FURTHER), partition = Number(further ?? 0);
    const count = plans.of(number).streams[logs.get(source)!.stream].partitions ?? 1;
    assert.ok(partition < count, `Number ${number} is of ${id}, and its plan reads ${count} partitions`);
    if (count > (counts.get(source) ?? 1)) taken.push({ number, source, partitions: count });
    counts.set(source, count);
    if (record.kind === "end") taken.push({ number, source, partition, end: true });
    else if (record.kind === "idle") taken.push({ number, source, partition, idle: record.watermark });
    else {
      const place = places.get(source)!, isMine = (one: number) => one % count === partition;
      for (const row of place.take(record.from, record.to, isMine, `Number ${number} of ${id}`)) {
        taken.push({ number, source, partition, kind: row.kind, values: row.values });
      }
    }
  }
  for (const [source, place] of places) place.checkEnd(source);
  return taken;
}

/** Where somebody who reads a log is in each partition. */
class Places {
  readonly #rows: readonly LoggedRow[];
  /** Offset of the next row, by partition. */
  readonly #next: number[] = [];

  constructor(rows: readonly LoggedRow[]) {
    this.#rows = rows;
  }

  take(from: number, to: number, isMine: (partition: number) => boolean, who: string): LoggedRow[] {
    const taken: LoggedRow[] = [];
    for (let offset = from; offset < to; offset++) {
      const row = this.#rows[offset];
      assert.ok(row, `${who} takes row ${offset}, which is not there`);
      if (!isMine(row.partition)) continue;
      const next = this.#behind(row.partition);
      assert.equal(offset, next, `${who} takes row ${offset} where ${next} is the next of partition ${row.partition}`);
      this.#next[row.partition] = offset + 1;
      taken.push(row);
    }
    return taken;
  }

  /** The next row of a partition; the end of the log: there is none. */
  #behind(partition: number): number {
    let at = this.#next[partition] ?? 0;
    while (at < this.#rows.length && this.#rows[at].partition !== partition) at++;
    return at;
  }

  checkEnd(source: string): void {
    for (const { partition } of this.#rows) {
      const next = this.#behind(partition);
      assert.equal(next, this.#rows.length, `Row ${next} of ${source}, of partition ${partition}, was never taken`);
    }
  }
}
