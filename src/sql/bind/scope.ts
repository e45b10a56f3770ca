import { nearest } from "../../core/nearest.ts";
import type { Identifier, Span } from "../ast.ts";
import type { Column } from "./column.ts";
import type { Report } from "./report.ts";

export interface ScopeColumn {
  readonly name: string;
  readonly column: Column;
}

/** One item of FROM: its names, and the columns that one sees by them. */
export interface ScopeTable {
  /** The alias, or the parts of the table's own name; empty for what has none. */
  readonly names: readonly string[];
  readonly columns: readonly ScopeColumn[];
  /** Its event time, if there is one; it may be hidden. */
  readonly time?: Column;
  /** The ids of all columns that are event time. */
  readonly times?: ReadonlySet<string>;
}

/** Columns that NATURAL and USING make one: they are found without a qualifier only once. */
export interface MergedColumn {
  readonly name: string;
  readonly columns: readonly Column[];
  /** What stands for all of them. */
  readonly column: Column;
}

/** The columns that an expression may name. */
export class Scope {
  readonly #own: ReadonlySet<string>;

  constructor(
    readonly tables: readonly ScopeTable[],
    readonly merged: readonly MergedColumn[] = [],
    /** Of a subquery: the scope of the query around it. */
    readonly outer: Scope | null = null,
    /** Names that the items of its SELECT have: no expression sees them, which a hint says. */
    readonly items: readonly string[] = [],
  ) {
    this.#own = new Set(tables.flatMap(({ columns }) => columns.map(({ column }) => column.id)));
  }

  /** All columns without hidden ones in the order in which `*` gives them. */
  star(): ScopeColumn[] {
    const hidden = new Set(this.merged.flatMap(({ columns }) => columns.map(({ id }) => id)));
    const common = this.merged.map(({ name, column }) => ({ name, column }));
    return [...common, ...this.tables.flatMap(({ columns }) => columns.filter(({ column }) => !hidden.has(column.id)))];
  }

  /** Whether a column is of this query and not of one around it. */
  owns(id: string): boolean {
    return this.#own.has(id);
  }

  /** The tables that `parts` may mean. */
  tablesNamed(parts: readonly Identifier[]): readonly ScopeTable[] {
    const found = this.tables.filter(({ names }) => endsWith(names, parts, same));
    return found.length > 0 ? found : this.tables.filter(({ names }) => endsWith(names, parts, sameButCase));
  }
}

const same = (name: string, part: Identifier) => name === part.name;
const sameButCase = (name: string, part: Identifier) =>
  name === part.name || (!part.quoted && name.toLowerCase() === part.name.toLowerCase());

/** `db.t` is meant by `t` and by `db.t`. */
function endsWith(
  names: readonly string[],
  parts: readonly Identifier[],
  equal: (name: string, part: Identifier) => boolean,
): boolean {
  if (parts.length === 0 || parts.length > names.length) return false;
  return parts.every((part, i) => equal(names[names.length - parts.length + i], part));
}

interface Candidate {
  readonly column: Column;
  /** How it would be written in full. */
  readonly full: string;
}

/** The column that a path means; null with a problem. */
export function resolvePath(
  scope: Scope,
  parts: readonly Identifier[],
  at: Span,
  report: Report,
): Column | null {
  for (let level: Scope | null = scope; level !== null; level = level.outer) {
    const found = candidates(level, parts);
    if (found.length === 1) return found[0].column;
    if (found.length > 1) {
      const names = found.map(({ full }) => full);
      const what = new Set(names).size === 1 ? "Give the tables names with AS" : `Write ${names.join(" or ")}`;
      return report.add(at, `${textOf(parts)} is ambiguous: ${found.length} tables have such a column`, what);
    }
  }
  return unknown(scope, parts, at, report);
}

/**
 * The column that the first parts of a path mean where all of them are none, and how many parts that is: what follows are fields of it.
 * Null when no nested column is meant.
 */
export function resolveFields(scope: Scope, parts: readonly Identifier[]): { column: Column; parts: number } | null {
  for (let level: Scope | null = scope; level !== null; level = level.outer) {
    if (candidates(level, parts).length > 0) return null;
    for (let count = parts.length - 1; count > 0; count--) {
      const found = candidates(level, parts.slice(0, count));
      if (found.length === 1 && found[0].column.type.nested) return { column: found[0].column, parts: count };
    }
  }
  return null;
}

/** The same in one scope without a word: null when it is not there or there more than once. */
export function findPath(scope: Scope, parts: readonly Identifier[]): Column | null {
  const found = candidates(scope, parts);
  return found.length === 1 ? found[0].column : null;
}

