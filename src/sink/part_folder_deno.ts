import { dirname } from "node:path";
import type { AppendFile } from "./file.ts";
import { openDenoFile } from "./file_deno.ts";
import type { PartFolder } from "./part_folder.ts";

/** A folder of the machine. */
export class DenoPartFolder implements PartFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  #of(name: string): string {
    return `${this.#path}/${name}`;
  }

  async check(): Promise<void> {
    for (let path = this.#path;; path = dirname(path)) {
      try {
        if ((await Deno.stat(path)).isDirectory) return;
        throw new Error(`${path} is no folder`);
      } catch (thrown) {
        if (!(thrown instanceof Deno.errors.NotFound) || path === dirname(path)) throw thrown;
      }
    }
  }

  async list(): Promise<string[]> {
    await Deno.mkdir(this.#path, { recursive: true });
    const names: string[] = [];
    for await (const { name, isFile } of Deno.readDir(this.#path)) if (isFile) names.push(name);
    return names;
  }

  async create(name: string): Promise<AppendFile> {
    const file = await openDenoFile(this.#of(name));
    await file.truncate(0);
    return file;
  }

  async claim(name: string, text: string): Promise<boolean> {
    try {
      await Deno.writeTextFile(this.#of(name), text, { createNew: true });
      return true;
    } catch (thrown) {
      if (thrown instanceof Deno.errors.AlreadyExists) return false;
      throw thrown;
    }
  }

  async read(name: string): Promise<string | null> {
    try {
      return await Deno.readTextFile(this.#of(name));
    } catch (thrown) {
      if (thrown instanceof Deno.errors.NotFound) return null;
      throw thrown;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await Deno.rename(this.#of(from), this.#of(to));
  }

  async remove(name: string): Promise<void> {
    try {
      await Deno.remove(this.#of(name));
    } catch (thrown) {
      if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    }
  }

  async sync(): Promise<void> {
    using folder = await Deno.open(this.#path, { read: true });
    await folder.sync();
  }
}
