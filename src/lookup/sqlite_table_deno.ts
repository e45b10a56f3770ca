import { DatabaseSync, type StatementSync } from "node:sqlite";
import { codeOf, identifier } from "../client/sqlite/names.ts";
import { reasonOf } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import {
  LOOKUP_ANSWER_ROWS_MAX,
  LOOKUP_PARAMETERS_MAX,
  LOOKUP_READ_ROWS_MAX,
  LOOKUP_RETRY_MS,
} from "../core/limits.ts";
import { nearest } from "../core/nearest.ts";
import { type Column, type DataType, formatType } from "../core/schema.ts";
import { LookupFailure, type LookupShape } from "../lookup.ts";
import { AnswerBuilder } from "./answer.ts";
import type { SqliteReply } from "./sqlite.ts";
import { canHold, fromSqlite, type SqliteValue, toSqlite } from "./sqlite_cells.ts";

/** Codes of SQLite for what may be over when it is asked again: busy, locked, out of memory, interrupted, input and output, changed. */
const PASSING = [5, 6, 7, 9, 10, 14, 17];

interface Open {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly table: string;
  readonly keys: readonly Column[];
  readonly columns: readonly Column[];
  /** Rows of a key come in the order in which the table has them. */
  readonly hasRowId: boolean;
}

/** One table of a database in SQLite, as a thread has it. */
export class SqliteTable {
  #open: Open | null = null;
  /** By the number of keys that they take. */
  readonly #statements = new Map<number, StatementSync>();

  /** Opens the table for reading, and checks that it has the columns. */
  open(path: string, table: string, shape: LookupShape): SqliteReply<null> {
    return replyOf(path, () => {
      const database = new DatabaseSync(path, { readOnly: true });
      // A view of a database that somebody else has made must not call what has effects.
      database.exec(`PRAGMA busy_timeout = ${LOOKUP_RETRY_MS}; PRAGMA trusted_schema = OFF`);
      const hasRowId = checkTable(database, path, table, shape);
      this.#open = { database, path, table, ...shape, hasRowId };
      return null;
    });
  }

  find(keys: ArrayBuffer): SqliteReply<readonly ArrayBuffer[]> {
    const open = this.#open;
    if (open === null) return { failure: "The table is not open", lasting: true };
    return replyOf(open.path, () => this.#find(open, new FrameView(keys)));
  }

  #find(open: Open, view: FrameView): readonly ArrayBuffer[] {
    const answer = new AnswerBuilder(open.columns, view.rows),
      most = Math.floor(LOOKUP_PARAMETERS_MAX / open.keys.length);
    for (let from = 0; from < view.rows; from += most) {
      const count = Math.min(most, view.rows - from);
      for (const row of this.#rows(open, view, from, count)) {
        answer.add(from + Number(row.k), () => open.columns.map((column, i) => fromSqlite(row[`c${i}`], column)));
      }
    }
    return answer.finish();
  }

  /** The rows of keys [from, from + count): `k`, the number of the key among these, then the columns `c0`, `c1`, … */
  #rows(
    { keys, ...open }: Open,
    view: FrameView,
    from: number,
    count: number,
  ): Iterable<Readonly<Record<string, SqliteValue>>> {
    const width = Math.min(paddedOf(count), Math.floor(LOOKUP_PARAMETERS_MAX / keys.length));
    const parameters: SqliteValue[] = [];
    for (let row = 0; row < width; row++) {
      keys.forEach((column, i) => parameters.push(row < count ? toSqlite(view.value(from + row, i), column) : null));
    }
    let statement = this.#statements.get(width);
    if (!statement) {
      statement = open.database.prepare(questionOf({ keys, ...open }, width));
      statement.setReadBigInts(true);
      this.#statements.set(width, statement);
    }
    const some = statement.all(...parameters, LOOKUP_READ_ROWS_MAX);
    if (some.length < LOOKUP_READ_ROWS_MAX) return some;
    // One by one, so that no more of an answer is held than what is taken of it.
    return statement.iterate(...parameters, LOOKUP_ANSWER_ROWS_MAX + 1);
  }
}

/** Statements are kept by their widths: few of these, and keys of NULL, which equal nothing, in the places that are left. */
function paddedOf(count: number): number {
  return 2 ** Math.ceil(Math.log2(count));
}

/** Asks for the rows of `width` keys, each with its number. Keys stand outside, so that each is looked up in the table's index. */
function questionOf({ table, keys, columns, hasRowId }: Omit<Open, "database" | "path">, width: number): string {
  const names = keys.map((_, i) => `k${i}`), places = names.map(() => "?").join(", ");
  const values = Array.from({ length: width }, (_, row) => `(${row}, ${places})`).join(", ");
  const picks = columns.map(({ name }, i) => `, t.${identifier(name)} AS c${i}`).join("");
  const equal = keys.map(({ name }, i) => `t.${identifier(name)} = k.k${i}`).join(" AND ");
  return `WITH k (number, ${names.join(", ")}) AS (VALUES ${values}) SELECT k.number AS k${picks} ` +
    `FROM k CROSS JOIN main.${identifier(table)} AS t WHERE ${equal} ` +
    `ORDER BY k.number${hasRowId ? ", t.rowid" : ""} LIMIT ?`;
}

/** Whether rows of the table are numbered. Throws LookupFailure that names what is not there, or is of another type. */
function checkTable(database: DatabaseSync, path: string, table: string, { keys, columns }: LookupShape): boolean {
  const select = "SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE";
  const found = database.prepare(select).get(table);
  if (!found) {
    const listed = database.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").all();
    const names = listed.map(({ name }) => String(name)), near = nearest(table, names);
    const hint = near ? `did you mean ${near}?` : `there are ${names.join(", ") || "none"}`;
    throw new LookupFailure(`The database ${path} has no table ${table}: ${hint}`, true);
  }
  const there = database.prepare("SELECT name, type FROM pragma_table_xinfo(?)").all(table);
  for (const [i, column] of [...keys, ...columns].entries()) {
    const own = there.find(({ name }) => String(name).toLowerCase() === column.name.toLowerCase());
    if (!own) {
      const names = there.map(({ name }) => name).join(", ");
      throw new LookupFailure(`Table ${table} in ${path} has no column ${column.name}: there are ${names}`, true);
    }
    if (canHold(String(own.type), column.type, i < keys.length)) continue;
    const declared = `${column.name} of table ${table} in ${path} is ${own.type}, and was declared as ${
      formatType(column.type)
    }`;
    throw new LookupFailure(`Column ${declared}: ${insteadOf(column.type, i < keys.length)}`, true);
  }
  return found.type === "table" && Number(found.wr) === 0;
}

function insteadOf({ kind }: DataType, isKey: boolean): string {
  if (isKey && kind === "decimal128") {
    return "keys of more than 18 digits are found only where the database has them as TEXT";
  }
  return kind === "string" ? "declare it as a number, and CAST it" : "declare it as STRING, and CAST it";
}

function replyOf<T>(path: string, run: () => T): SqliteReply<T> {
  try {
    return { value: run() };
  } catch (thrown) {
    if (thrown instanceof LookupFailure) return { failure: thrown.message, lasting: thrown.lasting };
    const code = codeOf(thrown);
    const passing = code !== null && PASSING.includes(code);
    return { failure: `Cannot read the database ${path}: ${reasonOf(thrown)}`, lasting: !passing };
  }
}
