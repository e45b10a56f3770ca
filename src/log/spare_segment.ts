import { JOURNAL_PIECE_BYTES } from "../core/limits.ts";
import type { LogDevice, LogFile } from "./device.ts";

const ZEROS = new Uint8Array(JOURNAL_PIECE_BYTES);

/**
 * A file that will be a segment. Zeros are written to it and synced, so that a sync of records over them has no metadata to write: until it has its capacity of them, or
 * until somebody needs it. Whoever writes as fast as the disk takes zeros would wait for them at each segment; what they have not come to grows as it is written.
 */
export class SpareSegment {
  readonly path: string;
  readonly capacity: number;
  readonly #file: Promise<LogFile>;
  #needed = false;

  private constructor(path: string, capacity: number, open: (spare: SpareSegment) => Promise<LogFile>) {
    this.path = path;
    this.capacity = capacity;
    this.#file = open(this);
    // Whoever needs it is told.
    this.#file.catch(() => {});
  }

  /** A new file. */
  static make(device: LogDevice, path: string, capacity: number): SpareSegment {
    return new SpareSegment(path, capacity, (spare) => spare.#fill(device));
  }

  /** A file that was a segment of this capacity. */
  static again(device: LogDevice, from: string, path: string, capacity: number): SpareSegment {
    return new SpareSegment(path, capacity, async () => {
      await device.rename(from, path);
      return await device.open(path, "write");
    });
  }

  async #fill(device: LogDevice): Promise<LogFile> {
    const { path, capacity } = this, file = await device.open(path, "create");
    try {
      await writeZeros(file, 0, capacity, () => this.#needed);
      return file;
    } catch (thrown) {
      file.close();
      await device.remove(path).catch(() => {});
      throw thrown;
    }
  }

  /** Resolves when zeros are all over it. Rejects with what the device has thrown; nothing is left of it then. */
  whole(): Promise<LogFile> {
    return this.#file;
  }

  /** Resolves as soon as nobody writes zeros to it any more, which ends now. Rejects likewise. */
  take(): Promise<LogFile> {
    this.#needed = true;
    return this.#file;
  }
}

/** Writes zeros and syncs them, a piece at a time, until `enough` says so: what is synced meanwhile waits for one piece at most. */
export async function writeZeros(
  file: LogFile,
  from: number,
  to: number,
  enough: () => boolean = () => false,
): Promise<void> {
  for (let at = from; at < to && !enough(); at += ZEROS.length) {
    await file.write(ZEROS.subarray(0, to - at), at, "beside");
    await file.sync();
  }
}
