import { DatabaseSync, type StatementSync } from "node:sqlite";
import { RdxError, reasonOf } from "../core/errors.ts";
import type { CheckpointFacts, SavedStep } from "../store.ts";
import { viewStep } from "./arrow_rows.ts";
import { frameBytes } from "../core/frame_info.ts";
import { type Checksum, seal, unseal } from "./sealed.ts";

/** What the tables mean; another version is another number. */
export const SQLITE_VERSION = 1;

/**
 * Checkpoints of all pipelines in one database. A checkpoint is a document, sealed (sealed.ts) around its facts and the parts that it consists of, each with the number
 * of its steps, their bytes, and the sum of their sums in order. Parts that no document names are of no meaning.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS checkpoints (
    folder TEXT NOT NULL,
    number INTEGER NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (folder, number)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS parts (part INTEGER PRIMARY KEY AUTOINCREMENT, folder TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS steps (
    part INTEGER NOT NULL,
    position INTEGER NOT NULL,
    head TEXT NOT NULL,        -- JSON of what a step is beside its rows
    frame BLOB,                -- rows as core/frame.ts lays them out; NULL without
    sum INTEGER NOT NULL,      -- CRC-32C of head and frame
    PRIMARY KEY (part, position)
  ) STRICT;
`;

export interface SqlitePart {
  readonly part: number;
  readonly number: number;
  readonly unique: boolean;
  readonly steps: number;
  readonly bytes: number;
  /** CRC-32C of the sums of its steps, in order. */
  readonly sum: number;
}

export interface SqliteDocument extends CheckpointFacts {
  readonly format: number;
  readonly parts: readonly SqlitePart[];
}

/** A step without its rows. */
export type StepHead =
  & { readonly node: string; readonly table: string; readonly groups: readonly [number, number] | null }
  & (
    | { readonly kind: "clear" }
    | { readonly kind: "expire"; readonly below: string }
    | Omit<Extract<SavedStep, { readonly rows: number }>, "frame">
  );

/** A step as it is stored. */
export interface StepRow {
  readonly head: string;
  readonly frame: Uint8Array<ArrayBuffer> | null;
  readonly sum: number;
}

const encoder = new TextEncoder();
/** Codes of SQLite: full · what is no database, or a damaged one. */
const FULL = 13, DAMAGED = [11, 26];

/** The database, with its statements. All throw RdxError: "no_space", "invalid" when the file is damaged, "internal". */
export class SqliteRows {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #checksum: Checksum;
  readonly #statements = new Map<string, StatementSync>();

