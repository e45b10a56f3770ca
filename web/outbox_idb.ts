import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB } from "idb";
import { newProducer, type Outbox, type OutboxBatch, RdxError } from "../src/client/rdx/mod.ts";

interface State {
  readonly producer: string;
  readonly next: number;
}

interface Schema extends DBSchema {
  state: { key: string; value: State };
  batches: { key: [name: string, sequence: number]; value: OutboxBatch };
}

type Database = IDBPDatabase<Schema>;
type Stores = ["state", "batches"];
type Store<Name extends Stores[number]> = IDBPObjectStore<Schema, Stores, Name, "readwrite">;

const DATABASE = "rdx-outbox", VERSION = 1;
/** Time in which another tab, or this page before its reload, may give an outbox back. */
const LOCK_MS_MAX = 5000;

/**
 * Keeps batches in the page's IndexedDB (with durability `strict`: on the disk before they leave), from which the page sends after a reload or a crash what it could not before. `name` tells outboxes of one origin apart. One
 * tab at a time holds an outbox (by a Web Lock): a second one is refused with RdxError("conflict"); give it a name of its own, or none to keep batches in
 * memory. Throws RdxError("no_space") when the origin's quota is used up, "invalid" where the page has no IndexedDB or no locks (plain HTTP).
 */
export function indexedDbOutbox(name = "default"): Outbox {
  return new IndexedDbOutbox(name);
}

class IndexedDbOutbox implements Outbox {
  readonly #name: string;
  #database: Database | null = null;
  #unlock: () => void = () => {};
  #producer = "";

  constructor(name: string) {
    this.#name = name;
  }

  async open(): ReturnType<Outbox["open"]> {
    this.#unlock = await acquire(`rdx-outbox ${this.#name}`);
    try {
      return await this.#read();
    } catch (thrown) {
      await this.close();
      throw explained(thrown);
    }
  }

  append(batch: OutboxBatch): Promise<void> {
    return this.#write(async (state, batches) => {
      await Promise.all([
        state.put({ producer: this.#producer, next: batch.sequence + 1 }, this.#name),
        batches.put(batch, [this.#name, batch.sequence]),
      ]);
    });
  }

  /** Not strict: what comes back after a crash is sent again, and known by its number. */
  forget(sequence: number): Promise<void> {
    return this.#write((_state, batches) => batches.delete(this.#range(sequence)), "relaxed");
  }

  rename(producer: string, renamed: readonly OutboxBatch[]): Promise<void> {
    this.#producer = producer;
    return this.#write(async (state, batches) => {
      await Promise.all([
        batches.delete(this.#range(Infinity)),
        state.put({ producer, next: renamed.length }, this.#name),
        ...renamed.map((batch) => batches.put(batch, [this.#name, batch.sequence])),
      ]);
    });
  }

  close(): Promise<void> {
    this.#database?.close();
    this.#database = null;
    this.#unlock();
    return Promise.resolve();
  }

  async #read(): ReturnType<Outbox["open"]> {
    const database = this.#database = await openDB<Schema>(DATABASE, VERSION, {
      upgrade(fresh) {
        fresh.createObjectStore("state");
        fresh.createObjectStore("batches");
      },
    });
    const transaction = database.transaction(["state", "batches"], "readwrite", { durability: "strict" });
    const state = transaction.objectStore("state"), known = await state.get(this.#name);
    const found = known ?? { producer: newProducer(), next: 0 };
    if (!known) await state.put(found, this.#name);
    const batches = await transaction.objectStore("batches").getAll(this.#range(Infinity));
    await transaction.done;
    this.#producer = found.producer;
    return { ...found, batches: batches as OutboxBatch[] };
  }

  /** The batches of this outbox up to a number. */
  #range(sequence: number): IDBKeyRange {
    return IDBKeyRange.bound([this.#name, -1], [this.#name, sequence]);
  }

  async #write(
    work: (state: Store<"state">, batches: Store<"batches">) => Promise<void>,
    durability: "strict" | "relaxed" = "strict",
  ): Promise<void> {
    if (!this.#database) throw new RdxError("closing", `The outbox ${this.#name} is closed`);
    try {
      const transaction = this.#database.transaction(["state", "batches"], "readwrite", { durability });
      await Promise.all([work(transaction.objectStore("state"), transaction.objectStore("batches")), transaction.done]);
    } catch (thrown) {
      throw explained(thrown);
    }
  }
}

/** Takes a lock, which is held until the returned function is called or the page ends. */
async function acquire(name: string): Promise<() => void> {
  if (typeof indexedDB === "undefined" || !navigator.locks) {
    throw new RdxError("invalid", "This page has no IndexedDB or no Web Locks: serve it over HTTPS or from localhost");
  }
  const { promise: held, resolve: unlock } = Promise.withResolvers<void>();
  const { promise, resolve, reject } = Promise.withResolvers<() => void>();
  const signal = AbortSignal.timeout(LOCK_MS_MAX);
  navigator.locks.request(name, { signal }, () => {
    resolve(unlock);
    return held;
  }).catch(() => {
    reject(
      new RdxError("conflict", "Another tab sends from this outbox: close it, or give this one a name of its own"),
    );
  });
  return await promise;
}

function explained(thrown: unknown): RdxError {
  if (thrown instanceof RdxError) return thrown;
  const full = thrown instanceof DOMException && thrown.name === "QuotaExceededError";
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new RdxError(full ? "no_space" : "invalid", `Cannot keep batches in this page's IndexedDB: ${why}`);
}
