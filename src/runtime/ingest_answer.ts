import { RdxError } from "../core/errors.ts";
import { INGEST_ERRORS_MAX } from "../core/limits.ts";
import type { PartitionRows } from "../log.ts";
import type { DecodeResult } from "./protocol.ts";
import { detailOf } from "./stream_schema.ts";
import type { IngestAnswer, StreamDeclaration } from "./stream_service.ts";

type Body = Extract<DecodeResult, { kind: "decoded" }>;

/** Why a request is refused as a whole, or null. */
export function refusalOf(
  { rows, rejected, fatal, errors }: Pick<Body, "rows" | "rejected" | "fatal" | "errors">,
  onError: StreamDeclaration["onError"],
): RdxError | null {
  if (rejected === 0) return null;
  if (!fatal && rows > 0 && onError === "dead_letter") return null;
  const what = fatal
    ? "The body cannot be read to its end"
    : rows === 0
    ? `None of the ${rejected} rows can be taken`
    : `${rejected} of ${rows + rejected} rows cannot be taken, and the stream rejects such requests`;
  return new RdxError("invalid", `${what}: nothing was stored`, errors.map(detailOf), { rejected, accepted: 0 });
}

/** What is answered to a request that was taken. */
export function answerTo(
  { rows, rejected, errors }: Pick<Body, "rows" | "rejected" | "errors">,
  facts: Pick<IngestAnswer, "stream" | "offset" | "durability">,
  partitions: readonly PartitionRows[] | undefined,
): IngestAnswer {
  const listed = errors.slice(0, INGEST_ERRORS_MAX).map(detailOf);
  return { ...facts, accepted: rows, rejected, errors: listed, ...(partitions ? { partitions } : {}) };
}
