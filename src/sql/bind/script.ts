import { NAME_PATTERN } from "../../core/schema.ts";
import type * as ast from "../ast.ts";
import type { Settings } from "./context.ts";
import { byName, type ScriptObjects } from "./names.ts";
import { quoted } from "./scope.ts";
import type { Report } from "./report.ts";
import { NO_SETTINGS, withSetting } from "./settings.ts";
import { bindTable, type TableDefinition } from "./table.ts";
import { FunctionNames, type Modules } from "./user_function_names.ts";
import type { UserFunctions } from "./user_function.ts";
import type { Places } from "./value.ts";

/** A query whose rows go somewhere. */
export type Output =
  /** To the sink that the caller names. */
  | { readonly kind: "query"; readonly query: ast.Query; readonly at: ast.Span }
  /** To a table of the script. */
  | { readonly kind: "insert"; readonly insert: ast.Insert; readonly at: ast.Span }
  /** To a view of its own: CREATE MATERIALIZED VIEW, SELECT … INTO what nobody declared. */
  | {
    readonly kind: "view";
    readonly name: string;
    readonly query: ast.Query;
    readonly view: ast.CreateView | null;
    readonly at: ast.Span;
  };

/** What becomes one pipeline. */
export interface Job {
  /** Null: the caller's name. */
  readonly name: string | null;
  readonly outputs: readonly Output[];
  readonly settings: Settings;
  /** What is declared in front of it. */
  readonly functions: UserFunctions;
  /** Only to be shown. */
  readonly explain: boolean;
}

/** What a script drops that it has not made itself. */
export interface Dropped {
  readonly what: string;
  readonly name: string;
  readonly ifExists: boolean;
}

export interface Script extends ScriptObjects {
  /** All that the script declares, also what it drops again. */
  readonly functions: UserFunctions;
  readonly jobs: readonly Job[];
  readonly drops: readonly Dropped[];
}

/** What a CREATE names, also where the rest of it cannot be read. */
const CREATED =
  /\bCREATE\s+(?:TEMPORARY\s+|MATERIALIZED\s+)?(?:TABLE|STREAM|VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?[`"]?([\w.-]+)/gi;

/** Reads the statements of a script in order: what is declared, and what runs. */
export function readScript(
  text: string,
  statements: readonly ast.Statement[],
  report: Report,
  places: Places,
  modules: Modules = { base: null, rules: null },
): Script {
  const tables = new Map<string, TableDefinition>(), views = new Map<string, ast.CreateView>(), jobs: Job[] = [];
  const drops: Dropped[] = [];
  const taken = new Set<string>();
  const functions = new FunctionNames(report, modules);
  let settings = NO_SETTINGS;
  const add = (name: string | null, outputs: readonly Output[], explain: boolean) =>
    jobs.push({ name, outputs, settings, functions: functions.now, explain });
  /** Whether the name of a CREATE is free. */
  const declare = ({ name, ifNotExists }: ast.CreateTable | ast.CreateView): boolean => {
    const text = nameText(name);
    if (!NAME_PATTERN.test(text)) {
      report.add(
        name.at,
        `Cannot name a table ${quoted(text)}`,
        "A name is a letter or _, then up to 127 letters, digits, _, . or -",
      );
    }
    if (!taken.has(text)) {
      taken.add(text);
      return true;
    }
    if (!ifNotExists) report.add(name.at, `${text} is there already`, "Drop it first, or write IF NOT EXISTS");
    return false;
  };
  const read = (statement: ast.Statement, explain: boolean): void => {
    switch (statement.kind) {
      case "set":
        settings = withSetting(settings, statement, report);
        return;
      case "create_table": {
        if (!declare(statement)) return;
        const table = bindTable(statement, report, places, functions.now);
        if (table === null) return;
        tables.set(table.name, table);
        if (statement.query !== null) add(table.name, [insertInto(statement, statement.query)], explain);
        return;
      }
      case "create_view": {
        if (!declare(statement)) return;
        const name = nameText(statement.name), { query, name: { at } } = statement;
        views.set(name, statement);
        if (statement.materialized) add(name, [{ kind: "view", name, query, view: statement, at }], explain);
        return;
      }
      case "create_function":
        return functions.create(statement);
      case "drop": {
        if (statement.what === "FUNCTION") return functions.drop(statement);
        const name = nameText(statement.name), { what, ifExists } = statement;
        taken.delete(name);
        if (!tables.delete(name) && !views.delete(name)) drops.push({ what, name, ifExists });
        return;
      }
      case "insert":
        return void add(nameText(statement.into), [{ kind: "insert", insert: statement, at: statement.at }], explain);
      case "statement_set": {
        const outputs = statement.statements.map((insert): Output => ({ kind: "insert", insert, at: insert.at }));
        if (outputs.length > 0) add(nameText(statement.statements[0].into), outputs, explain);
        return;
      }
      case "query_statement":
        return void add(...queryOutput(statement, tables), explain);
      case "explain":
        return read(statement.statement, true);
    }
  };
  for (const statement of statements) read(statement, false);
  const broken = new Set([...text.matchAll(CREATED)].map(([, name]) => name));
  return { tables, views, functions: functions.all, jobs, drops, broken };
}

export function nameText({ parts }: ast.Name): string {
  return parts.map(({ name }) => name).join(".");
}

function insertInto({ name, at }: ast.CreateTable, query: ast.Query): Output {
  return { kind: "insert", insert: { kind: "insert", into: name, columns: null, query, at }, at };
}

/** `SELECT … INTO t` is an INSERT, or a view of this name where no table has it. */
function queryOutput(
  { query, at }: ast.QueryStatement,
  tables: ReadonlyMap<string, TableDefinition>,
): [string | null, readonly Output[]] {
  const into = query.body.kind === "select" ? query.body.into : null;
  if (into === null) return [null, [{ kind: "query", query, at }]];
  const name = nameText(into), table = byName(tables, name, into.parts.some(({ quoted }) => quoted));
  if (table === null) return [name, [{ kind: "view", name, query, view: null, at }]];
  return [table.name, [{ kind: "insert", insert: { kind: "insert", into, columns: null, query, at }, at }]];
}
