import { endOfStream } from "../core/arrow/writer.ts";
import { CHECKPOINT_PIECE_BYTES } from "../core/limits.ts";
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
  #sum = 0;

  /** `path` is below `folder`. */
  constructor(parts: FileParts, folder: string, path: string) {
    this.#parts = parts;
    this.#folder = folder;
    this.#path = path;
  }

  /** Bytes that are not in the file yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#sum = this.#parts.checksum(bytes, this.#sum);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= CHECKPOINT_PIECE_BYTES) await this.flush();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#waitingBytes > 0) await this.#write(false);
  }

  /** Ends it; its bytes outlive a power cut where that is wanted. */
  async finish(): Promise<StoredFile> {
    await this.append(endOfStream());
    await this.#write(this.#parts.durability === "fsync");
    return { path: this.#path, bytes: this.#written, sum: this.#sum };
  }

  async #write(sync: boolean): Promise<void> {
    const { device } = this.#parts, how = this.#written === 0 ? "create" : "write";
    const file = await device.open(`${this.#folder}/${this.#path}`, how);
    try {
      const bytes = joined(this.#waiting, this.#waitingBytes);
      await file.write(bytes, this.#written);
      this.#written += bytes.length;
      this.#waiting = [];
      this.#waitingBytes = 0;
      if (sync) await file.sync();
    } finally {
      file.close();
    }
  }
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  if (pieces.length === 1) return pieces[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
