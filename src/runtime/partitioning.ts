import { type ErrorDetail, RdxError } from "../core/errors.ts";
import { KEY_COLUMNS_MAX, PARTITIONS_MAX } from "../core/limits.ts";
import { type Column, columnIndex } from "../core/schema.ts";
import type { PartitionRows } from "../log.ts";
import type { PartitionSplit } from "./protocol.ts";
import type { IngestRequest, StreamDeclaration } from "./stream_service.ts";

/** FNV-1a, over the units of a text. */
const FNV_OFFSET = 0x811c9dc5, FNV_PRIME = 0x01000193;

type Declared = Pick<StreamDeclaration, "columns" | "partitions" | "partitionBy">;

/**
 * Chooses the partitions of what comes to a stream. Rows go by their values where the stream names columns: equal values lie in one partition, whoever sends
 * them. Else a request goes to one as a whole: to that which it names, to the producer's, or to the next in turn.
 */
export class Partitioning {
  #turn = 0;

  /** How a request's rows are spread when they are decoded; null: they are not. Throws RdxError("invalid") for a partition that it cannot name. */
  splitOf({ partition }: Pick<IngestRequest, "partition">, declared: Declared): PartitionSplit | null {
    const { columns, partitions = 1, partitionBy = [] } = declared, keys = partitionBy.join(", ");
    if (partition !== undefined && keys !== "") {
      throw new RdxError("invalid", `Cannot use partition ${partition}: rows of this stream go by ${keys}`);
    }
    if (partition !== undefined && !(Number.isSafeInteger(partition) && partition >= 0 && partition < partitions)) {
      throw new RdxError("invalid", `There is no partition ${partition}: the stream has 0 to ${partitions - 1}`);
    }
    if (partitions === 1 || keys === "") return null;
    return { partitions, columns: partitionBy.map((name) => columnIndex(columns, name)) };
  }

  /** Where rows go that were not spread when they were decoded; undefined: the stream has one partition. */
  wholly(
    rows: number,
    { partition, producer }: Pick<IngestRequest, "partition" | "producer">,
    { partitions = 1 }: Declared,
  ): readonly PartitionRows[] | undefined {
    if (partitions === 1 || rows === 0) return undefined;
    const chosen = partition ?? (producer === undefined ? this.#turn++ % partitions : hashOf(producer) % partitions);
    return [{ partition: chosen, rows }];
  }
}

function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME) >>> 0;
  return hash;
}

/** The same parts, one behind the other, where they are of one partition together. */
export function joinPartitions(parts: readonly PartitionRows[]): PartitionRows[] {
  const joined: PartitionRows[] = [];
  for (const { partition, rows } of parts) {
    const last = joined.at(-1);
    if (last?.partition === partition) joined[joined.length - 1] = { partition, rows: last.rows + rows };
    else joined.push({ partition, rows });
  }
  return joined;
}

/** What is wrong with the partitions of a declaration. */
export function partitionProblems({ columns, partitions = 1, partitionBy = [] }: Declared): ErrorDetail[] {
  const problems: ErrorDetail[] = [];
  if (!(Number.isSafeInteger(partitions) && partitions >= 1 && partitions <= PARTITIONS_MAX)) {
    problems.push({ path: "partitions", reason: `Expected 1 to ${PARTITIONS_MAX} partitions, got ${partitions}` });
  }
  if (partitionBy.length > KEY_COLUMNS_MAX) {
    problems.push({ path: "partition_by", reason: `Expected at most ${KEY_COLUMNS_MAX} columns` });
  }
  partitionBy.forEach((name, i) => {
    const path = `partition_by[${i}]`;
    if (columnIndex(columns, name) < 0) {
      const names = columns.map((column: Column) => column.name).join(", ");
      problems.push({ path, reason: `There is no column ${JSON.stringify(name)}`, hint: `Columns: ${names}` });
    } else if (partitionBy.indexOf(name) < i) problems.push({ path, reason: `Column ${name} is named twice` });
  });
  return problems;
}
