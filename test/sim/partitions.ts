import type { Random } from "./pool.ts";

/** Partitions that a stream has at first, and that come at a time, at most. */
const PARTITIONS_MAX = 4, MORE_MAX = 3;

/** How rows of a stream find their partition. */
export type PartitionedBy = "key" | "producer" | "name";

/** The partitions of a simulated stream, of which there are more and more. */
export class StreamPartitions {
  readonly by: PartitionedBy;
  count: number;

  /** `ways`: those of which one is chosen. Half of all streams begin with one partition. */
  constructor(random: Random, ways: readonly PartitionedBy[]) {
    this.by = ways[random(ways.length)];
    this.count = random(2) === 0 ? 1 : 2 + random(PARTITIONS_MAX - 1);
  }

  get declaration(): { readonly partitions: number; readonly partition_by: readonly string[] } {
    return { partitions: this.count, partition_by: this.by === "key" ? ["key"] : [] };
  }

  /** The partition that a batch names; undefined: it names none. The last ones get few rows, or none. */
  named(random: Random): number | undefined {
    return this.by === "name" ? Math.min(random(this.count), random(this.count)) : undefined;
  }

  grow(random: Random): void {
    this.count += 1 + random(MORE_MAX);
  }
}
