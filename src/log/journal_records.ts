import type { LogEntry, LogRecord, PartitionRows, ProducerMark } from "../log.ts";
import type { RecordHead, RecordParts } from "./format.ts";
import { readText, type RecordText } from "./journal_parts.ts";
import type { ProducerTable } from "./producers.ts";

const encoder = new TextEncoder();

/** A record as its segment has it. */
export function partsOfRecord(
  record: LogRecord,
  newestAside: number,
  marked: { mark: ProducerMark; answer: unknown } | null,
  { sums, packed }: Pick<LogEntry<unknown>, "sums" | "packed"> = {},
): RecordParts {
  const { offset: key, rows, kind, schema, arrivalMs, frames, aside, partitions } = record;
  const text: RecordText = {
    ...(marked ? textOfMark(marked.mark, marked.answer) : {}),
    ...(partitions ? { n: partitions.map(({ partition, rows }) => [partition, rows] as const) } : {}),
  };
  return {
    kind: kind === "end" ? "end" : rows > 0 ? "rows" : "mark",
    key,
    rows,
    schema,
    arrivalMs,
    newestAside,
    text: marked || partitions ? encoder.encode(JSON.stringify(text)) : new Uint8Array(),
    partitioned: partitions !== undefined,
    parts: frames.map((frame) => new Uint8Array(frame)),
    sums,
    packed,
    aside: aside.map((frame) => new Uint8Array(frame)),
  };
}

/** What `hello` leaves. */
export function partsOfHello(
  producer: string,
  epoch: number,
  { offset, arrivalMs, newestAside }: Pick<LogRecord, "offset" | "arrivalMs"> & { readonly newestAside: number },
): RecordParts {
  const text = encoder.encode(JSON.stringify({ p: producer, e: epoch } satisfies RecordText));
  return { kind: "hello", key: offset, rows: 0, schema: 0, arrivalMs, newestAside, text, parts: [], aside: [] };
}

function textOfMark({ producer, sequence, epoch = 0, digest, sparse }: ProducerMark, answer: unknown): RecordText {
  return { p: producer, s: sequence, e: epoch, d: digest, ...(sparse ? { x: true } : {}), a: answer };
}

/** What a record of an earlier process says of producers. */
export function takeRecord<Answer>(producers: ProducerTable<Answer>, head: RecordHead, text: Uint8Array): void {
  const told = readText<Answer>(text);
  if (!told || told.p === undefined) return;
  if (head.kind === "hello") producers.epochStored(told.p, told.e!);
  else producers.restore({ producer: told.p, sequence: told.s!, digest: told.d! }, told.a!);
}

/** Of which partitions the rows of a record are; undefined: all of the first. */
export function partitionsOf(head: RecordHead, text: Uint8Array): readonly PartitionRows[] | undefined {
  return head.partitioned ? readText(text)?.n?.map(([partition, rows]) => ({ partition, rows })) : undefined;
}

/** The end of a stream. */
export function endOf({ key, schema, arrivalMs }: RecordHead): LogRecord {
  return { offset: key, rows: 0, kind: "end", frames: [], schema, arrivalMs, bytes: 0, aside: [] };
}
