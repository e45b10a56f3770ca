import { nearest } from "../../core/nearest.ts";
import type * as ast from "../ast.ts";
import type { BoundQuery, Context, Names, TableReference } from "./context.ts";
import { quoted } from "./scope.ts";
import { sourceOf, streamSource } from "./source_node.ts";
import type { TableDefinition } from "./table.ts";
import { counted } from "./words.ts";

/** Tables and views of a script by their names. */
export interface ScriptObjects {
  readonly tables: ReadonlyMap<string, TableDefinition>;
  readonly views: ReadonlyMap<string, ast.CreateView>;
  /** Names that CREATE gives, also to what has problems: who reads these has none of their own. */
  readonly broken: ReadonlySet<string>;
}

/** What names mean in a script; each table is one source in a plan, and each view one part of it. */
export class ScriptNames implements Names {
  readonly #bound = new Map<object | string, BoundQuery | null>();
  /** Views that are being bound: one of these must not be read again. */
  readonly #open = new Set<object>();

  constructor(private readonly objects: ScriptObjects) {}

  table(reference: TableReference, context: Context): BoundQuery | null {
    const found = this.#find(reference, context), bound = found && renew(found, context);
    if (bound === null || reference.time === null) return bound;
    const { columns, times } = bound.relation, time = columns.find(({ column }) => times.has(column.id));
    return time ? { ...bound, eventTime: time.column } : bound;
  }

  lookup({ parts }: ast.Name): TableDefinition | null {
    const text = parts.map(({ name }) => name).join("."), isQuoted = parts.some(({ quoted }) => quoted);
    const { tables, views } = this.objects, table = byName(tables, text, isQuoted);
    return table?.connector.looksUp && byName(views, text, isQuoted) === null ? table : null;
  }

  within(query: ast.Query, _context: Context): Names {
    return query.with.length === 0 ? this : new QueryNames(this, query.with, this);
  }

  #find(reference: TableReference, context: Context): BoundQuery | null {
    const { name, time } = reference, text = name.parts.map((part) => part.name).join(".");
    const isQuoted = name.parts.some((part) => part.quoted);
    const { tables, views } = this.objects;
    const table = byName(tables, text, isQuoted), view = byName(views, text, isQuoted);
    if (view !== null) {
      if (time !== null) {
        context.report.add(time.at, "TIMESTAMP BY is for streams and tables", "Use it inside the view");
      }
      return this.view(view, { ...context, names: this });
    }
    if (table !== null) {
      const hints = reference.hints.flatMap(({ options }) => options.map(({ key, value }) => [key, value]));
      const key = JSON.stringify(["table", table.name, time?.name, hints]);
      return this.#once(key, () => sourceOf(table, reference, context));
    }
    if (context.catalog.stream(text) === null) return this.#unknown(text, name, context);
    return this.#once(JSON.stringify(["stream", text, time?.name]), () => streamSource(text, reference, context));
  }

  view(view: ast.CreateView, context: Context): BoundQuery | null {
    return this.common(view, view.name.at, () => {
      const inner = { ...context, outer: null, depth: context.depth + 1 };
      const bound = view.materialized ? context.result(view.query, inner) : context.query(view.query, inner);
      return bound && withNames(bound, view.columns, view.name.at, context);
    }, context);
  }

  /** A named query, bound once in a plan; `at` is where it is read. */
  common(definition: object, at: ast.Span, bind: () => BoundQuery | null, { report }: Context): BoundQuery | null {
    if (this.#open.has(definition)) {
      return report.add(at, "This reads itself: recursive queries are not there", "Name another table");
    }
    this.#open.add(definition);
    try {
      return this.#once(definition, bind);
    } finally {
      this.#open.delete(definition);
    }
  }

  #once(key: object | string, bind: () => BoundQuery | null): BoundQuery | null {
    let bound = this.#bound.get(key);
    if (bound === undefined) this.#bound.set(key, bound = bind());
    return bound;
  }

  #unknown(text: string, name: ast.Name, { report, catalog }: Context): null {
    if (report.full) return null;
    if (this.objects.broken.has(text)) return report.addConsequence(name.at, `Unknown table ${text}`);
    const known = [...this.objects.tables.keys(), ...this.objects.views.keys(), ...catalog.streamNames?.() ?? []];
    const near = nearest(text, known);
    const create = `Declare it with CREATE TABLE ${quoted(text)} (…), or send rows to a stream of this name`;
    return report.add(name.at, `Unknown table ${text}`, near ? `Did you mean ${quoted(near)}?` : create);
  }
}