  /** Takes an open database, which is made what it has to be. Throws RdxError("invalid") for one that is damaged, or of another version. */
  constructor(path: string, db: DatabaseSync, checksum: Checksum) {
    this.#path = path;
    this.#db = db;
    this.#checksum = checksum;
    this.#try(() => {
      // Pages that are this large suit frames; a database that is there keeps its own.
      db.exec("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
      const { user_version: version } = db.prepare("PRAGMA user_version").get() ?? {};
      if (version !== 0 && version !== SQLITE_VERSION) {
        const told = `it has version ${version}, and this rdx knows ${SQLITE_VERSION}`;
        throw new RdxError(
          "invalid",
          `Cannot use ${path}: ${told}; use the rdx that wrote it, or move the data directory away`,
        );
      }
      db.exec(`${TABLES} PRAGMA user_version = ${SQLITE_VERSION};`);
    });
  }

  /** Opens the database at a path, which is made if it is not there. */
  static open(path: string, checksum: Checksum): SqliteRows {
    const db = new DatabaseSync(path);
    try {
      return new SqliteRows(path, db, checksum);
    } catch (thrown) {
      db.close();
      throw thrown;
    }
  }

  get path(): string {
    return this.#path;
  }

  all(sql: string, ...values: (string | number)[]) {
    return this.#try(() => this.#prepare(sql).all(...values));
  }

  get(sql: string, ...values: (string | number)[]) {
    return this.#try(() => this.#prepare(sql).get(...values));
  }

  run(sql: string, ...values: (string | number | Uint8Array | null)[]): number {
    return this.#try(() => Number(this.#prepare(sql).run(...values).lastInsertRowid));
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }

  #try<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (thrown) {
      throw this.#explained(thrown);
    }
  }

  /** All or nothing; `durable`: it outlives a power cut when this returns. */
  changing<Result>(durable: boolean, change: () => Result): Result {
    return this.#try(() => {
      if (durable) this.#db.exec("PRAGMA synchronous = FULL");
      try {
        this.#db.exec("BEGIN IMMEDIATE");
        const result = change();
        this.#db.exec("COMMIT");
        return result;
      } catch (thrown) {
        // A full disk may have rolled it back already.
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw thrown;
      } finally {
        if (durable) this.#db.exec("PRAGMA synchronous = NORMAL");
      }
    });
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  /** What is wrong, and what to do. */
  damaged(why: string): RdxError {
    return new RdxError(
      "invalid",
      `Cannot use ${this.#path}: ${why}; put a copy in its place, or go back to a checkpoint before it`,
    );
  }

  #explained(thrown: unknown): RdxError {
    if (thrown instanceof RdxError) return thrown;
    const code = thrown instanceof Error && "errcode" in thrown ? Number(thrown.errcode) & 0xff : null;
    const reason = reasonOf(thrown);
    // Not every call tells its code.
    if (code === FULL || /disk is full|no space/i.test(reason)) {
      return new RdxError(
        "no_space",
        `There is no room on the disk for ${this.#path}: the checkpoint was not made; make room and try again`,
      );
    }
    if ((code !== null && DAMAGED.includes(code)) || /malformed|not a database/.test(reason)) {
      return this.damaged(reason);
    }
    return new RdxError("internal", `Cannot use ${this.#path}: ${reason}`);
  }

  putDocument(folder: string, document: SqliteDocument): void {
    const sealed = seal(document, this.#checksum);
    this.run("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)", folder, document.number, sealed);
  }

  /** What a document says, or why it is of no use. */
  documentOf(bytes: Uint8Array<ArrayBuffer>, number: number): SqliteDocument | RdxError {
    const unsealed = unseal<SqliteDocument>(bytes, this.#checksum), what = `checkpoint ${number}`;
    if ("damage" in unsealed) return this.damaged(`${what} is damaged (${unsealed.damage})`);
    const { format, number: own } = unsealed.body;
    if (format !== SQLITE_VERSION) {
      return this.damaged(`${what} has version ${format} of the format, and this rdx knows ${SQLITE_VERSION}`);
    }
    return own === number ? unsealed.body : this.damaged(`${what} says that it is ${own}`);
  }

  /** Throws RdxError("invalid") for a frame that is none of the step's columns. Null: it has no rows. */
  rowOf(step: SavedStep): StepRow | null {
    const { node, table } = step, named = { node, table, groups: null };
    if (step.kind === "clear") return this.#row({ kind: step.kind, ...named }, null);
    if (step.kind === "expire") return this.#row({ kind: step.kind, ...named, below: String(step.below) }, null);
    const { view, groups } = viewStep(step), { kind, columns } = step;
    if (view.rows === 0) return null;
    return this.#row(
      { kind, ...named, groups, columns, rows: view.rows },
      new Uint8Array(step.frame, 0, frameBytes(step.frame)),
    );
  }

  #row(head: StepHead, frame: Uint8Array<ArrayBuffer> | null): StepRow {
    const text = JSON.stringify(head);
    return { head: text, frame, sum: this.#sumOf(text, frame) };
  }

  #sumOf(head: string, frame: Uint8Array<ArrayBuffer> | null): number {
    const sum = this.#checksum(encoder.encode(head));
    return frame === null ? sum : this.#checksum(frame, sum);
  }

  /** The sum of sums, with one more. */
  sumBehind(sum: number, before: number): number {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, sum, true);
    return this.#checksum(bytes, before);
  }

  /** The head of a step that was verified, and how many bytes its rows have. */
  headOf({ part }: SqlitePart, position: number): { readonly head: string; readonly bytes: number } {
    const sql = "SELECT head, length(frame) AS bytes FROM steps WHERE part = ? AND position = ?";
    const row = this.get(sql, part, position);
    return { head: String(row?.head), bytes: Number(row?.bytes ?? 0) };
  }

  /** The step at a position, whose sum is right; throws RdxError("invalid") else. */
  step({ part }: SqlitePart, position: number): StepRow {
    const row = this.get("SELECT head, frame, sum FROM steps WHERE part = ? AND position = ?", part, position);
    if (!row) throw this.damaged(`step ${position} of part ${part} is missing`);
    const { head, frame, sum } = row, bytes = frame instanceof Uint8Array ? owned(frame) : null;
    if (typeof head !== "string" || typeof sum !== "number" || this.#sumOf(head, bytes) !== sum) {
      throw this.damaged(`step ${position} of part ${part} is damaged`);
    }
    return { head, frame: bytes, sum };
  }
}

/** A buffer that nobody else has, from its first byte on. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const whole = buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength;
  return whole ? new Uint8Array(buffer) : bytes.slice();
}

/** The step with its rows. */
export function stepOf({ head, frame }: StepRow): SavedStep {
  const { groups: _, ...step }: StepHead = JSON.parse(head);
  if (step.kind === "clear") return step;
  if (step.kind === "expire") return { ...step, below: BigInt(step.below) };
  return { ...step, frame: frame?.buffer ?? new ArrayBuffer(0) };
}
