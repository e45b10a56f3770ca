import type { Clock } from "../core/clock.ts";
import { FrameBuilder, FrameView } from "../core/frame.ts";
import { frameRows } from "../core/frame_info.ts";
import { DEAD_TURN_ROWS, QUARANTINED_CHUNKS_MAX, QUARANTINED_IN_A_ROW_MAX } from "../core/limits.ts";
import { RowRenderer } from "../core/render.ts";
import type { Column } from "../core/schema.ts";
import type { OrderRecord } from "../log.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { QuarantinedChunk } from "../store.ts";
import { addLetter, DEAD_COLUMNS, jsonRow, QUARANTINED } from "./dead_letters.ts";
import type { TakenChunk } from "./dispatch.ts";
import type { DeadRow } from "./protocol.ts";
import type { Marks, SideStreams } from "./side_rows.ts";

/*
 * A chunk at which a pipeline breaks again and again is taken out of its order: its number is done without it from then on, and its rows go to the dead letters when
 * the number is committed, once, however often that is.
 */

/** A pipeline that may have such. */
export interface Quarantining {
  /** Chunks that broke it again and again, by number: it goes on without them, and their rows are among the dead ones. */
  readonly quarantined: readonly QuarantinedChunk[];
}

/** Whether the chunk that a record of the order tells is the one that was taken out, and no other that has its number since the order lost its end. */
export function isLeftOut(record: Extract<OrderRecord, { kind: "chunk" }>, out: QuarantinedChunk): boolean {
  return record.source === out.source && record.from === out.from && record.to === out.to;
}

/** Those that were taken out and one more. `kept`: nothing up to this number is ever done again. As a sentence: why that one is not taken out. */
export function withChunk(
  before: readonly QuarantinedChunk[],
  chunk: QuarantinedChunk,
  kept: number,
): readonly QuarantinedChunk[] | string {
  const others = before.filter(({ number }) => number !== chunk.number);
  let inRow = 1, from = chunk.from;
  for (const { source, from: first, to } of others.toReversed()) {
    if (source !== chunk.source || to !== from) continue;
    from = first;
    inRow++;
  }
  if (inRow > QUARANTINED_IN_A_ROW_MAX) {
    return `${QUARANTINED_IN_A_ROW_MAX} chunks in front of it are quarantined, so that it does not depend on what chunks have`;
  }
  const needed = others.length < QUARANTINED_CHUNKS_MAX ? others : withoutOldest(others, kept);
  if (needed.length >= QUARANTINED_CHUNKS_MAX) return `${QUARANTINED_CHUNKS_MAX} chunks of it are quarantined already`;
  return [...needed, chunk].sort((a, b) => a.number - b.number);
}

/** What is never done again only tells what has happened. */
function withoutOldest(chunks: readonly QuarantinedChunk[], kept: number): readonly QuarantinedChunk[] {
  return chunks[0].number <= kept ? chunks.slice(1) : chunks;
}

/** A row of a stream has no place in a text. */
const NO_PLACE = { line: 1, column: 1, start: 0, end: 0, mismatch: false };

interface AsideParts {
  readonly side: SideStreams;
  readonly clock: Clock;
  readonly plan: PhysicalPlan;
  readonly writer?: string | null;
}

/** Puts the rows of a chunk that was taken out where they can be looked at, once; resolves to how many there are. Those of a file stay where they are. */
export async function setChunkAside(
  { side, clock, plan, writer = null }: AsideParts,
  taken: TakenChunk,
  out: QuarantinedChunk,
  told: (row: DeadRow) => void,
): Promise<number> {
  const { number, input, from } = out, reason = quarantineReason(plan.name, out);
  told({ ...NO_PLACE, path: input, offset: from, field: null, reason });
  if (taken.frames.length === 0) return 0;
  const marks = marksOfChunk(writer, number);
  for (const letter of chunkLetters(taken, side.columnsOf(input), reason, plan.name)) {
    await side.bury(input, [letter], frameRows(letter), plan.name, marks);
    await clock.soon(0);
  }
  return taken.frames.reduce((sum, { frame }) => sum + frameRows(frame), 0);
}

/** Each chunk has marks of its own: one that is found later may come before those that were found. */
function marksOfChunk(writer: string | null, number: number): Marks {
  let sequence = 0;
  const producer = `${writer} quarantine ${number}`;
  return () => writer === null ? undefined : { producer, sequence: sequence++, sparse: true, digest: "" };
}

export function quarantineReason(pipeline: string, { number, node, reason }: QuarantinedChunk): string {
  const where = node === null ? "" : `, in node ${node} or behind it`;
  return `${QUARANTINED}its chunk broke pipeline ${pipeline} again and again at number ${number} of its order${where}: ${reason}`;
}

function* chunkLetters(
  { frames }: TakenChunk,
  columns: readonly Column[],
  reason: string,
  pipeline: string,
): Generator<ArrayBuffer> {
  const builder = new FrameBuilder(DEAD_COLUMNS), renderer = new RowRenderer(columns);
  for (const { frame, offset, arrivalMs } of frames) {
    const view = new FrameView(frame);
    for (let row = 0; row < view.rows; row++) {
      const place = { offset: offset + row, line: 1, field: null, ts: Math.trunc(arrivalMs) };
      addLetter(builder, { ...place, reason, pipeline, ...jsonRow(renderer.row(view, row)) });
      if (builder.rows === DEAD_TURN_ROWS) yield builder.finish();
    }
  }
  if (builder.rows > 0) yield builder.finish();
}
