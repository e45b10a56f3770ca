import type { AppendFile, OpenFile } from "./file.ts";

/** Opens files of the machine. */
export const openDenoFile: OpenFile = async (path) => {
  const file = await Deno.open(path, { read: true, write: true, create: true });
  return new DenoAppendFile(file, (await file.stat()).size);
};

class DenoAppendFile implements AppendFile {
  readonly #file: Deno.FsFile;
  #size: number;

  constructor(file: Deno.FsFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  async lastByte(): Promise<number> {
    if (this.#size === 0) return -1;
    const byte = new Uint8Array(1);
    await this.#file.seek(this.#size - 1, Deno.SeekMode.Start);
    return await this.#file.read(byte) === 1 ? byte[0] : -1;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#file.seek(this.#size, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += await this.#file.write(bytes.subarray(done));
    this.#size += bytes.length;
  }

  async truncate(size: number): Promise<void> {
    await this.#file.truncate(size);
    this.#size = size;
  }

  async sync(): Promise<void> {
    await this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }
}
