/** An outbox in a file, for Deno and Node. */
import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { RdxError } from "../../core/errors.ts";
import { acquireLock } from "./outbox_file_lock.ts";
import { encodeEntry, readEntries } from "./outbox_file_entry.ts";
import { newProducer } from "./outbox_memory.ts";
import type { Outbox, OutboxBatch } from "./types.ts";

/** Bytes of a file in which everything is acknowledged, from which on it is begun anew. */
const REWRITE_BYTES = 4 << 20;
/** A file with batches that are not acknowledged is rewritten when it is so many times as long as they are. */
const REWRITE_RATIO = 4;

/**
 * Keeps batches in a file, from which the next process sends what this one could not: nothing is lost when it is killed, nor when the machine stops, as far as its
 * disk keeps what `fdatasync` says it has. One process at a time; the lock beside it, `<path>.lock`, is taken over from one that is gone.
 *
 *   entry, entry, …      each a head with a checksum, and a body: who sends · a batch · all up to a number are acknowledged
 *
 * Methods throw RdxError: "conflict" for a file in use, "invalid" for one that is damaged before its last entry, "no_space" for a full disk.
 */
export function fileOutbox(path: string): Outbox {
  return new FileOutbox(path);
}

class FileOutbox implements Outbox {
  readonly #path: string;
  #unlock: (() => Promise<void>) | null = null;
  #file: FileHandle | null = null;
  #producer = "";
  #next = 0;
  /** Where the next entry goes. */
  #end = 0;
  #waiting: OutboxBatch[] = [];
  #waitingBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): ReturnType<Outbox["open"]> {
    this.#unlock = await acquireLock(`${this.#path}.lock`);
    try {
      await this.#read();
    } catch (thrown) {
      await this.close();
      throw thrown;
    }
    return { producer: this.#producer, next: this.#next, batches: this.#waiting.slice() };
  }

  async append(batch: OutboxBatch): Promise<void> {
    await this.#write(encodeEntry({ kind: "batch", batch }), true);
    this.#next = batch.sequence + 1;
    this.#waiting.push(batch);
    this.#waitingBytes += batch.body.length;
  }

  /** Not synced: what is forgotten here after a crash is sent again, and known by its number. */
  async forget(sequence: number): Promise<void> {
    const left = this.#waiting.findIndex((batch) => batch.sequence > sequence);
    this.#waiting.splice(0, left < 0 ? this.#waiting.length : left);
    this.#waitingBytes = this.#waiting.reduce((bytes, { body }) => bytes + body.length, 0);
    if (this.#end > REWRITE_BYTES && this.#end > REWRITE_RATIO * this.#waitingBytes) await this.#rewrite();
    else await this.#write(encodeEntry({ kind: "forget", sequence }), false);
  }

  async rename(producer: string, batches: readonly OutboxBatch[]): Promise<void> {
    this.#producer = producer;
    this.#next = batches.length;
    this.#waiting = batches.slice();
    await this.#rewrite();
  }

  async close(): Promise<void> {
    const file = this.#file, unlock = this.#unlock;
    this.#file = this.#unlock = null;
    await file?.close();
    await unlock?.();
  }

  async #read(): Promise<void> {
    const { O_RDWR, O_CREAT } = constants;
    this.#file = await explained(this.#path, () => open(this.#path, O_RDWR | O_CREAT, 0o600));
    const bytes = new Uint8Array(await this.#file.readFile());
    const { entries, end } = readEntries(bytes, this.#path);
    for (const entry of entries) {
      if (entry.kind === "producer") {
        this.#producer = entry.producer;
        this.#next = entry.next;
        this.#waiting = [];
      } else if (entry.kind === "batch") {
        this.#waiting.push(entry.batch);
        this.#next = entry.batch.sequence + 1;
      } else this.#waiting = this.#waiting.filter(({ sequence }) => sequence > entry.sequence);
    }
    this.#end = end;
    if (this.#producer !== "" && end === bytes.length) return;
    // A new file; or one whose last entry was cut by a crash, and so was never sent.
    this.#producer ||= newProducer();
    await this.#rewrite();
  }

  async #write(bytes: Uint8Array, sync: boolean): Promise<void> {
    const file = this.#file;
    if (!file) throw new RdxError("closing", `The outbox ${this.#path} is closed`);
    await explained(this.#path, async () => {
      for (let at = 0; at < bytes.length;) {
        at += (await file.write(bytes, at, bytes.length - at, this.#end + at)).bytesWritten;
      }
      if (sync) await file.datasync();
    });
    this.#end += bytes.length;
  }

  /** Writes what waits into a new file, which takes the place of the old one as a whole. */
  async #rewrite(): Promise<void> {
    const temporary = `${this.#path}.new`;
    await explained(this.#path, async () => {
      const file = await open(temporary, "w+", 0o600), old = this.#file;
      let end = 0;
      const put = async (bytes: Uint8Array) => {
        await file.writeFile(bytes);
        end += bytes.length;
      };
      try {
        await put(encodeEntry({ kind: "producer", producer: this.#producer, next: this.#next }));
        for (const batch of this.#waiting) await put(encodeEntry({ kind: "batch", batch }));
        await file.datasync();
        await rename(temporary, this.#path);
        await syncFolder(dirname(this.#path));
      } catch (thrown) {
        await file.close();
        throw thrown;
      }
      this.#file = file;
      this.#end = end;
      await old?.close();
    });
  }
}

/** A new name is kept over a power cut once its folder is. Not every platform can sync one. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof RdxError) throw thrown;
    const code = (thrown as { code?: string }).code, full = code === "ENOSPC" || code === "EDQUOT";
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new RdxError(full ? "no_space" : "invalid", `Cannot keep batches in ${path}: ${why}`);
  }
}
