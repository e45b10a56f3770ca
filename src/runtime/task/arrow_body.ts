import { ArrowReader } from "../../core/arrow/reader.ts";
import { RdxError } from "../../core/errors.ts";
import { FrameView } from "../../core/frame.ts";
import { type Column, columnIndex, formatType, isDecimal, sameType } from "../../core/schema.ts";
import { widerType } from "../../core/wider_type.ts";
import { FrameWriter } from "../../kernel/frame.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { DecodeJob, DecodeResult } from "../protocol.ts";
import { mergeColumns } from "../stream_schema.ts";
import { checkNested } from "./arrow_nested.ts";
import { ArrowLetters } from "./arrow_letters.ts";
import { KeptFrames } from "./kept_frames.ts";
import { SourceReader } from "./source_reader.ts";

/** A place behind every column of a frame: the column is not there. */
const ABSENT = Number.MAX_SAFE_INTEGER;

/**
 * Decodes an Arrow IPC stream for the log. Columns are found by name; one that the body lacks is NULL, one that the stream lacks is left out
 * of a declared stream and added to an inferred one. Arrow's values have types already, so that a body fits as a whole or
 * is refused as a whole, apart from rows whose event time is too late.
 */
export function decodeArrowBody(kernel: Kernel, job: DecodeJob): DecodeResult {
  const arrow = new ArrowReader(), frames = arrow.read(job.body), given = arrow.columns ?? [];
  if (job.widen) {
    const columns = mergeColumns(job.columns, given.map((column) => ({ ...column, nullable: true })));
    if (columns.length > job.columns.length || columns.some(({ type }, i) => !sameType(type, job.columns[i].type))) {
      return { kind: "widen", columns, body: job.body };
    }
  }
  checkTypes(given, job.columns);
  const positions = job.columns.map(({ name }) => {
    const at = columnIndex(given, name);
    return at < 0 ? ABSENT : at;
  });
  const reader = new SourceReader(kernel, job.columns, positions),
    kept = new KeptFrames(kernel, new FrameWriter(kernel), job);
  const letters = new ArrowLetters(job, given);
  let rows = 0;
  for (const came of frames) {
    const frame = checkNested(came, positions, job.columns), view = new FrameView(frame);
    checkNulls(view, positions, job.columns);
    checkDigits(view, given, positions, job.columns);
    const batch = letters.bounded(kernel, reader.read(frame), frame);
    kept.add(batch);
    rows += batch.selected;
    kernel.reset();
  }
  reader.close();
  const { sums, partitions } = kept, spread = partitions ? { partitions } : {};
  return { kind: "decoded", frames: kept.frames, sums, ...spread, rows, ...letters.finish() };
}

/** Every column's values fit the stream's type: it is the same, or a wider one, or both are times. */
function checkTypes(given: readonly Column[], columns: readonly Column[]): void {
  for (const { name, type } of given) {
    const column = columns[columnIndex(columns, name)];
    if (!column || sameType(widerType(column.type, type), column.type)) continue;
    const kinds = [column.type.kind, type.kind];
    const times = kinds.includes("int64") && kinds.includes("timestamp");
    const scaled = isDecimal(column.type) && isDecimal(type) && column.type.scale === type.scale;
    // Any text may be JSON, which its values then show.
    const texts = column.type.nested !== undefined && kinds[1] === "string";
    if (times || scaled || texts) continue;
    const reason = `Column ${name} is ${formatType(column.type)} and came as ${formatType(type)}`;
    throw new RdxError("invalid", reason, [{ field: name, reason }]);
  }
}

/** Decimals that came with more digits than their column has must not need them. */
function checkDigits(
  view: FrameView,
  given: readonly Column[],
  positions: readonly number[],
  columns: readonly Column[],
): void {
  columns.forEach(({ name, type }, i) => {
    const from = given[positions[i]]?.type;
    if (!from || !isDecimal(from) || !isDecimal(type) || from.precision! <= type.precision!) return;
    const end = 10n ** BigInt(type.precision!);
    for (let row = 0; row < view.rows; row++) {
      const value = view.value(row, positions[i]);
      if (typeof value !== "bigint" || (value < end && value > -end)) continue;
      const reason = `Column ${name} is ${formatType(type)}, and its value in row ${row} has more digits`;
      throw new RdxError("invalid", reason, [{ field: name, reason }]);
    }
  });
}

function checkNulls(view: FrameView, positions: readonly number[], columns: readonly Column[]): void {
  columns.forEach(({ name, nullable }, i) => {
    if (nullable) return;
    const nulls = positions[i] === ABSENT ? view.rows : view.buffers(positions[i]).nulls;
    if (nulls === 0) return;
    const reason = `Column ${name} has to be in every row and is NULL or missing in ${nulls}`;
    throw new RdxError("invalid", reason, [{ field: name, reason }]);
  });
}
