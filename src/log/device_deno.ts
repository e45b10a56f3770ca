import { setImmediate } from "node:timers";
import { FILE_WRITE_NOW_BYTES } from "../core/limits.ts";
import type { LogDevice, LogFile } from "./device.ts";

/** So often a file that is written is looked at, whether it is still there: that costs as much as to write a few rows. */
const LOOK_MS = 100;

/** Files below a folder of the machine. */
export class DenoDevice implements LogDevice {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  #path(path: string): string {
    return `${this.#root}/${path}`;
  }

  async list(folder: string): Promise<{ name: string; bytes: number }[]> {
    const found: { name: string; bytes: number }[] = [];
    try {
      for await (const { name, isFile } of Deno.readDir(this.#path(folder))) {
        if (isFile) found.push({ name, bytes: (await Deno.stat(this.#path(`${folder}/${name}`))).size });
      }
    } catch (thrown) {
      if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    }
    return found;
  }

  async folders(folder: string): Promise<string[]> {
    const found: string[] = [];
    try {
      for await (const { name, isDirectory } of Deno.readDir(this.#path(folder))) if (isDirectory) found.push(name);
    } catch (thrown) {
      if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    }
    return found;
  }

  async makeFolder(folder: string): Promise<void> {
    let above = this.#root;
    for (const name of folder.split("/")) {
      const path = `${above}/${name}`, made = await makeOne(path);
      if (made) await syncPath(above);
      above = path;
    }
  }

  async removeFolder(folder: string): Promise<void> {
    try {
      await Deno.remove(this.#path(folder), { recursive: true });
    } catch (thrown) {
      if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    }
  }

  async open(path: string, how: "read" | "write" | "create"): Promise<LogFile> {
    const options = how === "read"
      ? { read: true }
      : how === "write"
      ? { read: true, write: true }
      : { read: true, write: true, create: true, truncate: true };
    const file = await Deno.open(this.#path(path), options);
    return new DenoLogFile(file, (await file.stat()).size);
  }

  async rename(from: string, to: string): Promise<void> {
    await Deno.rename(this.#path(from), this.#path(to));
  }

  async remove(path: string): Promise<void> {
    await Deno.remove(this.#path(path));
  }

  async syncFolder(folder: string): Promise<void> {
    await syncPath(this.#path(folder));
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/** Whether the folder is new. */
async function makeOne(path: string): Promise<boolean> {
  try {
    await Deno.mkdir(path, { mode: 0o700 });
    return true;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.AlreadyExists) return false;
    throw thrown;
  }
}

async function syncPath(path: string): Promise<void> {
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

class DenoLogFile implements LogFile {
  readonly #file: Deno.FsFile;
  #bytes: number;
  /** Where the platform's own position stands. */
  #position = 0;
  /** When it was last seen to have a name, monotonic. */
  #lookedMs = -Infinity;

  constructor(file: Deno.FsFile, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async read(into: Uint8Array<ArrayBuffer>, at: number): Promise<number> {
    this.#seek(at);
    let done = 0;
    while (done < into.length) {
      const count = await this.#file.read(into.subarray(done));
      if (count === null) break;
      done += count;
      this.#position += count;
    }
    return done;
  }

  async write(bytes: Uint8Array<ArrayBuffer>, at: number, beside?: "beside"): Promise<void> {
    this.#seek(at);
    // Bytes are in the system's memory sooner than they are copied for another thread that would bring them there; the disk is met when they are synced. Of many, the last
    // are left to one all the same, so that this one stands for a moment only.
    for (let done = 0; done < bytes.length;) {
      const rest = bytes.subarray(done), now = !beside && done < FILE_WRITE_NOW_BYTES;
      const count = now ? this.#file.writeSync(rest.subarray(0, FILE_WRITE_NOW_BYTES)) : await this.#file.write(rest);
      done += count;
      this.#position += count;
      this.#bytes = Math.max(this.#bytes, this.#position);
    }
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    // What is written to a file without a name is stored nowhere, and nothing else says so.
    if (this.#file.statSync().nlink === 0) throw new Error("its file was removed while it was written");
  }

  /** One file is read and written by one at a time, in turn: its users see to that. */
  #seek(at: number): void {
    if (this.#position !== at) this.#file.seekSync(at, Deno.SeekMode.Start);
    this.#position = at;
  }

  async sync(): Promise<void> {
    await this.#file.syncData();
  }

  close(): void {
    this.#file.close();
  }
}
