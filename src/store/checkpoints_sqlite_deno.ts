import { setImmediate } from "node:timers";
import { RdxError, reasonOf } from "../core/errors.ts";
import { CHECKPOINT_COMPACT_BYTES, CHECKPOINTS_KEPT_MAX } from "../core/limits.ts";
import type {
  CheckpointFacts,
  CheckpointInfo,
  CheckpointStore,
  CheckpointWriter,
  OpenedCheckpoint,
  SavedStep,
} from "../store.ts";
import { type CheckpointBounds, isDue } from "./bounds.ts";
import { type ChainStep, compactSteps } from "./compact.ts";
import { conflict, type HowOver, requireNewest } from "./file_writer.ts";
import {
  SQLITE_VERSION,
  type SqliteDocument,
  type SqlitePart,
  type SqliteRows,
  type StepHead,
  stepOf,
} from "./sqlite_rows_deno.ts";
import { removePart, SqlitePartWriter } from "./sqlite_writer_deno.ts";

export interface SqliteParts {
  readonly rows: SqliteRows;
  readonly durability: "fsync" | "os";
  readonly bounds?: Partial<CheckpointBounds>;
  said(what: string): void;
}

/** A checkpoint that is there; its document, or why that is of no use. */
type Found = { readonly number: number; readonly bytes: number; readonly document: SqliteDocument | RdxError };

/** One pipeline's. */
interface Place {
  readonly folder: string;
  writer: SqliteWriter | null;
  compacting: Promise<void> | null;
  ended: boolean;
  /** What makes a new base now is to end. */
  unwanted: boolean;
  /** Nobody wants a new base of the newest. */
  left: boolean;
  /** Parts that were found to be damaged while a new base was made of them. */
  damaged: { readonly parts: readonly SqlitePart[]; readonly damage: RdxError } | null;
}

/** Checkpoints in one database of SQLite. Statements are synchronous: it belongs into a thread of its own. */
export class SqliteCheckpoints implements CheckpointStore {
  readonly kind = "sqlite";
  readonly #parts: SqliteParts;
  readonly #rows: SqliteRows;
  readonly #places = new Map<string, Place>();
  /** Parts that are being written or read, and by how many. */
  readonly #held = new Map<number, number>();

  constructor(parts: SqliteParts) {
    this.#parts = parts;
    this.#rows = parts.rows;
  }

