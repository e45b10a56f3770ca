import { setImmediate } from "node:timers";
import type { LogDevice, LogFile } from "../../src/log/device.ts";

const SECTOR_BYTES = 512;

interface Inode {
  bytes: Uint8Array<ArrayBuffer>;
  /** As the device has it. */
  synced: Uint8Array<ArrayBuffer>;
  /** A sync of it failed: what it has is unknown. */
  spoiled: boolean;
}

/** What the disk refuses. */
export interface DiskFaults {
  /** Syncs that still succeed; the one after them fails. */
  syncsLeft: number;
  /** Bytes that all files may have together. */
  capacity: number;
  /** Writes that still succeed; the one after them writes a part and fails. */
  writesLeft: number;
}

/**
 * A disk in memory that can lose power: of what was not synced, `crash` keeps any sectors and loses others, and of names that were not synced any, but never both names
 * of a file that was renamed. All calls return in a later turn, so that others come between.
 */
export class SimDisk implements LogDevice {
  readonly #random: (below: number) => number;
  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  readonly faults: DiskFaults = { syncsLeft: Infinity, capacity: Infinity, writesLeft: Infinity };
  #dead = false;
  syncs = 0;
  /** A sync takes up to so many turns. */
  syncTurnsMax = 0;

  /** `random(n)` gives whole numbers below n. */
  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  /** The disk as it is after a power cut (`kill`: only the process has died). What the old one has open does nothing any more. */
  crash(how: "power" | "kill" = "power"): SimDisk {
    const next = new SimDisk(this.#random);
    next.syncTurnsMax = this.syncTurnsMax;
    this.#dead = true;
    if (how === "kill") {
      // What the process had not synced stays so, in memory of the machine.
      const again = new Map(
        [...this.#names.values(), ...this.#syncedNames.values()].map((file) => [file, copyOf(file)]),
      );
      for (const [name, file] of this.#names) next.#names.set(name, again.get(file)!);
      for (const [name, file] of this.#syncedNames) next.#syncedNames.set(name, again.get(file)!);
    } else {
      for (const [name, file] of this.#surviving()) next.#names.set(name, inode(this.#torn(file)));
      next.#syncedNames = new Map(next.#names);
    }
    return next;
  }

  #surviving(): Map<string, Inode> {
    const names = new Map(this.#syncedNames);
    for (const name of new Set([...this.#names.keys(), ...this.#syncedNames.keys()])) {
      if (this.#names.get(name) === this.#syncedNames.get(name) || this.#random(2) === 0) continue;
      const now = this.#names.get(name);
      if (now) names.set(name, now);
      else names.delete(name);
    }
    this.#keepRenamed(names);
    return names;
  }

  /** A rename is whole, as journals of file systems make it: a file that was there for good under one name and has another now is there under one of them. */
  #keepRenamed(names: Map<string, Inode>): void {
    const kept = new Set(names.values()), now = new Map([...this.#names].map(([name, file]) => [file, name]));
    for (const file of this.#syncedNames.values()) {
      const name = now.get(file);
      if (name !== undefined && !kept.has(file)) names.set(name, file);
    }
  }

  /** Any mixture of sectors that are synced and sectors that are written. */
  #torn({ bytes, synced }: Inode): Uint8Array<ArrayBuffer> {
    const torn = new Uint8Array(this.#random(2) === 0 ? synced.length : Math.max(bytes.length, synced.length));
    for (let at = 0; at < torn.length; at += SECTOR_BYTES) {
      const from = this.#random(2) === 0 ? bytes : synced;
      torn.set(from.subarray(at, Math.min(at + SECTOR_BYTES, torn.length)), at);
    }
    return torn;
  }

  get paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** Bytes that all files have together. */
  get used(): number {
    return [...new Set(this.#names.values())].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** The bytes of a file, to be looked at or damaged. */
  bytes(path: string): Uint8Array<ArrayBuffer> {
    return this.#file(path).bytes;
  }

  /** Makes the bytes of a file others, on the device too. */
  put(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    const made = inode(bytes);
    this.#names.set(path, made);
    this.#syncedNames.set(path, made);
  }

  copy(): SimDisk {
    const next = new SimDisk(this.#random);
    for (const [name, { bytes }] of this.#names) next.put(name, bytes.slice());
    return next;
  }

  #file(path: string): Inode {
    const file = this.#names.get(path);
    if (!file) throw new Error(`No such file: ${path}`);
    return file;
  }

  /** Acts in a later turn. A process that has died does nothing any more, and hears of nothing. */
  async #turn<Result>(act: () => Result): Promise<Result> {
    await null;
    if (this.#random(8) === 0) await new Promise<void>((resolve) => setImmediate(() => resolve()));
    // Looked at in the same turn as the act: a crash between the two would let the dead write.
    if (this.#dead) await new Promise(() => {});
    return act();
  }

  list(folder: string): Promise<{ name: string; bytes: number }[]> {
    return this.#turn(() =>
      [...this.#names].flatMap(([path, { bytes }]) => {
        const cut = path.lastIndexOf("/");
        return path.slice(0, cut) === folder ? [{ name: path.slice(cut + 1), bytes: bytes.length }] : [];
      })
    );
  }

  folders(folder: string): Promise<string[]> {
    return this.#turn(() => {
      const below = [...this.#names.keys()].filter((path) => path.startsWith(`${folder}/`));
      const paths = below.map((path) => path.slice(folder.length + 1)).filter((path) => path.includes("/"));
      return [...new Set(paths.map((path) => path.slice(0, path.indexOf("/"))))];
    });
  }

  makeFolder(): Promise<void> {
    return this.#turn(() => {});
  }

  removeFolder(folder: string): Promise<void> {
    return this.#turn(() => {
      for (const name of [...this.#names.keys()]) if (name.startsWith(`${folder}/`)) this.#names.delete(name);
    });
  }

  open(path: string, how: "read" | "write" | "create"): Promise<LogFile> {
    return this.#turn(() => {
      if (how === "create") this.#names.set(path, inode(new Uint8Array()));
      return this.#handle(this.#file(path));
    });
  }

  #handle(file: Inode): LogFile {
    return {
      get bytes() {
        return file.bytes.length;
      },
      read: (into, at) =>
        this.#turn(() => {
          const part = file.bytes.subarray(at, at + into.length);
          into.set(part);
          return part.length;
        }),
      write: (bytes, at) => {
        const data = bytes.slice();
        return this.#turn(() => this.#write(file, data, at));
      },
      sync: async () => {
        const { spoiled } = file;
        const turns = this.syncTurnsMax === 0 ? 0 : this.#random(this.syncTurnsMax + 1);
        for (let i = 0; i < turns; i++) await new Promise<void>((resolve) => setImmediate(() => resolve()));
        await this.#turn(() => this.#sync(file, spoiled));
      },
      close: () => {},
    };
  }

  #write(file: Inode, data: Uint8Array<ArrayBuffer>, at: number): void {
    if (file.spoiled) throw new Error("A file is used again whose sync has failed");
    const fails = this.faults.writesLeft-- <= 0, part = fails ? data.subarray(0, this.#random(data.length)) : data;
    const grown = Math.max(file.bytes.length, at + part.length);
    if (this.used + grown - file.bytes.length > this.faults.capacity) throw ioError("ENOSPC");
    if (grown > file.bytes.length) {
      const longer = new Uint8Array(grown);
      longer.set(file.bytes);
      file.bytes = longer;
    }
    file.bytes.set(part, at);
    if (fails) throw ioError("ENOSPC");
  }

  /** `spoiled`: it was as this began. Syncs that overlap one that fails fail with it. */
  #sync(file: Inode, spoiled: boolean): void {
    if (spoiled) throw new Error("A file is synced again whose sync has failed");
    if (file.spoiled || this.faults.syncsLeft-- <= 0) {
      file.spoiled = true;
      throw ioError("EIO");
    }
    this.syncs++;
    file.synced = file.bytes.slice();
  }

  rename(from: string, to: string): Promise<void> {
    return this.#turn(() => {
      this.#names.set(to, this.#file(from));
      this.#names.delete(from);
    });
  }

  remove(path: string): Promise<void> {
    return this.#turn(() => {
      this.#file(path);
      this.#names.delete(path);
    });
  }

  syncFolder(folder: string): Promise<void> {
    return this.#turn(() => {
      for (const name of new Set([...this.#names.keys(), ...this.#syncedNames.keys()])) {
        if (name.slice(0, name.lastIndexOf("/")) !== folder) continue;
        const now = this.#names.get(name);
        if (now) this.#syncedNames.set(name, now);
        else this.#syncedNames.delete(name);
      }
    });
  }

  turn(): Promise<void> {
    return this.#turn(() => {});
  }
}

function copyOf({ bytes, synced }: Inode): Inode {
  return { bytes: bytes.slice(), synced: synced.slice(), spoiled: false };
}

function inode(bytes: Uint8Array<ArrayBuffer>): Inode {
  return { bytes, synced: bytes.slice(), spoiled: false };
}

function ioError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
