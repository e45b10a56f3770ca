import { type Column, STRING } from "../../core/schema.ts";
import { durationsOf } from "../../plan/duration.ts";
import type { TableDefinition } from "./table.ts";

/** A stream that a script declares; what is null is as it is for all streams. */
export interface StreamDeclaration {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly time: string | null;
  readonly delayMs: number;
  readonly futureSkewMs: number | null;
  readonly onError: "dead_letter" | "reject" | null;
  readonly retentionMs: number | null;
  readonly retryMs?: readonly number[];
  readonly retentionBytes?: number;
  readonly partitions?: number;
  readonly partitionBy?: readonly string[];
}

export function streamName({ name, options }: TableDefinition): string {
  const named = options.get("stream")?.value;
  return named === undefined ? name : String(named);
}

/** The stream of a table; null where it is none. */
export function declarationOf(table: TableDefinition): StreamDeclaration | null {
  const { connector, options, columns, time, partitionBy } = table;
  if (connector.kind !== "stream") return null;
  const own = columns.filter(({ expr }) => expr === null).map(({ name, type, nullable }): Column => ({
    name,
    type,
    nullable,
  }));
  const kind = options.get("kind-column")?.value;
  if (kind !== undefined && !own.some(({ name }) => name === kind)) {
    own.push({ name: String(kind), type: STRING, nullable: false });
  }
  const isOwn = time !== null && own.some(({ name }) => name === time.column);
  const onError = options.get("on-error")?.value, retryMs = durationsOf(String(options.get("retry")?.value ?? ""));
  const retentionBytes = numberOf(options.get("retention-bytes")?.value);
  const partitions = numberOf(options.get("partitions")?.value);
  return {
    name: streamName(table),
    columns: own,
    time: isOwn ? time.column : null,
    delayMs: isOwn ? time.delayMs : 0,
    futureSkewMs: numberOf(options.get("future-skew")?.value),
    onError: onError === "reject" || onError === "dead_letter" ? onError : null,
    retentionMs: numberOf(options.get("retention")?.value),
    ...(retryMs === null ? {} : { retryMs }),
    ...(retentionBytes === null ? {} : { retentionBytes }),
    ...(partitions === null ? {} : { partitions }),
    ...(partitionBy === null ? {} : { partitionBy }),
  };
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
