import type { Device } from "../../src/core/device.ts";
import type { AppendFile } from "../../src/sink/file.ts";
import type { PartFolder } from "../../src/sink/part_folder.ts";

/** A folder of parts on a simulated disk: it loses power with it. */
export class SimPartFolder implements PartFolder {
  readonly #disk: Device;
  readonly #path: string;

  constructor(disk: Device, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  #of(name: string): string {
    return `${this.#path}/${name}`;
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  async list(): Promise<string[]> {
    return (await this.#disk.list(this.#path)).map(({ name }) => name);
  }

  async create(name: string): Promise<AppendFile> {
    const file = await this.#disk.open(this.#of(name), "create");
    return {
      get size() {
        return file.bytes;
      },
      async read(into, at) {
        const bytes = new Uint8Array(into.length), count = await file.read(bytes, at);
        into.set(bytes);
        return count;
      },
      append: (bytes) => file.write(new Uint8Array(bytes), file.bytes),
      truncate: () => Promise.reject(new Error("Parts are not cut")),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  }

  async claim(name: string, text: string): Promise<boolean> {
    if ((await this.list()).includes(name)) return false;
    const file = await this.create(name);
    await file.append(new TextEncoder().encode(text));
    return true;
  }

  async read(name: string): Promise<string | null> {
    if (!(await this.list()).includes(name)) return null;
    const file = await this.#disk.open(this.#of(name), "read"), bytes = new Uint8Array(file.bytes);
    await file.read(bytes, 0);
    return new TextDecoder().decode(bytes);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.rename(this.#of(from), this.#of(to));
  }

  async remove(name: string): Promise<void> {
    if ((await this.list()).includes(name)) await this.#disk.remove(this.#of(name));
  }

  sync(): Promise<void> {
    return this.#disk.syncFolder(this.#path);
  }
}
