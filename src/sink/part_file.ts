import type { AppendFile } from "./file.ts";

/** A part while it is written. */
export interface PartFile {
  /** Of the file so far. */
  readonly bytes: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Writes out what waits, and resolves when all of it is on the device; then it is closed. */
  finish(): Promise<void>;
  /** Leaves it as it is. */
  abandon(): Promise<void>;
}

/** Writes a part as it is. */
export class PlainPart implements PartFile {
  readonly #file: AppendFile;

  constructor(file: AppendFile) {
    this.#file = file;
  }

  get bytes(): number {
    return this.#file.size;
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#file.append(bytes);
  }

  async finish(): Promise<void> {
    await this.#file.sync();
    this.#file.close();
  }

  abandon(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}

/** Writes a part packed by gzip. */
export class GzipPart implements PartFile {
  readonly #file: AppendFile;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  /** Brings what is packed to the file. */
  readonly #packing: Promise<void>;

  constructor(file: AppendFile) {
    const { readable, writable } = new CompressionStream("gzip");
    this.#file = file;
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {}); // who writes is told
    this.#packing = (async () => {
      for await (const bytes of readable) await file.append(bytes);
    })();
    this.#packing.catch(() => {}); // who writes or finishes is told
  }

  get bytes(): number {
    return this.#file.size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writer.write(new Uint8Array(bytes));
    } catch (thrown) {
      // The stream breaks because of the file, and knows less of it.
      await this.#packing;
      throw thrown;
    }
  }

  async finish(): Promise<void> {
    await Promise.all([this.#writer.close(), this.#packing]).catch(async (thrown) => {
      await this.#packing;
      throw thrown;
    });
    await this.#file.sync();
    this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#writer.abort().catch(() => {});
    await this.#packing.catch(() => {});
    this.#file.close();
  }
}
