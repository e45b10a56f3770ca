import type { TestServer } from "../e2e/server.ts";

/** A row as its stream's log has it. */
export interface LoggedRow {
  readonly id: number;
  readonly partition: number;
}

/** What is wrong with the rows that came out of one partition; null: with ids that no partition has. */
export interface PartitionVerdict {
  readonly partition: number | null;
  readonly lost: readonly number[];
  readonly doubled: readonly number[];
  /** Ids that came behind one which the partition has later. */
  readonly reordered: readonly number[];
}

/** All rows of stream `s`, in the order of its log. */
export async function loggedRows(server: TestServer): Promise<LoggedRow[]> {
  const text = await (await server.fetch("/v1/streams/s/log?from=earliest&follow=false")).text();
  return text.split("\n").filter(Boolean).map((line) => {
    const { partition = 0, row: { id } } = JSON.parse(line);
    return { id, partition };
  });
}

/** Compares the ids that a sink has, in its order, with the log; a partition that has all its rows once and in order is not told. Ids of the log are all different. */
export function verdicts(log: readonly LoggedRow[], ids: readonly number[]): PartitionVerdict[] {
  const place = new Map(log.map(({ id }, at) => [id, at])), count = Math.max(0, ...log.map((row) => row.partition + 1));
  const strange = ids.filter((id) => !place.has(id));
  const all: PartitionVerdict[] = [{ partition: null, lost: [], doubled: strange, reordered: [] }];
  for (let partition = 0; partition < count; partition++) {
    const seen = new Set<number>(), doubled: number[] = [], reordered: number[] = [];
    let last = -1;
    for (const id of ids) {
      const at = place.get(id);
      if (at === undefined || log[at].partition !== partition) continue;
      if (seen.has(id)) doubled.push(id);
      else if (at < last) reordered.push(id);
      seen.add(id);
      last = Math.max(last, at);
    }
    const lost = log.filter((row) => row.partition === partition && !seen.has(row.id)).map(({ id }) => id);
    all.push({ partition, lost, doubled, reordered });
  }
  return all.filter(({ lost, doubled, reordered }) => lost.length + doubled.length + reordered.length > 0);
}
