import { frameMemory } from "../core/frame_memory.ts";
import { SPARE_FRAME_LEAST_BYTES, SPARE_FRAMES_BYTES_MAX } from "../core/limits.ts";

/** Buffers are as long as one of so many lengths between two powers of two. */
const LENGTHS_A_DOUBLING = 8;

/**
 * Buffers of frames that nobody reads any more, for later ones: fresh memory costs several times what it takes to write into it. Frames of one table are
 * about as long as each other, so that those of one checkpoint are written where those of the one before were.
 */
export class SpareFrames {
  /** By their length. */
  readonly #frames = new Map<number, ArrayBuffer[]>();
  /** Of memory that was made to come back. */
  #madeBytes = 0;

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
    return this.#frames.get(length)?.pop() ?? this.#make(length);
  }

  /** No collector sees how much of it nobody has any more: of what does not come back there is no more than this. */
  #make(length: number): ArrayBuffer {
    if (length < SPARE_FRAME_LEAST_BYTES || this.#madeBytes + length > SPARE_FRAMES_BYTES_MAX) {
      return new ArrayBuffer(length);
    }
    this.#madeBytes += length;
    return frameMemory(length);
  }

  /** All of them: none is left. */
  takeAll(): ArrayBuffer[] {
    const all = [...this.#frames.values()].flat();
    this.#frames.clear();
    return all;
  }

  /** Lets go of all of them. */
  clear(): void {
    this.#frames.clear();
    this.#madeBytes = 0;
  }
}

/** Those that the store has no use for any more, as many as are kept, until the tasks take them for frames that come next. */
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

  /** Some of them, for one of so many tasks. */
  take(tasks: number): ArrayBuffer[] {
    const most = this.#bytes / tasks, taken: ArrayBuffer[] = [];
    for (let bytes = 0; bytes < most && this.#frames.length > 0;) {
      const frame = this.#frames.pop()!;
      taken.push(frame);
      bytes += frame.byteLength;
      this.#bytes -= frame.byteLength;
    }
    return taken;
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