/** The names of common tables, each of which may read those before it. */
class QueryNames implements Names {
  constructor(
    private readonly outer: Names,
    private readonly tables: readonly ast.CommonTable[],
    private readonly script: ScriptNames,
  ) {}

  table(reference: TableReference, context: Context): BoundQuery | null {
    const { name: { parts } } = reference;
    const at = parts.length === 1 ? this.#position(parts[0]) : -1;
    if (at < 0) return this.outer.table(reference, context);
    const table = this.tables[at], names = new QueryNames(this.outer, this.tables.slice(0, at), this.script);
    const bound = this.script.common(table, parts[0].at, () => {
      const inner = context.query(table.query, { ...context, names, outer: null });
      return inner && withNames(inner, table.columns, table.name.at, context);
    }, context);
    return bound && renew(bound, context);
  }

  lookup(name: ast.Name): TableDefinition | null {
    return name.parts.length === 1 && this.#position(name.parts[0]) >= 0 ? null : this.outer.lookup(name);
  }

  within(query: ast.Query): Names {
    return query.with.length === 0 ? this : new QueryNames(this, query.with, this.script);
  }

  /** Later tables of one name hide those before. */
  #position({ name, quoted }: ast.Identifier): number {
    const exact = this.tables.findLastIndex((table) => table.name.name === name);
    if (exact >= 0 || quoted) return exact;
    return this.tables.findLastIndex((table) => table.name.name.toLowerCase() === name.toLowerCase());
  }
}

/** The object of a name, or of the only name that differs in case alone. */
export function byName<T>(objects: ReadonlyMap<string, T>, name: string, isQuoted: boolean): T | null {
  const exact = objects.get(name);
  if (exact !== undefined || isQuoted) return exact ?? null;
  const alike = [...objects].filter(([other]) => other.toLowerCase() === name.toLowerCase());
  return alike.length === 1 ? alike[0][1] : null;
}

function withNames(
  bound: BoundQuery,
  names: readonly ast.Identifier[] | null,
  at: ast.Span,
  { report }: Context,
): BoundQuery | null {
  if (names === null) return bound;
  if (names.length !== bound.outputs.length) {
    return report.add(at, `This names ${counted(names.length, "column")}, and the query gives ${bound.outputs.length}`);
  }
  return { ...bound, outputs: bound.outputs.map(({ column }, i) => ({ name: names[i].name, column })) };
}

function renew(bound: BoundQuery, { nodes }: Context): BoundQuery {
  const { relation, renewed } = nodes.columns.renew(bound.relation);
  const { rank, eventTime } = bound, timed = eventTime ? { eventTime: renewed.get(eventTime.id)! } : {};
  const number = rank && nodes.columns.make(rank.column.name, rank.column);
  const of = (id: string) => rank && number && id === rank.column.id ? number : renewed.get(id)!;
  const outputs = bound.outputs.map(({ name, column }) => ({ name, column: of(column.id) ?? column }));
  if (!rank || !number) return { relation, outputs, ...timed };
  const keys = rank.keys.map(({ id }) => of(id)),
    order = rank.order.map((key) => ({ ...key, column: of(key.column.id) }));
  return { relation, outputs, rank: { ...rank, column: number, keys, order }, ...timed };
}
