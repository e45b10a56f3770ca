import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB } from "idb";
import { type OutboxBatch, RdxError } from "../src/client/rdx/mod.ts";

/** What a database has of one outbox, beside its batches. */
export interface OutboxState {
  readonly producer: string;
  readonly next: number;
  /** Who has opened it last, and alone may write; none in what older clients have left. */
  readonly owner?: string;
}

interface Schema extends DBSchema {
  state: { key: string; value: OutboxState };
  batches: { key: [name: string, sequence: number]; value: OutboxBatch };
}

const STORES = ["state", "batches"] as const;
type Stores = [...typeof STORES];
type Store<Name extends Stores[number]> = IDBPObjectStore<Schema, Stores, Name, "readwrite">;

export type OutboxDatabase = IDBPDatabase<Schema>;
/** What is done in one transaction. */
export type Work<T> = (state: Store<"state">, batches: Store<"batches">) => Promise<T>;

const DATABASE = "rdx-outbox", VERSION = 1;
/** Time in which another tab, or this page before its reload, may give an outbox back. */
const LOCK_MS_MAX = 5000;

/**
 * Opens the database of this origin's outboxes. `gone` is called when it has been taken away (site data were cleared, or the browser made room), and when somebody
 * wants to delete it or to give it a newer version, who waits until it is closed.
 */
export async function openOutboxes(gone: (database: OutboxDatabase) => void): Promise<OutboxDatabase> {
  const database = await openDB<Schema>(DATABASE, VERSION, {
    upgrade(fresh) {
      for (const store of STORES) fresh.createObjectStore(store);
    },
  });
  for (const event of ["close", "versionchange"] as const) database.addEventListener(event, () => gone(database));
  return database;
}

/** One transaction over both stores. Rejects with what made it fail, rather than with that it was aborted. */
export async function transact<T>(
  database: OutboxDatabase,
  work: Work<T>,
  durability: "strict" | "relaxed",
): Promise<T> {
  const transaction = database.transaction([...STORES], "readwrite", { durability });
  const working = work(transaction.objectStore("state"), transaction.objectStore("batches"));
  const [worked, done] = await Promise.allSettled([working, transaction.done]);
  if (worked.status === "fulfilled" && done.status === "fulfilled") return worked.value;
  const reasons = [worked, done].flatMap((end) => end.status === "rejected" ? [end.reason] : []);
  throw reasons.find((reason) => nameOf(reason) !== "AbortError") ?? reasons[0];
}

/** Takes a lock, which is held until the returned function is called or the page ends. */
export async function acquireLock(name: string): Promise<() => void> {
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

/** Whether the origin has no room left. */
export function isFull(thrown: unknown): boolean {
  return nameOf(thrown) === "QuotaExceededError";
}

/** What went wrong in an outbox, with what to do about it. */
export function explained(thrown: unknown): RdxError {
  if (thrown instanceof RdxError) return thrown;
  if (isFull(thrown)) {
    return new RdxError(
      "no_space",
      "This page's IndexedDB has no room for more batches: free some on this device, then open a writer again, which first sends what is kept",
    );
  }
  if (nameOf(thrown) === "VersionError") {
    return new RdxError("conflict", "Another tab has a newer client, which has changed the outboxes: reload this page");
  }
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new RdxError("invalid", `Cannot keep batches in this page's IndexedDB: ${why}`);
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : "";
}
