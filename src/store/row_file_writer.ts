import { endOfStream } from "../core/arrow/writer.ts";
import { CHECKPOINT_JOIN_BYTES, CHECKPOINT_PIECE_BYTES } from "../core/limits.ts";
import type { FileParts } from "./file_parts.ts";
import type { StoredFile } from "./manifest.ts";

/** Writes a file from its begin to its end, some at a time; it is open only meanwhile, since a part has many. */
export class RowFileWriter {
  readonly #parts: FileParts;
  readonly #folder: string;
  readonly #path: string;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  #written = 0;
  /** Of what waits, and of what is written. */
  readonly #frames: ArrayBuffer[] = [];
  readonly #spent: ArrayBuffer[] = [];
  #sum = 0;

  /** `path` is below `folder`. */
  constructor(parts: FileParts, folder: string, path: string) {
    this.#parts = parts;
    this.#folder = folder;
    this.#path = path;
  }

  /** Frames that nobody reads any more, each once. */
  spent(): ArrayBuffer[] {
    return this.#spent.splice(0);
  }

  /** Bytes that are not in the file yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes bytes for good, one piece behind the other; they may be in the buffer of `frame`, which is spent when they are written. */
  async append(pieces: readonly Uint8Array<ArrayBuffer>[], frame: ArrayBuffer | null = null): Promise<void> {
    if (frame) this.#frames.push(frame);
    for (const bytes of pieces) {
      this.#sum = this.#parts.crc32(bytes, this.#sum);
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    }
    if (this.#waitingBytes >= CHECKPOINT_PIECE_BYTES) await this.flush();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#waitingBytes > 0) await this.#write(false);
  }

  /** Ends it; its bytes outlive a power cut where that is wanted. */
  async finish(): Promise<StoredFile> {
    await this.append([endOfStream()]);
    await this.#write(this.#parts.durability === "fsync");
    return { path: this.#path, bytes: this.#written, sum: this.#sum, kind: "crc32" };
  }

  async #write(sync: boolean): Promise<void> {
    const { device } = this.#parts, how = this.#written === 0 ? "create" : "write";
    const file = await device.open(`${this.#folder}/${this.#path}`, how);
    try {
      for (const bytes of joined(this.#waiting)) {
        await file.write(bytes, this.#written);
        this.#written += bytes.length;
      }
      this.#waiting = [];
      this.#spent.push(...this.#frames.splice(0));
      this.#waitingBytes = 0;
      if (sync) await file.sync();
    } finally {
      file.close();
    }
  }
}

/** The pieces, of which short ones that follow each other are one; long ones are not copied. */
function joined(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
  const all: Uint8Array<ArrayBuffer>[] = [];
  for (let from = 0; from < pieces.length;) {
    let to = from, length = 0;
    while (to < pieces.length && pieces[to].length < CHECKPOINT_JOIN_BYTES) length += pieces[to++].length;
    if (to - from < 2) all.push(pieces[from++]);
    else {
      all.push(oneOf(pieces.slice(from, to), length));
      from = to;
    }
  }
  return all;
}

function oneOf(pieces: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