/** Exact names before those that differ in case, and a table's name in front before a name with a dot. */
function candidates(scope: Scope, parts: readonly Identifier[]): readonly Candidate[] {
  for (const equal of [same, sameButCase]) {
    for (let qualifier = parts.length - 1; qualifier >= 0; qualifier--) {
      const found = lookUp(scope, parts.slice(0, qualifier), parts.slice(qualifier), equal);
      if (found.length > 0) return found;
    }
  }
  return [];
}

function lookUp(
  scope: Scope,
  qualifier: readonly Identifier[],
  rest: readonly Identifier[],
  equal: (name: string, part: Identifier) => boolean,
): readonly Candidate[] {
  const wanted: Identifier = rest.length === 1
    ? rest[0]
    : { name: rest.map(({ name }) => name).join("."), quoted: rest.some(({ quoted }) => quoted), at: rest[0].at };
  const found: Candidate[] = [], seen = new Set<string>();
  const add = (column: Column, full: string) => {
    if (seen.has(column.id)) return;
    seen.add(column.id);
    found.push({ column, full });
  };
  if (qualifier.length === 0) {
    for (const { name, columns, column } of scope.merged) {
      if (!equal(name, wanted)) continue;
      add(column, name);
      for (const { id } of columns) seen.add(id);
    }
  }
  const tables = qualifier.length === 0
    ? scope.tables
    : scope.tables.filter(({ names }) => endsWith(names, qualifier, equal));
  for (const { names, columns } of tables) {
    for (const { name, column } of columns) {
      if (equal(name, wanted)) add(column, [...names, name].map(quoted).join("."));
    }
  }
  return found;
}

function unknown(scope: Scope, parts: readonly Identifier[], at: Span, report: Report): null {
  if (report.full) return null;
  const text = textOf(parts), tables: ScopeTable[] = [];
  for (let level: Scope | null = scope; level !== null; level = level.outer) tables.push(...level.tables);
  const named = parts.length > 1 ? scope.tablesNamed(parts.slice(0, -1)) : [];
  if (named.length > 0) {
    const last = parts[parts.length - 1], names = named.flatMap(({ columns }) => columns.map(({ name }) => name));
    const table = textOf(parts.slice(0, -1));
    return report.add(last.at, `Unknown column ${last.name} of ${table}`, suggestion(last.name, names));
  }
  const aliases = tables.flatMap(({ names }) => names.length > 0 ? [names[names.length - 1]] : []);
  if (parts.length > 1) {
    const near = nearest(parts[0].name, aliases);
    const hint = near ? `Did you mean ${quoted(near)}?` : listed("Tables here", aliases);
    return report.add(parts[0].at, `Unknown table ${parts[0].name}`, hint);
  }
  const item = scope.items.find((name) => name.toLowerCase() === text.toLowerCase());
  if (item !== undefined) {
    const hint = `It is the name of an item of SELECT, which ORDER BY and GROUP BY see alone: write what ${
      quoted(item)
    } stands for`;
    return report.add(at, `Unknown column ${text}`, hint);
  }
  const names = tables.flatMap(({ columns }) => columns.map(({ name }) => name));
  if (names.length === 0) return report.add(at, `Unknown column ${text}`, "There is no FROM that could have it");
  const owner = aliases.find((alias) => alias.toLowerCase() === text.toLowerCase());
  if (owner !== undefined) return report.add(at, `${text} is a table, not a column`, `Write ${quoted(owner)}.<column>`);
  const near = suggestion(text, names), isText = parts[0].quoted && nearest(text, names) === null;
  return report.add(at, `Unknown column ${text}`, isText ? `A text stands in single quotes: '${text}'` : near);
}

/** Names that a hint lists at most. */
const LISTED_MAX = 20;

/** What could have been meant, or what there is. */
export function suggestion(name: string, names: readonly string[], what = "Columns here"): string | undefined {
  const near = nearest(name, names);
  return near ? `Did you mean ${quoted(near)}?` : listed(what, names);
}

function listed(what: string, names: readonly string[]): string | undefined {
  const different = [...new Set(names)];
  if (different.length === 0) return undefined;
  const shown = different.slice(0, LISTED_MAX).map(quoted).join(", ");
  return `${what}: ${shown}${different.length > LISTED_MAX ? ", …" : ""}`;
}

export function textOf(parts: readonly Identifier[]): string {
  return parts.map(({ name }) => quoted(name)).join(".");
}

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.]*$/.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}
