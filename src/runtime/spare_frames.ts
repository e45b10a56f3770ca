import { SPARE_FRAME_LEAST_BYTES, SPARE_FRAMES_BYTES_MAX, SPARE_TURN_BYTES } from "../core/limits.ts";

/** Buffers are as long as one of so many lengths between two powers of two. */
const LENGTHS_A_DOUBLING = 8;

/**
 * Buffers of frames that nobody reads any more, for later ones: fresh memory costs several times what it takes to write into it. Frames of one table are
 * about as long as each other, so that those of one checkpoint are written where those of the one before were.
 */
export class SpareFrames {
  /** By their length. */
  readonly #frames = new Map<number, ArrayBuffer[]>();

  give(frames: readonly ArrayBuffer[]): void {
    for (const frame of frames) {
      const same = this.#frames.get(frame.byteLength);
      if (same) same.push(frame);
      else this.#frames.set(frame.byteLength, [frame]);
    }
  }

  /** A buffer of so many bytes or some more. It may have anything in it. */
  take(bytes: number): ArrayBuffer {
    const length = lengthFor(bytes);
    return this.#frames.get(length)?.pop() ?? new ArrayBuffer(length);
  }

  /** Lets go of all of them. */
  clear(): void {
    this.#frames.clear();
  }
}

/** Those of one checkpoint, as many as are kept, until the tasks begin with the next. */
export class SpareShelf {
  #frames: ArrayBuffer[] = [];
  #bytes = 0;

  put(frames: readonly ArrayBuffer[]): void {
    for (const frame of frames) {
      if (!isSpare(frame) || this.#bytes + frame.byteLength > SPARE_FRAMES_BYTES_MAX) continue;
      this.#frames.push(frame);
      this.#bytes += frame.byteLength;
    }
  }

  /** All of them, shared out among so many tasks: what each gets, a message after the other. */
  take(tasks: number): ArrayBuffer[][][] {
    const frames = this.#frames, messages = Array.from({ length: tasks }, (): ArrayBuffer[][] => []);
    this.clear();
    frames.forEach((frame, i) => {
      const own = messages[i % tasks], last = own.at(-1);
      if (last && last.reduce((sum, { byteLength }) => sum + byteLength, 0) < SPARE_TURN_BYTES) last.push(frame);
      else own.push([frame]);
    });
    return messages;
  }

  /** Lets go of all of them. */
  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }
}

/** Small ones are as long as they have to be. */
function lengthFor(bytes: number): number {
  if (bytes < SPARE_FRAME_LEAST_BYTES) return bytes;
  const step = 2 ** Math.floor(Math.log2(bytes)) / LENGTHS_A_DOUBLING;
  return Math.ceil(bytes / step) * step;
}

/** Whether `take` would ask for a buffer as long. */
function isSpare({ byteLength }: ArrayBuffer): boolean {
  return byteLength >= SPARE_FRAME_LEAST_BYTES && lengthFor(byteLength) === byteLength;
}