  #placeOf(folder: string): Place {
    let place = this.#places.get(folder);
    if (!place) {
      place = { folder, writer: null, compacting: null, ended: false, unwanted: false, left: false, damaged: null };
      this.#places.set(folder, place);
    }
    return place;
  }

  #find(folder: string): Found[] {
    const rows = this.#rows.all(
      "SELECT number, document FROM checkpoints WHERE folder = ? ORDER BY number DESC",
      folder,
    );
    return rows.map(({ number, document }) => {
      const bytes = document instanceof Uint8Array ? document.slice() : new Uint8Array();
      return { number: Number(number), bytes: bytes.length, document: this.#rows.documentOf(bytes, Number(number)) };
    });
  }

  #documentOf(folder: string, number: number): SqliteDocument {
    const found = this.#find(folder).find((one) => one.number === number);
    if (!found) throw new RdxError("not_found", `There is no checkpoint of ${folder} after number ${number}`);
    if (found.document instanceof RdxError) throw found.document;
    return found.document;
  }

  async list(folder: string): Promise<readonly CheckpointInfo[]> {
    await null;
    return this.#find(folder).map(infoOf);
  }

  async begin(folder: string, below: number | null): Promise<CheckpointWriter> {
    await null;
    const place = this.#placeOf(folder), newest = this.#find(folder).at(0) ?? null;
    if (place.writer) throw conflict(folder, "one is being written already");
    requireNewest(folder, below, newest);
    if (newest && below !== null) {
      if (newest.document instanceof RdxError) throw newest.document;
      if (place.damaged && liesOn(newest.document.parts, place.damaged.parts)) throw place.damaged.damage;
    }
    this.#rows.changing(false, () => this.#sweep(folder));
    const part = new SqlitePartWriter(this.#rows, folder), above = newest?.number ?? null;
    const release = this.#hold([part.part]);
    // What is made of those before it would be of no use
    if (below === null) place.unwanted = true;
    return place.writer = new SqliteWriter(part, {
      publish: (facts) => {
        if (above !== null && above >= facts.number) {
          throw conflict(folder, `there is one after number ${above} already`);
        }
        this.#publish(folder, below, part, facts);
      },
      over: (how) => {
        release();
        place.writer = null;
        if (how === "abandoned") return;
        place.left = how === "left";
        this.#compact(place);
      },
    });
  }

  /** Makes a checkpoint of what was written, and forgets the oldest, in one transaction. */
  #publish(folder: string, below: number | null, writer: SqlitePartWriter, facts: CheckpointFacts): void {
    this.#rows.changing(this.#parts.durability === "fsync", () => {
      const parts = below === null ? [] : this.#documentOf(folder, below).parts;
      const { number, tables, takenMs, run } = facts, own = writer.finish(number, false, tables);
      this.#rows.putDocument(folder, { format: SQLITE_VERSION, number, takenMs, tables, run, parts: [...parts, own] });
      const { kept = CHECKPOINTS_KEPT_MAX } = this.#parts.bounds ?? {};
      let whole = 0;
      for (const found of this.#find(folder)) {
        if (whole >= kept) this.#remove(folder, found.number);
        else if (!(found.document instanceof RdxError)) whole++;
      }
      this.#sweep(folder);
    });
  }

  #remove(folder: string, number: number): void {
    this.#rows.run("DELETE FROM checkpoints WHERE folder = ? AND number = ?", folder, number);
  }

  /** Removes parts that no checkpoint names and nobody writes or reads; none while a document that may name them is damaged. */
  #sweep(folder: string): void {
    const named = new Set<number>();
    for (const { document } of this.#find(folder)) {
      if (document instanceof RdxError) return;
      for (const { part } of document.parts) named.add(part);
    }
    for (const row of this.#rows.all("SELECT part FROM parts WHERE folder = ?", folder)) {
      const part = Number(row.part);
      if (!named.has(part) && !this.#held.has(part)) removePart(this.#rows, part);
    }
  }

  #hold(parts: readonly number[]): () => void {
    for (const part of parts) this.#held.set(part, (this.#held.get(part) ?? 0) + 1);
    return () => {
      for (const part of parts) {
        const left = (this.#held.get(part) ?? 1) - 1;
        if (left > 0) this.#held.set(part, left);
        else this.#held.delete(part);
      }
    };
  }

  async open(folder: string, number: number): Promise<OpenedCheckpoint> {
    const { format: _, parts, ...facts } = this.#documentOf(folder, number);
    await this.#verify(parts);
    return { facts, steps: () => this.#steps(folder, number) };
  }

  /** Throws RdxError("invalid") when a step of the parts is damaged or missing. */
  async #verify(parts: readonly SqlitePart[]): Promise<void> {
    const release = this.#hold(parts.map(({ part }) => part));
    try {
      for (const part of parts) {
        let sum = 0;
        for (let at = 0; at < part.steps; at++) {
          sum = this.#rows.sumBehind(this.#rows.step(part, at).sum, sum);
          await otherTurns();
        }
        if (sum !== part.sum) throw this.#rows.damaged(`steps of part ${part.part} are not those that were written`);
      }
    } finally {
      release();
    }
  }

  async *#steps(folder: string, number: number): AsyncGenerator<SavedStep> {
    const { parts } = this.#documentOf(folder, number), release = this.#hold(parts.map(({ part }) => part));
    try {
      for (const part of parts) for (let at = 0; at < part.steps; at++) yield stepOf(this.#rows.step(part, at));
    } finally {
      release();
    }
  }

  async discard(folder: string, number: number): Promise<void> {
    await null;
    if (this.#placeOf(folder).writer) throw conflict(folder, "one is being written on top of it");
    this.#rows.changing(this.#parts.durability === "fsync", () => {
      for (const { number: own, document } of this.#find(folder)) {
        const above = !(document instanceof RdxError) && document.parts.some((part) => part.number === number);
        if (own === number || (own > number && above)) this.#remove(folder, own);
      }
      this.#sweep(folder);
    });
  }

  async remove(folder: string): Promise<void> {
    const place = this.#placeOf(folder);
    await this.#end(place);
    this.#rows.changing(this.#parts.durability === "fsync", () => {
      this.#rows.run("DELETE FROM checkpoints WHERE folder = ?", folder);
      this.#rows.run("DELETE FROM steps WHERE part IN (SELECT part FROM parts WHERE folder = ?)", folder);
      this.#rows.run("DELETE FROM parts WHERE folder = ?", folder);
    });
    this.#places.delete(folder);
  }

  async #end(place: Place): Promise<void> {
    place.ended = true;
    await place.writer?.abandon();
    await place.compacting;
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    for (const place of this.#places.values()) while (place.compacting) await place.compacting;
  }

  async close(): Promise<void> {
    for (const place of this.#places.values()) await this.#end(place);
    this.#places.clear();
    this.#rows.close();
  }

  /** Makes new bases beside all else as long as there is reason to. */
  #compact(place: Place): void {
    if (place.compacting || place.ended) return;
    place.unwanted = false;
    place.compacting = this.#compactNewest(place).catch((thrown) => {
      if (!place.unwanted) {
        this.#parts.said(`No new base was made of ${place.folder}, which is tried again: ${reasonOf(thrown)}`);
      }
    }).finally(() => place.compacting = null);
  }

  async #compactNewest(place: Place): Promise<void> {
    while (!place.ended && !place.unwanted && !place.left) {
      const [newest] = this.#find(place.folder), document = newest?.document;
      if (!document || document instanceof RdxError) return;
      if (!isDue(document.parts.map(({ bytes }) => bytes), this.#parts.bounds)) return;
      try {
        await this.#makeBase(place, document);
      } catch (thrown) {
        if (thrown instanceof RdxError && thrown.code === "invalid") {
          place.damaged = { parts: document.parts, damage: thrown };
        }
        throw thrown;
      }
    }
  }

  /** Makes one part of all those of a checkpoint, and lets all that lie on them name that instead. */
  async #makeBase(place: Place, { parts, tables, number }: SqliteDocument): Promise<void> {
    const { folder } = place, writer = new SqlitePartWriter(this.#rows, folder);
    const release = this.#hold([writer.part, ...parts.map(({ part }) => part)]);
    const { compactBytes = CHECKPOINT_COMPACT_BYTES } = this.#parts.bounds ?? {};
    try {
      await this.#verify(parts);
      const wanted = () => {
        if (place.ended || place.unwanted) throw conflict(folder, "no new base is wanted");
      };
      await compactSteps(this.#chainOf(parts, wanted), tables, compactBytes, async (step) => {
        await otherTurns();
        wanted();
        writer.add(step);
      });
      this.#rows.changing(this.#parts.durability === "fsync", () => {
        const base = writer.finish(number, true, tables);
        for (const { document } of this.#find(folder)) {
          if (document instanceof RdxError || !liesOn(document.parts, parts)) continue;
          this.#rows.putDocument(folder, { ...document, parts: [base, ...document.parts.slice(parts.length)] });
        }
      });
    } finally {
      release();
      this.#rows.changing(false, () => this.#sweep(folder));
    }
  }

  /** `wanted` throws when nobody wants what is read any more. */
  #chainOf(parts: readonly SqlitePart[], wanted: () => void): ChainStep[] {
    return parts.flatMap((part) =>
      Array.from({ length: part.steps }, (_, at): ChainStep => {
        const { head: text, bytes } = this.#rows.headOf(part, at), head: StepHead = JSON.parse(text);
        const { node, table, groups } = head;
        if (head.kind === "clear") return { kind: head.kind, node, table };
        if (head.kind === "expire") return { kind: head.kind, node, table, below: BigInt(head.below) };
        const read = async () => {
          await otherTurns();
          wanted();
          const step = stepOf(this.#rows.step(part, at));
          return "frame" in step ? [step.frame] : [];
        };
        const { kind, columns } = head;
        return { kind, node, table, columns, groups, bytes, unique: part.unique, read };
      })
    );
  }
}

