import { concatRanges } from "../../core/frame_concat.ts";
import { FrameView } from "../../core/frame.ts";

/** The rows of a frame in frames of at most so many bytes each, in their order; of one row where that alone has more. */
export function* piecesOf(frame: ArrayBuffer, bytesMax: number): Generator<ArrayBuffer> {
  if (frame.byteLength <= bytesMax) return yield frame;
  const view = new FrameView(frame), half = view.rows >> 1;
  if (half === 0) return yield frame;
  yield* piecesOf(concatRanges([{ view, start: 0, rows: half }]), bytesMax);
  yield* piecesOf(concatRanges([{ view, start: half, rows: view.rows - half }]), bytesMax);
}
