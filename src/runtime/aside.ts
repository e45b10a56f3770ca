import { frameRows } from "../core/frame_info.ts";
import type { Log, LogHold } from "../log.ts";
import { eachRecord } from "./each_record.ts";

/** Where bad rows belong. */
export interface DeadRows {
  hasRoom(frames: readonly ArrayBuffer[]): boolean;
  /** Takes those of the request at `offset`, once. */
  put(frames: readonly ArrayBuffer[], rows: number, offset: number): Promise<void>;
  /** The last offset whose bad rows are there, −1: none. */
  readonly last: number;
  /** How many there ever were, of all requests. */
  readonly rows: number;
  /** How many of them are kept and were neither replayed nor discarded. */
  readonly open: number;
}

/**
 * Bad rows are in the record of the good ones that they came with, and go from there where they belong: whatever ends the process between the two, they are
 * in one place at least, and at the next start in both.
 */
export class Aside {
  readonly #log: Log<unknown>;
  readonly #dead: DeadRows;
  /** Rows before it have no bad ones any more that somebody wants. */
  from: number;
  /** One request after the other. */
  #burying: Promise<void> = Promise.resolve();
  /** Keeps those that could not be put, as when the disk was full. Later ones wait with them: the last that are there say that all before are. */
  #missed: LogHold | null = null;
  /** Keeps what an earlier process has left until it was looked at. */
  #kept: LogHold | null;

  constructor(log: Log<unknown>, dead: DeadRows, from: number) {
    this.#log = log;
    this.#dead = dead;
    this.from = from;
    this.#kept = log.newestAside < 0 ? null : log.hold(log.start);
  }

  /** Keeps the records that come until the bad rows among them are where they belong. */
  expect(): LogHold {
    return this.#log.hold(this.#log.end);
  }

  bury(frames: readonly ArrayBuffer[], rows: number, offset: number): Promise<void> {
    const buried = this.#burying.then(() =>
      this.#missed === null ? this.#dead.put(frames, rows, offset) : this.#bring(offset + 1)
    );
    if (this.#log.durability === "none") {
      this.#burying = buried.catch(() => {});
      return buried;
    }
    // In a log that outlives the process they are safe where they are, and go with those that come next.
    this.#burying = buried.catch(() => void (this.#missed ??= this.#log.hold(offset)));
    return this.#burying;
  }

  /** Puts what has waited, up to an offset, as it lies in its records. */
  async #bring(to: number): Promise<void> {
    const from = Math.max(this.#dead.last + 1, this.from, this.#log.start);
    await eachRecord(this.#log, from, to, async ({ offset, aside }) => {
      if (aside.length === 0 || offset < from) return;
      await this.#dead.put(aside, aside.reduce((sum, frame) => sum + frameRows(frame), 0), offset);
    });
    this.#missed?.close();
    this.#missed = null;
  }

  /** Brings those where they belong that an earlier process has left in their records. */
  async recover(): Promise<void> {
    const last = this.#log.newestAside;
    if (this.#kept !== null && last > this.#dead.last) await this.#bring(last + 1);
    this.#kept?.close();
    this.#kept = null;
  }
}
