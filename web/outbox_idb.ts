import { newProducer, type Outbox, type OutboxBatch, RdxError } from "../src/client/rdx/mod.ts";
import {
  acquireLock,
  explained,
  isFull,
  openOutboxes,
  type OutboxDatabase,
  type OutboxState,
  transact,
  type Work,
} from "./outbox_database.ts";

/** Times that something is written in all, the last into a database that was opened anew. */
const TRIES_MAX = 2;
/** Times that a database is opened anew: while it is being deleted it may open once more, and be gone again. Between them it waits, each time twice as long. */
const RESTORE_TRIES_MAX = 8, RESTORE_WAIT_MS = 10;

/**
 * Keeps batches in the page's IndexedDB (with durability `strict`: on the disk before they leave), from which the page sends after a reload or a crash what it could not before. `name` tells outboxes of one origin apart. One
 * tab at a time holds an outbox (by a Web Lock): a second one is refused with RdxError("conflict"); give it a name of its own, or none to keep batches in
 * memory. Throws RdxError("no_space") when the origin's quota is used up: what was kept stays, and the next writer sends it. "invalid" where the page has no
 * IndexedDB or no locks (plain HTTP).
 *
 * When the database is deleted while it is in use (cleared site data, a browser that needs room), what waits is put into a new one, and the writer's status says
 * so (`restored`).
 */
export function indexedDbOutbox(name = "default"): Outbox {
  return new IndexedDbOutbox(name);
}

class IndexedDbOutbox implements Outbox {
  readonly #name: string;
  /**
   * Tells this outbox from all others that were ever opened. Locks go with the data that is cleared, as far as new tabs see, so that two may hold one: of these only
   * the last may write, or both would give one number to different batches.
   */
  #owner: string | undefined = newProducer();
  #isOpen = false;
  /** Null while it is gone. */
  #database: OutboxDatabase | null = null;
  #restoring: Promise<OutboxDatabase> | null = null;
  #unlock: () => void = () => {};
  #tell: (reason: string) => void = () => {};
  #producer = "";
  #next = 0;
  /** What the database has, by number; the sender holds the same bytes. */
  #kept = new Map<number, OutboxBatch>();

  constructor(name: string) {
    this.#name = name;
  }

  async open(tell: (reason: string) => void = () => {}): ReturnType<Outbox["open"]> {
    this.#unlock = await acquireLock(`rdx-outbox ${this.#name}`);
    this.#tell = tell;
    try {
      this.#database = await openOutboxes((database) => this.#gone(database));
      const opened = await this.#read(this.#database);
      this.#isOpen = true;
      return opened;
    } catch (thrown) {
      await this.close();
      throw explained(thrown);
    }
  }

