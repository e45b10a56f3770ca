import { FrameBuilder, FrameView } from "../core/frame.ts";
import { frameRows } from "../core/frame_info.ts";
import { RdxError } from "../core/errors.ts";
import { BATCH_ROWS_MAX, DEAD_RAW_BYTES_MAX } from "../core/limits.ts";
import { RowRenderer } from "../core/render.ts";
import type { Column } from "../core/schema.ts";
import type { Log } from "../log.ts";
import { aheadReason, DEAD_COLUMNS } from "./dead_letters.ts";
import type { Taken } from "./input.ts";
import type { AheadRows } from "./protocol.ts";
import type { Stream } from "./stream.ts";

/** Where rows go that a pipeline takes from a stream and leaves out. */
export interface SideStreams {
  /** Appends frames of DEAD_COLUMNS to the dead letters of `stream`; waits while their readers are behind. */
  bury(stream: string, frames: readonly ArrayBuffer[], rows: number, pipeline: string): Promise<void>;
  columnsOf(stream: string): readonly Column[];
}

/** A dead row as people see it first. */
export interface AheadDetail {
  readonly offset: number;
  readonly reason: string;
}

/** Makes dead letters of rows of a chunk that are ahead; `told` gets each. Frames have BATCH_ROWS_MAX rows at most. */
export function aheadLetters(
  { frames, from }: Taken,
  ahead: readonly AheadRows[],
  columns: readonly Column[],
  { field, skewMs, pipeline }: { readonly field: string; readonly skewMs: number; readonly pipeline: string },
  told: (detail: AheadDetail) => void,
): ArrayBuffer[] {
  const builder = new FrameBuilder(DEAD_COLUMNS), letters: ArrayBuffer[] = [], renderer = new RowRenderer(columns);
  const firsts = firstOffsets(frames.map(({ frame }) => frame), from);
  for (const { frame, rows, timesMs } of ahead) {
    const view = new FrameView(frames[frame].frame), { arrivalMs } = frames[frame];
    rows.forEach((row, i) => {
      const offset = firsts[frame] + row, raw = renderer.row(view, row).slice(0, DEAD_RAW_BYTES_MAX);
      const reason = aheadReason(timesMs[i], arrivalMs, skewMs, `pipeline ${pipeline}`);
      told({ offset, reason });
      builder.append([offset, 1, field, reason, raw, Math.trunc(arrivalMs)]);
      if (builder.rows === BATCH_ROWS_MAX) letters.push(builder.finish());
    });
  }
  if (builder.rows > 0) letters.push(builder.finish());
  return letters;
}

/**
 * Appends frames that the engine made to a stream, one by one, and waits while its readers are behind. Throws RdxError("busy") when the
 * pipeline that waits is among them: it would wait for itself.
 */
export async function putSlowly(stream: Stream, frames: readonly ArrayBuffer[], pipeline: string): Promise<void> {
  for (const frame of frames) {
    while (!stream.log.hasRoom(frame.byteLength)) {
      if (stream.readers.has(pipeline)) {
        throw new RdxError(
          "busy",
          `Stream ${stream.name} is full, and ${pipeline} reads it itself: read it in another`,
        );
      }
      await changeOf(stream.log);
    }
    await stream.put([frame], frameRows(frame));
  }
}

function changeOf(log: Log<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const leave = log.onChange(() => {
      leave();
      resolve();
    });
  });
}

function firstOffsets(frames: readonly ArrayBuffer[], from: number): number[] {
  let offset = from;
  return frames.map((frame) => {
    const first = offset;
    offset += frameRows(frame);
    return first;
  });
}
