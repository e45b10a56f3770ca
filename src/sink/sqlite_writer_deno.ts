import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { codeOf, identifier } from "../client/sqlite/names.ts";
import { ROW_KINDS } from "../core/batch.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import { SQLITE_BUSY_MS_MAX, SQLITE_PARAMETERS_MAX, SQLITE_PUT_ROWS_MAX } from "../core/limits.ts";
import type { SqliteTarget, SqliteWritten } from "./sqlite.ts";
import { type CellReader, cellReader, type SqliteCell } from "./sqlite_cells.ts";
import { type ReadyTable, readyTable } from "./sqlite_table_deno.ts";

/** What has been committed of each run, in the database of its rows. `flushed`: the last number that a power cut does not take away. */
const NUMBERS = `CREATE TABLE IF NOT EXISTS _rdx_sinks (
  run TEXT PRIMARY KEY, pipeline TEXT NOT NULL, node TEXT NOT NULL, "table" TEXT NOT NULL,
  number INTEGER NOT NULL, flushed INTEGER NOT NULL
)`;
const ADDS = ROW_KINDS.map((kind) => kind === "+I" || kind === "+U");
/** Codes of SQLite: another process has it · the disk is full. */
const LOCKED = [5, 6], FULL = 13;

interface Open extends ReadyTable {
  readonly database: DatabaseSync;
  readonly target: SqliteTarget;
  readonly put: StatementSync;
  /** The same for `putRows` rows at once: a statement costs as much as several rows. */
  readonly putMany: StatementSync;
  readonly putRows: number;
  /** Removes the row of a key; null where every row is one more. */
  readonly remove: StatementSync | null;
  readonly number: StatementSync;
  /** Positions of the keys. */
  readonly keys: readonly number[];
}

/** Writes one table of a database in SQLite, as a thread has it. */
export class SqliteWriter {
  #open: Open | null = null;

  /** Whether it could be opened; makes nothing. */
  check(target: SqliteTarget): SqliteWritten<null> {
    return replyOf(target, () => {
      const isThere = isFile(target.path);
      using database = openAt(isThere ? target.path : ":memory:");
      database.exec("BEGIN IMMEDIATE");
      try {
        readyTable(database, target);
      } finally {
        database.exec("ROLLBACK");
      }
      return null;
    });
  }

  open(target: SqliteTarget): SqliteWritten<number> {
    return replyOf(target, () => {
      const database = openAt(target.path);
      makeReady(database);
      const table = inTransaction(database, () => {
        database.exec(NUMBERS);
        const { run, pipeline, node, table } = target;
        database.prepare("INSERT OR IGNORE INTO _rdx_sinks VALUES (?, ?, ?, ?, -1, -1)").run(
          run,
          pipeline,
          node,
          table,
        );
        return readyTable(database, target);
      });
      this.#open = { ...table, database, target, ...statementsOf(database, target, table) };
      const row = database.prepare("SELECT number FROM _rdx_sinks WHERE run = ?").get(target.run);
      return Number(row!.number);
    });
  }

  write(number: number, frame: ArrayBuffer): SqliteWritten<null> {
    const open = this.#open;
    if (open === null) return { failure: "The table is not open", code: "internal" };
    return replyOf(open.target, () => {
      inTransaction(open.database, () => {
        apply(open, new FrameView(frame));
        open.number.run(number, open.target.run);
      });
      return null;
    });
  }

  /** A commit that waits for the device, which has all those before it then. */
  flush(): SqliteWritten<null> {
    const open = this.#open;
    if (open === null) return { value: null };
    const { database, target } = open;
    return replyOf(target, () => {
      database.exec("PRAGMA synchronous = FULL");
      database.prepare("UPDATE _rdx_sinks SET flushed = number WHERE run = ?").run(target.run);
      database.exec(`PRAGMA synchronous = ${synchronousOf(database)}`);
      return null;
    });
  }

  close(): void {
    this.#open?.database.close();
    this.#open = null;
  }
}

