import { FrameBuilder, FrameView } from "../core/frame.ts";
import { frameRows } from "../core/frame_info.ts";
import type { Clock } from "../core/clock.ts";
import { RdxError } from "../core/errors.ts";
import { DEAD_TURN_ROWS } from "../core/limits.ts";
import { RowRenderer } from "../core/render.ts";
import type { Column } from "../core/schema.ts";
import type { ProducerMark } from "../log.ts";
import { givenBy, type PhysicalPlan } from "../plan/physical.ts";
import type { Finished } from "./collector.ts";
import { changeOf } from "./each_record.ts";
import { addLetter, aheadReason, DEAD_COLUMNS, jsonRow } from "./dead_letters.ts";
import type { Taken } from "./input.ts";
import type { AheadRows, DeadRow } from "./protocol.ts";
import type { Stream } from "./stream.ts";

/** Where rows go that a pipeline takes from a stream and leaves out. */
export interface SideStreams {
  /** Appends frames of DEAD_COLUMNS to the dead letters of `stream`; waits while their readers are behind. */
  bury(stream: string, frames: readonly ArrayBuffer[], rows: number, pipeline: string, marks: Marks): Promise<void>;
  columnsOf(stream: string): readonly Column[];
  /** Whether somebody wants the late rows of `stream`. */
  wantsLate(stream: string): boolean;
  /** Whether several pipelines read `stream`; absent: it does not matter. */
  isShared?(stream: string): boolean;
  /** Appends frames of late rows to those of `stream`, while somebody wants them; waits while their readers are behind. */
  late(stream: string, frames: readonly ArrayBuffer[], pipeline: string, marks: Marks): Promise<void>;
}

/** Gives each frame that a pipeline puts aside a number that is the same whenever the pipeline does it again; undefined: it never will. */
export type Marks = () => ProducerMark | undefined;

/** Frames that one number of a pipeline may put aside. */
const FRAMES_MAX = 2 ** 20;

/** Marks for what `number` puts aside. `writer`: who it is, null for one that does nothing twice. */
export function marksOf(writer: string | null, number: number): Marks {
  let sequence = number * FRAMES_MAX;
  return () => writer === null ? undefined : { producer: writer, sequence: sequence++, sparse: true, digest: "" };
}

/** A row of a stream has no place in a text. */
const NO_PLACE = { line: 1, column: 1, start: 0, end: 0, mismatch: false };

/** Puts the rows of a number that no result has where they can be looked at; `told` gets the dead ones. */
export async function setAside(
  { side, clock, plan }: { readonly side: SideStreams; readonly clock: Clock; readonly plan: PhysicalPlan },
  { answers }: Finished,
  taken: Taken | null,
  marks: Marks,
  told: (row: DeadRow) => void,
): Promise<void> {
  const chunk = answers.find(({ chunk }) => chunk !== null)?.chunk;
  if (!chunk || !taken) return;
  const source = plan.sources[chunk.source], { futureSkewMs: skewMs } = source, stream = source.stream!;
  // One task tells the dead rows, and perhaps another the late ones: their marks go by what they are, not by who was first to answer.
  for (const { ahead } of answers) {
    if (ahead.length === 0) continue;
    const facts = { field: givenBy(source)[source.time].name, skewMs, pipeline: plan.name };
    const tell = (detail: AheadDetail) => told({ ...NO_PLACE, ...detail, path: stream, field: facts.field });
    for (const letter of aheadLetters(taken, ahead, side.columnsOf(stream), facts, tell)) {
      const rows = frameRows(letter);
      await side.bury(stream, [letter], rows, plan.name, marks);
      if (rows === DEAD_TURN_ROWS) await clock.soon(0);
    }
  }
  for (const { lateFrames } of answers) {
    if (lateFrames.length > 0) await side.late(stream, lateFrames, plan.name, marks);
  }
}

/** A dead row as people see it first. */
export interface AheadDetail {
  readonly offset: number;
  readonly reason: string;
}

/** Makes dead letters of rows of a chunk that are ahead, in frames of DEAD_TURN_ROWS rows and what is left; `told` gets each. */
export function* aheadLetters(
  { frames }: Pick<Taken, "frames">,
  ahead: readonly AheadRows[],
  columns: readonly Column[],
  { field, skewMs, pipeline }: { readonly field: string; readonly skewMs: number; readonly pipeline: string },
  told: (detail: AheadDetail) => void,
): Generator<ArrayBuffer> {
  const builder = new FrameBuilder(DEAD_COLUMNS), renderer = new RowRenderer(columns);
  for (const { frame, rows, timesMs } of ahead) {
    const view = new FrameView(frames[frame].frame), { arrivalMs, offset: first } = frames[frame];
    for (const [i, row] of rows.entries()) {
      const offset = first + row, text = jsonRow(renderer.row(view, row));
      const reason = aheadReason(timesMs[i], arrivalMs, skewMs, `pipeline ${pipeline}`);
      told({ offset, reason });
      addLetter(builder, { offset, line: 1, field, reason, ts: Math.trunc(arrivalMs), pipeline, ...text });
      if (builder.rows === DEAD_TURN_ROWS) yield builder.finish();
    }
  }
  if (builder.rows > 0) yield builder.finish();
}

/**
 * Appends frames that the engine made to a stream, one by one, and waits while its readers are behind. Throws RdxError("busy") when the
 * pipeline that waits is among them: it would wait for itself.
 */
export async function putSlowly(
  stream: Stream,
  frames: readonly ArrayBuffer[],
  pipeline: string,
  marks: Marks,
): Promise<void> {
  for (const frame of frames) {
    const mark = marks();
    if (mark && stream.log.lastOf(mark.producer) >= mark.sequence) continue;
    while (!stream.log.hasRoom(frame.byteLength)) {
      if (stream.readers.has(pipeline)) {
        throw new RdxError(
          "busy",
          `Stream ${stream.name} is full, and ${pipeline} reads it itself: read it in another`,
        );
      }
      await changeOf(stream.log);
    }
    await stream.put([frame], frameRows(frame), mark);
  }
}
