import type { LookupErrors, LookupTable } from "../plan/plan.ts";
import type { ColumnSpecs } from "./column.ts";
import { given } from "./draft.ts";
import type { Value } from "./expression.ts";
import { type Prefixed, type Row, rowOf, type RowOfColumns } from "./row.ts";
import { declareColumns } from "./source.ts";
import { type Duration, milliseconds } from "./window.ts";

/** A table outside in which rows are looked up, with the columns that are asked for. */
export interface TableSpec<S extends ColumnSpecs> {
  readonly columns: S;
  readonly table: LookupTable;
}

/** A table or a view in a file of SQLite. */
export function sqliteTable<const S extends ColumnSpecs>(path: string, table: string, columns: S): TableSpec<S> {
  return { columns, table: { kind: "sqlite", path, table } };
}

/** Where the value of a header stands: in a variable of the environment (RDX_SECRET_…) or in a file. */
export type HeaderPlace =
  | { readonly env: string; readonly prefix?: string }
  | { readonly file: string; readonly prefix?: string };

export interface HttpTableOptions {
  /** `POST` sends `{"keys": [{column: value}, …]}`; GET (the default) has `{column}` in its URL. */
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string | HeaderPlace>>;
  /** The member of the answer that holds the rows; the answer itself if left out. */
  readonly rows?: string;
}

/** A server that answers with rows in JSON: `httpTable("https://host/users/{id}", { id: int64(), name: string() })`. */
export function httpTable<const S extends ColumnSpecs>(
  url: string,
  columns: S,
  { method, headers, rows }: HttpTableOptions = {},
): TableSpec<S> {
  return { columns, table: { kind: "http", url, ...given({ method, headers, rows }) } };
}

/** The table's columns as they are called behind the lookup. */
export type Found<S extends ColumnSpecs, P extends string> = Prefixed<RowOfColumns<S>, P>;

/** A lookup takes names that both have only with a prefix, which makes them different. */
export interface LookupOptions<R extends Row, S extends ColumnSpecs, P extends string> {
  /** Columns of the rows by the columns of the table that they equal: `{ user: "id" }`. */
  readonly on: { readonly [N in keyof R & string]?: keyof S & string };
  /** Stands in front of the names of the table's columns. */
  readonly prefix?: P;
  /** Rows without one in the table stay, with NULL in its columns. */
  readonly optional?: boolean;
  /** What else must hold. */
  readonly where?: (row: R, found: Found<S, P>) => Value<"bool">;
  /** Keys whose answers are kept, those without rows among them, and how long each is gone by. */
  readonly cache?: { readonly rows?: number; readonly ttl?: Duration };
  /** Keys of one question. */
  readonly batchRows?: number;
  /** Questions that are under way at the same time. */
  readonly concurrency?: number;
  /** Time that an answer may take. */
  readonly timeout?: Duration;
  /** What becomes of rows without an answer: they wait (`retry`), go on with NULL, or to the dead letters. */
  readonly onError?: LookupErrors;
  readonly id?: string;
}

/** What a node of a plan says of a lookup; `names` are the rows' columns. */
export function lookupBody<R extends Row, S extends ColumnSpecs, P extends string>(
  { columns, table }: TableSpec<S>,
  names: readonly string[],
  options: LookupOptions<R, S, P>,
): { readonly body: Record<string, unknown>; readonly found: readonly string[] } {
  const { on, optional = false, where, cache, batchRows, concurrency, timeout, onError } = options;
  const prefix = options.prefix ?? "", found = Object.keys(columns).map((name) => prefix + name);
  const pairs = Object.entries<string | undefined>(on).flatMap(([left, right]) =>
    right === undefined ? [] : [{ left, right }]
  );
  const body = {
    type: optional ? "left" : "inner",
    table,
    on: pairs,
    columns: declareColumns(columns).map((column) => prefix === "" ? column : { ...column, as: prefix + column.name }),
    ...given({
      where: where?.(rowOf(names), rowOf(found)).expression,
      cache_rows: cache?.rows,
      cache_ttl_ms: cache?.ttl && milliseconds(cache.ttl),
      batch_rows: batchRows,
      concurrency,
      timeout_ms: timeout && milliseconds(timeout),
      on_error: onError,
    }),
  };
  return { body, found };
}
