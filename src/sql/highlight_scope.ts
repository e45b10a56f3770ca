import type { CreateTable, FromItem, Identifier, Name, Query, QueryBody, Span, Statement, TableAlias } from "./ast.ts";
import { run } from "./parse_run.ts";
import { openerOf } from "./errors_explain.ts";
import { encode, type Encoded, isQueryParen, textOf } from "./tokens_encode.ts";

/** A column as completions offer it. */
export interface ColumnHint {
  readonly name: string;
  readonly type?: string;
  readonly doc?: string;
}

export interface TableHint {
  readonly name: string;
  readonly columns: readonly ColumnHint[];
  readonly doc?: string;
}

/** Ends of FROM that are tried until one can be read. */
const CUTS_MAX = 32;
const WINDOW_COLUMNS: readonly ColumnHint[] = [
  { name: "window_start", type: "TIMESTAMP", doc: "where the window begins" },
  { name: "window_end", type: "TIMESTAMP", doc: "where it ends, exclusive" },
  { name: "window_time", type: "TIMESTAMP", doc: "the last millisecond of the window" },
];

/** Tables by name, in any case. */
export class Tables {
  readonly #tables = new Map<string, TableHint>();

  constructor(tables: Iterable<TableHint>) {
    for (const table of tables) this.add(table);
  }

  add(table: TableHint): void {
    this.#tables.set(table.name.toLowerCase(), table);
  }

  get(name: Name): TableHint | undefined {
    return this.#tables.get(name.parts.map((part) => part.name).join(".").toLowerCase());
  }