  async append(batch: OutboxBatch): Promise<void> {
    const next = batch.sequence + 1;
    await this.#write(async (state, batches) => {
      await Promise.all([state.put(this.#state(next), this.#name), batches.put(batch, [this.#name, batch.sequence])]);
    });
    this.#next = next;
    this.#kept.set(batch.sequence, batch);
  }

  /** Not strict: what comes back after a crash is sent again, and known by its number. */
  forget(sequence: number): Promise<void> {
    for (const kept of this.#kept.keys()) {
      if (kept > sequence) break;
      this.#kept.delete(kept);
    }
    return this.#write((_state, batches) => batches.delete(this.#range(sequence)), "relaxed");
  }

  async rename(producer: string, renamed: readonly OutboxBatch[]): Promise<void> {
    this.#producer = producer;
    this.#next = renamed.length;
    this.#keep(renamed);
    await this.#write(this.#rewrite);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#restoring?.catch(() => {});
    this.#database?.close();
    this.#database = null;
    this.#unlock();
  }

  async #read(database: OutboxDatabase): ReturnType<Outbox["open"]> {
    const full = await this.#claim(database).then(() => null, (thrown) => {
      if (isFull(thrown)) return thrown;
      throw thrown;
    });
    const { found, batches } = await transact(database, async (state, batches) => ({
      found: await state.get(this.#name),
      batches: await batches.getAll(this.#range(Infinity)),
    }), "relaxed");
    if (!found) throw full ?? new Error("they were emptied");
    // What is kept can be sent without any room: then it stays with the name of whoever opened it last.
    this.#owner = found.owner;
    this.#producer = found.producer;
    this.#next = found.next;
    this.#keep(batches);
    return { producer: found.producer, next: found.next, batches };
  }

  async #claim(database: OutboxDatabase): Promise<void> {
    await transact(database, async (state) => {
      const found = await state.get(this.#name) ?? { producer: newProducer(), next: 0 };
      await state.put({ ...found, owner: this.#owner }, this.#name);
    }, "strict");
  }

  #keep(batches: readonly OutboxBatch[]): void {
    this.#kept = new Map(batches.map((batch) => [batch.sequence, batch]));
  }

  #state(next: number): OutboxState {
    return { producer: this.#producer, next, owner: this.#owner };
  }

  /** The batches of this outbox up to a number. */
  #range(sequence: number): IDBKeyRange {
    return IDBKeyRange.bound([this.#name, -1], [this.#name, sequence]);
  }

  /** All that it has, whatever the database had of it. */
  readonly #rewrite: Work<void> = async (state, batches) => {
    await Promise.all([
      batches.delete(this.#range(Infinity)),
      state.put(this.#state(this.#next), this.#name),
      ...Array.from(this.#kept.values(), (batch) => batches.put(batch, [this.#name, batch.sequence])),
    ]);
  };

  async #write(work: Work<void>, durability: "strict" | "relaxed" = "strict"): Promise<void> {
    for (let tries = 1;; tries++) {
      if (!this.#isOpen) throw new RdxError("closing", `The outbox ${this.#name} is closed`);
      const database = this.#database;
      try {
        return await transact(database ?? await this.#restored(), async (state, batches) => {
          const found = await state.get(this.#name);
          if (!found) throw new Error("they were emptied");
          this.#check(found);
          await work(state, batches);
        }, durability);
      } catch (thrown) {
        if (thrown instanceof RdxError || isFull(thrown) || tries >= TRIES_MAX) throw explained(thrown);
        if (database) this.#gone(database);
      }
    }
  }

  /** Throws when another tab has opened the outbox since. */
  #check({ owner }: OutboxState): void {
    if (owner === this.#owner) return;
    throw new RdxError(
      "conflict",
      `Another tab has opened the outbox ${this.#name} after this page's data were cleared, and alone writes to it: go on there, or give this one a name of its own`,
    );
  }

  /** The database is gone, or somebody waits for it to be closed. */
  #gone(database: OutboxDatabase): void {
    database.close();
    if (this.#database !== database) return;
    this.#database = null;
    // Why it cannot be restored, whoever writes next finds out.
    if (this.#isOpen) this.#restored().catch(() => {});
  }

  #restored(): Promise<OutboxDatabase> {
    return this.#restoring ??= this.#restoreSoon().finally(() => this.#restoring = null);
  }

  async #restoreSoon(): Promise<OutboxDatabase> {
    for (let tries = 1;; tries++) {
      try {
        return await this.#restore();
      } catch (thrown) {
        if (thrown instanceof RdxError || isFull(thrown) || tries >= RESTORE_TRIES_MAX || !this.#isOpen) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, RESTORE_WAIT_MS << tries));
      }
    }
  }

  /** Puts all into a new database. One that only was closed has it already: then nothing is new, and nothing is said. */
  async #restore(): Promise<OutboxDatabase> {
    const database = await openOutboxes((database) => this.#gone(database));
    try {
      const wasLost = await transact(database, async (state, batches) => {
        const found = await state.get(this.#name);
        if (found) this.#check(found);
        await this.#rewrite(state, batches);
        return !found;
      }, "strict");
      this.#database = database;
      if (wasLost) this.#tell(`This page's data were deleted: the outbox has put back ${this.#kept.size} batches`);
      return database;
    } catch (thrown) {
      database.close();
      throw thrown;
    }
  }
}