interface WriterCalls {
  publish(facts: CheckpointFacts): void;
  /** Called once when it is written, or is not to be written any more. */
  over(how: HowOver): void;
}

class SqliteWriter implements CheckpointWriter {
  readonly #part: SqlitePartWriter;
  readonly #calls: WriterCalls;
  #left = false;

  constructor(part: SqlitePartWriter, calls: WriterCalls) {
    this.#part = part;
    this.#calls = calls;
  }

  async add(step: SavedStep): Promise<void> {
    this.#part.add(step);
    await otherTurns();
  }

  spent(): ArrayBuffer[] {
    return this.#part.spent();
  }

  async commit(facts: CheckpointFacts, bases?: "come"): Promise<void> {
    try {
      this.#calls.publish(facts);
    } catch (thrown) {
      await this.abandon();
      throw thrown;
    }
    this.#leave(bases === "come" ? "left" : "committed");
    await null;
  }

  async abandon(): Promise<void> {
    if (this.#left) return;
    this.#leave("abandoned");
    try {
      this.#part.abandon();
    } catch {
      // What cannot be removed now is swept when the next one begins.
    }
    await null;
  }

  #leave(how: HowOver): void {
    if (this.#left) return;
    this.#left = true;
    this.#calls.over(how);
  }
}

/** Lets others act between two statements. */
function otherTurns(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}

/** Whether the parts of one come first among those of another. */
function liesOn(upper: readonly SqlitePart[], lower: readonly SqlitePart[]): boolean {
  return lower.every(({ part }, i) => upper.at(i)?.part === part);
}

function infoOf({ number, bytes, document }: Found): CheckpointInfo {
  if (document instanceof RdxError) return { number, takenMs: 0, bytes, deltaBytes: bytes, deltas: 0 };
  const sizes = document.parts.map((part) => part.bytes);
  return {
    number,
    takenMs: document.takenMs,
    bytes: sizes.reduce((sum, size) => sum + size, bytes),
    deltaBytes: bytes + (sizes.at(-1) ?? 0),
    deltas: Math.max(0, sizes.length - 1),
  };
}