  all(): TableHint[] {
    return [...this.#tables.values()];
  }
}

/** Adds what the statements of a script declare. */
export function declare(tables: Tables, statements: readonly Statement[]): void {
  for (const statement of statements) {
    if (statement.kind !== "create_table" && statement.kind !== "create_view") continue;
    const name = statement.name.parts.map((part) => part.name).join(".");
    const columns = statement.kind === "create_table"
      ? columnsOf(statement, tables)
      : renamed(outputOf(statement.query, tables), statement.columns);
    tables.add({ name, columns });
  }
}

/** The functions that the statements of a script declare, with their signatures as they are written. */
export function declaredFunctions(text: string, statements: readonly Statement[]) {
  return statements.filter((statement) => statement.kind === "create_function").map(({ name, params, returns }) => {
    const called = name.parts.map((part) => part.name).join("."),
      written = ({ at }: { readonly at: Span }) => text.slice(at.start, at.end);
    const signature = `${called}(${params.map(written).join(", ")}): ${written(returns)}`;
    return { name: called, signature, summary: "A function of this script" };
  });
}

function columnsOf(table: CreateTable, tables: Tables): ColumnHint[] {
  const own = table.columns.map((column) => ({
    name: column.name.name,
    ...(column.kind === "computed" ? {} : { type: column.type.name }),
    ...(column.comment === null ? {} : { doc: column.comment }),
  }));
  return table.query ? [...own, ...outputOf(table.query, tables)] : own;
}

function renamed(columns: readonly ColumnHint[], names: readonly Identifier[] | null): readonly ColumnHint[] {
  return names ? names.map(({ name }, i) => ({ ...columns[i], name })) : columns;
}

/** The columns of a query's result, as far as they have names. */
export function outputOf(query: Query, tables: Tables): readonly ColumnHint[] {
  const inner = new Tables(tables.all());
  for (const { name, columns, query: of } of query.with) {
    inner.add({ name: name.name, columns: renamed(outputOf(of, inner), columns) });
  }
  return bodyOutput(query.body, inner);
}

function bodyOutput(body: QueryBody, tables: Tables): readonly ColumnHint[] {
  switch (body.kind) {
    case "query":
      return outputOf(body, tables);
    case "set_operation":
      return bodyOutput(body.inputs[0], tables);
    case "table_query":
      return tables.get(body.name)?.columns ?? [];
    case "values":
      return body.rows[0].map((_, i) => ({ name: `EXPR$${i}` }));
    case "select": {
      const scope = body.from.flatMap((item) => scopeOf(item, tables));
      return body.items.flatMap((item): readonly ColumnHint[] => {
        if (item.kind === "expression") {
          const last = item.expr.kind === "column" ? item.expr.parts[item.expr.parts.length - 1] : null;
          const name = item.alias ?? last;
          return name ? [{ name: name.name }] : [];
        }
        const wanted = item.table?.parts.at(-1)?.name.toLowerCase();
        return scope.filter(({ name }) => !wanted || name.toLowerCase() === wanted).flatMap(({ columns }) => columns);
      });
    }
  }
}

/** The tables that an item of FROM brings, by the names that they have there. */
export function scopeOf(item: FromItem, tables: Tables): TableHint[] {
  const called = (name: string, columns: readonly ColumnHint[], alias: TableAlias | null): TableHint[] => [
    { name: alias?.name.name ?? name, columns: renamed(columns, alias?.columns ?? null) },
  ];
  switch (item.kind) {
    case "join":
      return [...scopeOf(item.left, tables), ...(/SEMI|ANTI/.test(item.type) ? [] : scopeOf(item.right, tables))];
    case "table":
      return called(item.name.parts.at(-1)!.name, tables.get(item.name)?.columns ?? [], item.alias);
    case "derived":
      return called("", outputOf(item.query, tables), item.alias);
    case "window_table": {
      const { table } = item.data, named = "kind" in table ? null : table;
      const columns = "kind" in table ? outputOf(table, tables) : tables.get(table)?.columns ?? [];
      return called(named?.parts.at(-1)?.name ?? "", [...columns, ...WINDOW_COLUMNS], item.alias);
    }
    default:
      return item.alias ? called("", [], item.alias) : [];
  }
}

/** The tables whose columns can be named at a token, the nearest query's first; WITH in front of it adds to `tables`. */
export function scopeAt(encoded: Encoded, at: number, tables: Tables): TableHint[] {
  const scope: TableHint[] = [];
  for (let inside = at, depth = 0; depth < encoded.tokens.length; depth++) {
    let opener = openerOf(encoded, inside);
    while (opener >= 0 && !isQueryParen(encoded.codes[opener])) opener = openerOf(encoded, opener);
    const start = opener + 1, end = endOf(encoded, opener);
    addCommonTables(encoded, start, end, tables);
    scope.push(...fromTables(encoded, start, inside, end, tables));
    if (opener < 0) break;
    inside = opener;
  }
  return scope;
}

function endOf({ tokens, brackets }: Encoded, opener: number): number {
  const closer = opener < 0 ? -1 : brackets.partner[opener];
  return closer < 0 ? tokens.length : closer;
}

/** Tokens of one level, those in brackets left out. */
function* level({ brackets: { partner } }: Encoded, from: number, to: number): Generator<number> {
  for (let i = from; i < to; i++) {
    yield i;
    if (partner[i] > i) i = partner[i];
  }
}

function part(encoded: Encoded, from: number, to: number): Encoded {
  return encode(encoded.source, encoded.tokens.slice(from, to));
}

/** `name [(columns)] AS (query)` behind WITH, each that can be read. */
function addCommonTables(encoded: Encoded, from: number, to: number, tables: Tables): void {
  if (textOf(encoded.codes[from] ?? "") !== "WITH") return;
  for (const i of level(encoded, from, to)) {
    const close = encoded.brackets.partner[i];
    if (!isQueryParen(encoded.codes[i]) || close < 0 || encoded.tokens[i - 1].text !== "AS") continue;
    const found = run(part(encoded, from, close + 1), "CommonTables").result as Query["with"] | undefined;
    for (const { name, columns, query } of found ?? []) {
      tables.add({ name: name.name, columns: renamed(outputOf(query, tables), columns) });
    }
  }
}

/** What FROM brings into the SELECT that a token is in: as much of it as can be read. */
function fromTables(encoded: Encoded, start: number, at: number, end: number, tables: Tables): TableHint[] {
  const words = [...level(encoded, start, end)].map((i) => ({ i, word: textOf(encoded.codes[i]) ?? "" }));
  const splits = words.filter(({ word }) => /^(?:UNION|INTERSECT|EXCEPT)$/.test(word)).map(({ i }) => i);
  const first = splits.findLast((i) => i < at) ?? start - 1, last = splits.find((i) => i >= at) ?? end;
  const own = words.filter(({ i }) => i > first && i < last);
  const from = own.find(({ i, word }) => word === "FROM" && encoded.tokens[i - 1]?.text !== "DISTINCT")?.i;
  if (from === undefined) return [];
  const stop = own.find(({ i, word }) => i > from && CLAUSE_BEHIND_FROM.test(word))?.i ?? last;
  const cuts = own.filter(({ i, word }) => i > from + 1 && i < stop && CUT.test(word)).map(({ i }) => i);
  for (const cut of [stop, ...cuts.reverse()].slice(0, CUTS_MAX)) {
    const found = run(part(encoded, from, cut), "RestFrom").result as [{ from: FromItem[] }] | undefined;
    if (found) return found[0].from.flatMap((item) => scopeOf(item, tables));
  }
  return [];
}

const CLAUSE_BEHIND_FROM = /^(?:WHERE|GROUP|HAVING|WINDOW|QUALIFY|ORDER|LIMIT|FETCH|EMIT|ALLOWED)$/;
const CUT = /^(?:ON|USING|,|JOIN|INNER|LEFT|RIGHT|FULL|CROSS|NATURAL|ASOF|SEMI|ANTI|FOR|AS)$/;
