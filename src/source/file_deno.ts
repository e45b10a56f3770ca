import { RdxError, reasonOf } from "../core/errors.ts";
import { FILES_OPEN_MAX } from "../core/limits.ts";
import type { FileReader } from "../source.ts";

/** Reads files of the machine, synchronously: for workers, which have nothing else to do. */
export class DenoFileReader implements FileReader {
  /** In order of last use. */
  readonly #open = new Map<string, Deno.FsFile>();

  /** Throws RdxError("not_found") for what is no file that can be read. */
  size(path: string): number {
    try {
      const info = Deno.statSync(path);
      if (info.isFile) return info.size;
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
    throw new RdxError("not_found", `${path} is no file`);
  }

  read(path: string, offset: number, target: Uint8Array): number {
    const file = this.#file(path);
    file.seekSync(offset, Deno.SeekMode.Start);
    return file.readSync(target) ?? 0;
  }

  close(): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
  }

  #file(path: string): Deno.FsFile {
    let file = this.#open.get(path);
    this.#open.delete(path);
    try {
      file ??= Deno.openSync(path, { read: true });
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
    this.#open.set(path, file);
    if (this.#open.size > FILES_OPEN_MAX) {
      const [oldest] = this.#open.keys();
      this.#open.get(oldest)?.close();
      this.#open.delete(oldest);
    }
    return file;
  }
}

function unreadable(path: string, thrown: unknown): RdxError {
  if (thrown instanceof Deno.errors.NotFound) return new RdxError("not_found", `There is no file ${path}`);
  return new RdxError("not_found", `Cannot read file ${path}: ${reasonOf(thrown)}`);
}