function openAt(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA busy_timeout = ${SQLITE_BUSY_MS_MAX}; PRAGMA trusted_schema = OFF`);
  return database;
}

/** Whether a file is there, or could be made. Throws what stands in the way of that. */
function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
  if (!Deno.statSync(dirname(path)).isDirectory) throw new RdxError("invalid_plan", `${dirname(path)} is no folder`);
  return false;
}

/** A new database takes readers while it is written; one that is there stays as it is. */
function makeReady(database: DatabaseSync): void {
  const { tables } = database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()!;
  if (tables === 0) database.exec("PRAGMA journal_mode = WAL");
  database.exec(`PRAGMA synchronous = ${synchronousOf(database)}`);
}

/**
 * With a write-ahead log a commit need not wait for the device: a power cut takes the newest ones with their numbers, so that their rows come again. Without one it must:
 * a torn page would be left.
 */
function synchronousOf(database: DatabaseSync): "NORMAL" | "FULL" {
  const { journal_mode: mode } = database.prepare("PRAGMA journal_mode").get()!;
  return mode === "wal" ? "NORMAL" : "FULL";
}

function statementsOf(database: DatabaseSync, { table, columns, keys }: SqliteTarget, { isUnique }: ReadyTable) {
  const names = columns.map(({ name }) => identifier(name)), into = `INTO ${identifier(table)} (${names.join(", ")})`;
  const values = `(${names.map(() => "?").join(", ")})`;
  const putRows = Math.max(1, Math.min(SQLITE_PUT_ROWS_MAX, Math.floor(SQLITE_PARAMETERS_MAX / names.length)));
  const others = columns.filter(({ name }) => !keys?.includes(name)).map(({ name }) => identifier(name));
  const change = others.length === 0
    ? "NOTHING"
    : `UPDATE SET ${others.map((name) => `${name} = excluded.${name}`).join(", ")}`;
  const conflict = isUnique ? ` ON CONFLICT (${keys!.map(identifier).join(", ")}) DO ${change}` : "";
  const where = keys?.map((name) => `${identifier(name)} IS ?`).join(" AND ") || "TRUE";
  return {
    put: database.prepare(`INSERT ${into} VALUES ${values}${conflict}`),
    putMany: database.prepare(`INSERT ${into} VALUES ${Array(putRows).fill(values).join(", ")}${conflict}`),
    putRows,
    remove: keys === null ? null : database.prepare(`DELETE FROM ${identifier(table)} WHERE ${where}`),
    number: database.prepare("UPDATE _rdx_sinks SET number = ? WHERE run = ?"),
    keys: keys?.map((key) => columns.findIndex(({ name }) => name === key)) ?? [],
  };
}

function apply(
  { target: { columns }, declared, isUnique, put, putMany, putRows, remove, keys }: Open,
  view: FrameView,
): void {
  const cells = columns.map((column, i) => cellReader(view, i, column, declared[i]));
  const key = (row: number) => keys.map((i) => cells[i](row));
  // Rows that are put and not yet written.
  let from = 0, values: SqliteCell[] = [];
  const settle = (to: number) => {
    for (; from < to; from++) put.run(...cells.map((cell) => cell(from)));
    values = [];
  };
  for (let row = 0; row < view.rows; row++) {
    const adds = ADDS[view.kinds?.[row] ?? 0];
    if (!adds || (remove !== null && !isUnique)) {
      settle(row);
      if (!adds) from = row + 1;
      if (adds || !isReplaced(view, cells, keys, row)) remove!.run(...key(row));
      continue;
    }
    for (const cell of cells) values.push(cell(row));
    if (row + 1 - from < putRows) continue;
    putMany.run(...values);
    [from, values] = [row + 1, []];
  }
  settle(view.rows);
}

/** Whether the row behind this one takes its place: then this one need not go first. */
function isReplaced(view: FrameView, cells: readonly CellReader[], keys: readonly number[], row: number): boolean {
  const next = row + 1;
  return next < view.rows && ADDS[view.kinds![next]] && keys.every((i) => sameCell(cells[i](row), cells[i](next)));
}

function sameCell(a: SqliteCell, b: SqliteCell): boolean {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function inTransaction<Result>(database: DatabaseSync, run: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = run();
    database.exec("COMMIT");
    return result;
  } catch (thrown) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled it back already, as it does when the disk is full.
    }
    throw thrown;
  }
}

function replyOf<T>({ path, table }: SqliteTarget, run: () => T): SqliteWritten<T> {
  try {
    return { value: run() };
  } catch (thrown) {
    if (thrown instanceof RdxError) return { failure: thrown.message, code: thrown.code };
    const code = codeOf(thrown), what = `Cannot write table ${table} in ${path}`;
    if (code === FULL) return { failure: `${what}: there is no room on the disk`, code: "no_space" };
    if (code !== null && LOCKED.includes(code)) {
      return { failure: `${what}: another process has locked it for ${SQLITE_BUSY_MS_MAX / 1000} s`, code: "busy" };
    }
    return { failure: `${what}: ${reasonOf(thrown)}`, code: "invalid_plan" };
  }
}
