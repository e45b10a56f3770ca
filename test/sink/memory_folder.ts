import type { AppendFile } from "../../src/sink/file.ts";
import type { PartFolder } from "../../src/sink/part_folder.ts";

/** The process ends here. */
export class Crash extends Error {}

interface Content {
  bytes: Uint8Array;
  synced: Uint8Array;
}

/**
 * A folder in memory whose process may end before any of its steps; a power cut then takes what was not synced: bytes of files, and names that the folder was not synced
 * with.
 */
export class MemoryFolder implements PartFolder {
  #files = new Map<string, Content>();
  #syncedNames = new Map<string, Content>();
  /** Steps until the process ends. */
  left = Infinity;
  /** What a step fails with instead of a crash. */
  failure: Error | null = null;
  steps = 0;

  #step(): void {
    this.steps++;
    if (this.failure) throw this.failure;
    if (this.left-- <= 0) throw new Crash("the process has ended");
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  /** The same folder for a later process. */
  restart({ power }: { readonly power: boolean }): void {
    this.left = Infinity;
    if (!power) return;
    this.#files = new Map(this.#syncedNames);
    for (const content of this.#files.values()) content.bytes = content.synced;
  }

  /** Names and contents of what readers look at. */
  visible(): Map<string, Uint8Array> {
    const names = [...this.#files.keys()].filter((name) => !name.startsWith(".")).sort();
    return new Map(names.map((name) => [name, this.#files.get(name)!.bytes]));
  }

  get names(): string[] {
    return [...this.#files.keys()].sort();
  }

  /** A reader takes a part away. */
  take(name: string): void {
    this.#files.delete(name);
    this.#syncedNames.delete(name);
  }

  list(): Promise<string[]> {
    this.#step();
    return Promise.resolve([...this.#files.keys()]);
  }

  async create(name: string): Promise<AppendFile> {
    await Promise.resolve();
    this.#step();
    const content: Content = { bytes: new Uint8Array(), synced: new Uint8Array() }, step = () => this.#step();
    this.#files.set(name, content);
    return {
      get size() {
        return content.bytes.length;
      },
      read: () => Promise.resolve(0),
      async append(bytes) {
        await Promise.resolve();
        try {
          step();
        } catch (thrown) {
          // What was under way is torn.
          content.bytes = Uint8Array.from([...content.bytes, ...bytes.subarray(0, bytes.length >> 1)]);
          throw thrown;
        }
        content.bytes = Uint8Array.from([...content.bytes, ...bytes]);
      },
      truncate: () => Promise.resolve(),
      async sync() {
        await Promise.resolve();
        step();
        content.synced = content.bytes;
      },
      close: () => {},
    };
  }

  claim(name: string, text: string): Promise<boolean> {
    this.#step();
    if (this.#files.has(name)) return Promise.resolve(false);
    const bytes = new TextEncoder().encode(text);
    this.#files.set(name, { bytes, synced: bytes });
    return Promise.resolve(true);
  }

  read(name: string): Promise<string | null> {
    this.#step();
    const content = this.#files.get(name);
    return Promise.resolve(content ? new TextDecoder().decode(content.bytes) : null);
  }

  async rename(from: string, to: string): Promise<void> {
    await Promise.resolve();
    this.#step();
    const content = this.#files.get(from);
    if (!content) throw new Error(`No such file: ${from}`);
    this.#files.delete(from);
    this.#files.set(to, content);
  }

  remove(name: string): Promise<void> {
    this.#step();
    this.#files.delete(name);
    return Promise.resolve();
  }

  async sync(): Promise<void> {
    await Promise.resolve();
    this.#step();
    this.#syncedNames = new Map(this.#files);
  }
}
