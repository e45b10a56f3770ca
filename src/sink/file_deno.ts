import { dirname } from "node:path";
import type { AppendFile, AppendFiles } from "./file.ts";

/** Files of the machine. `pathOf` makes a path absolute. */
export function denoFiles(pathOf: (path: string) => string): AppendFiles {
  return {
    async sizeOf(given) {
      const path = pathOf(given);
      try {
        using file = await Deno.open(path, { read: true, write: true });
        return (await file.stat()).size;
      } catch (thrown) {
        if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
      }
      const { isDirectory } = await Deno.stat(dirname(path));
      if (!isDirectory) throw new Error(`${dirname(path)} is no folder`);
      return 0;
    },
    open: (path) => openDenoFile(pathOf(path)),
  };
}

/** Opens a file, made if it is not there. */
export async function openDenoFile(path: string): Promise<AppendFile> {
  const file = await Deno.open(path, { read: true, write: true, create: true });
  return new DenoAppendFile(file, (await file.stat()).size);
}

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

  async read(into: Uint8Array, at: number): Promise<number> {
    await this.#file.seek(at, Deno.SeekMode.Start);
    let done = 0;
    while (done < into.length) {
      const count = await this.#file.read(into.subarray(done));
      if (count === null) break;
      done += count;
    }
    return done;
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
