import { type Expected, expectedOf } from "./errors_expected.ts";
import { openerOf } from "./errors_explain.ts";
import { restartRuleOf } from "./errors_recover.ts";
import { type ColumnHint, declare, declaredFunctions, scopeAt, type TableHint, Tables } from "./highlight_scope.ts";
import { parseSql } from "./parse.ts";
import { probe, type StartRule } from "./parse_run.ts";
import { lex, nameOf, quoteName, type Token } from "./tokens.ts";
import { codesOf, CURSOR, encode, type Encoded, QUERY_PAREN } from "./tokens_encode.ts";
import { isFunctionWord, UNIT_WORDS } from "./tokens_keywords.ts";
import { splitStatements } from "./tokens_split.ts";

/** What there is to be named. */
export interface CompletionCatalogue {
  readonly tables: readonly TableHint[];
  readonly functions: readonly FunctionHint[];
}

export interface FunctionHint {
  readonly name: string;
  /** Such as `upper(text: string): string`. */
  readonly signature: string;
  /** One line. */
  readonly summary: string;
}

export interface Completion {
  /** What is shown and what names begin with. */
  readonly label: string;
  /** What is put in place of the text between `from` and `to`. */
  readonly insert: string;
  readonly kind: "column" | "table" | "function" | "type" | "keyword";
  /** A column's type, a function's signature. */
  readonly detail: string;
  readonly doc: string;
}

export interface Completions {
  readonly from: number;
  readonly to: number;
  readonly items: readonly Completion[];
}

const TYPES = (
  "BIGINT BOOLEAN BYTES DATE DECIMAL(10,2) DOUBLE FLOAT INT SMALLINT STRING TIME TIMESTAMP(3) TIMESTAMP_LTZ(3) TINYINT VARCHAR(10) ARRAY<STRING> " +
  "MAP<STRING,STRING>"
).split(" ");
/** Keywords that are wanted most. */
const FREQUENT = (
  "SELECT FROM WHERE GROUP HAVING ORDER LIMIT JOIN LEFT INNER ON USING AND OR NOT AS IS IN LIKE BETWEEN CASE WHEN THEN ELSE END DISTINCT CAST EMIT OVER " +
  "CREATE INSERT WITH TABLE STREAM VIEW MATERIALIZED"
).split(" ");
/** Words that never stand alone. */
const TOGETHER: Readonly<Record<string, string>> = {
  GROUP: "GROUP BY",
  ORDER: "ORDER BY",
  PARTITION: "PARTITION BY",
  PARTITIONED: "PARTITIONED BY",
  GROUPING: "GROUPING SETS",
  INSERT: "INSERT INTO",
  ALLOWED: "ALLOWED LATENESS",
  WATERMARK: "WATERMARK FOR",
  PRIMARY: "PRIMARY KEY",
  EXECUTE: "EXECUTE STATEMENT SET BEGIN",
  SIMILAR: "SIMILAR TO",
};

/**
 * What could be written at an offset of a script: keywords that the grammar wants there, tables, columns of the tables in scope, functions. What the
 * script declares above counts too. Nothing is thrown, whatever the text is.
 */
export function completionsAt(text: string, offset: number, catalogue: CompletionCatalogue): Completions {
  const all = lex(text), current = all.find(({ start, end }) => start < offset && offset <= end);
  if (current && !mayComplete(text, current, offset)) return { from: offset, to: offset, items: [] };
  if (current?.kind === "name" && current.flaw) {
    // A quoted name without an end would be all that follows: here it ends at the cursor.
    const found = completionsAt(text.slice(0, offset) + text[current.start] + text.slice(offset), offset, catalogue);
    return { ...found, to: offset };
  }
  const word = current?.kind === "word" || current?.kind === "name" ? current : null;
  const from = word?.start ?? offset, { whole, before } = statementAt(all, from, word);
  const tables = new Tables(catalogue.tables), typed = typedName(text, word, offset);
  const above = parseSql(text).statements.filter(({ at }) => at.end <= (whole[0]?.start ?? from));
  declare(tables, above);
  const items = itemsOf({
    expected: expectedAt(encode(text, before)),
    statement: encode(text, whole),
    at: before.length,
    before,
    tables,
    functions: [...catalogue.functions, ...declaredFunctions(text, above)],
    lower: isLower(typed),
  });
  const begin = typed.toLowerCase();
  return { from, to: word?.end ?? offset, items: items.filter(({ label }) => label.toLowerCase().startsWith(begin)) };
}

/** Whether something can be completed in or behind a token: not in comments and strings, and not while a number is written. */
function mayComplete(text: string, { kind, start, end, flaw }: Token, offset: number): boolean {
  if (kind === "word" || kind === "name" || kind === "space") return true;
  if (text.startsWith("--", start)) return false;
  return offset === end && kind !== "number" && flaw === null && kind !== "unknown";
}

function isLower(typed: string): boolean {
  return typed !== "" && typed === typed.toLowerCase();
}

/** The part of a word in front of the cursor, without the quote of a quoted name. */
function typedName(text: string, word: Token | null, offset: number): string {
  const typed = word ? text.slice(word.start, offset) : "";
  return word?.kind === "name" ? nameOf(`${typed}${typed[0]}`) : typed;
}

/** The tokens of the statement that an offset is in, and those in front of it; without the word at the cursor. */
function statementAt(all: readonly Token[], from: number, word: Token | null): { whole: Token[]; before: Token[] } {
  const part = splitStatements(all).find(({ tokens, end }) =>
    tokens[0].start <= from && (end === null || from <= end.start) &&
    from <= Math.max(from, tokens[tokens.length - 1].end)
  );
  const whole = (part?.tokens ?? []).filter((token) => token !== word);
  return { whole, before: whole.filter(({ end }) => end <= from) };
}

/** What the grammar wants behind the tokens; when it cannot read them all, behind the last clause that it can. */
function expectedAt(before: Encoded): Expected {
  const whole = wanted(before.codes, "Statement");
  if (whole) return whole;
  for (let i = before.codes.length - 1, opener = openerOf(before, before.codes.length); i >= 0; i--) {
    const rule = restartRuleOf(before, i, opener);
    const found = rule && wanted(before.codes.slice(i), rule);
    if (found) return found;
    const { partner } = before.brackets;
    if (i === opener) opener = openerOf(before, opener);
    else if (partner[i] >= 0 && partner[i] < i) i = partner[i];
  }
  return { words: new Set(), kinds: new Set(), end: false };
}

/** What fits behind `codes`, or null when they do not fit themselves. Behind a `(` a query may stand, which its code tells. */
function wanted(codes: string, rule: StartRule): Expected | null {
  const ways = [codes];
  if (codes.endsWith("(")) ways.push(codes.slice(0, -1) + codesOf(QUERY_PAREN)[0]);
  const found = ways.map((way) => probe(way + CURSOR, rule)).filter(({ reached }) => reached === codes.length);
  return found.length > 0 ? expectedOf(found.flatMap(({ expected }) => expected)) : null;
}

interface Place {
  readonly expected: Expected;
  readonly statement: Encoded;
  /** The token at which the cursor is. */
  readonly at: number;
  readonly before: readonly Token[];
  readonly tables: Tables;
  readonly functions: readonly FunctionHint[];
  readonly lower: boolean;
}

function itemsOf(place: Place): Completion[] {
  const { expected: { kinds, words }, tables, functions, lower } = place;
  const items: Completion[] = [], seen = new Set<string>();
  const add = (one: Completion) => {
    const key = `${one.kind} ${one.label}`;
    if (!seen.has(key)) items.push(one);
    seen.add(key);
  };
  if (kinds.has("column") || kinds.has("field")) columnItems(place).forEach(add);
  // WITH in front of the cursor has added its names by now.
  if (kinds.has("table")) {
    if (!kinds.has("column")) scopeAt(place.statement, place.at, tables);
    tables.all().forEach((table) => add(item("table", table.name, "", table.doc)));
  }
  if (kinds.has("type")) {
    for (const type of TYPES) add({ label: type, insert: type, kind: "type", detail: "", doc: "" });
  }
  if (kinds.has("column") && words.has("CASE")) {
    for (const { name, signature, summary } of functions) {
      add({ label: name, insert: `${name}(`, kind: "function", detail: signature, doc: summary });
    }
  }
  const keywords = [...words].filter((word) => /^[A-Z]/.test(word)).sort((a, b) => rank(a) - rank(b));
  if (kinds.has("unit")) keywords.push(...UNIT_WORDS.filter((word) => !word.endsWith("S")));
  for (const word of keywords) {
    const label = TOGETHER[word] ?? word, cased = lower ? label.toLowerCase() : label;
    // LEFT and RIGHT are joins, and functions where there is nothing to join.
    const call = isFunctionWord(word) || (/^(?:LEFT|RIGHT)$/.test(word) && !words.has("JOIN"));
    add({ label, insert: call ? `${cased}(` : cased, kind: call ? "function" : "keyword", detail: "", doc: "" });
  }
  return items;
}

/** The place of a keyword among others: what is wanted most comes first. */
function rank(word: string): number {
  const at = FREQUENT.indexOf(word);
  return at < 0 ? FREQUENT.length : at;
}

function item(kind: "column" | "table", name: string, detail = "", doc = ""): Completion {
  return { label: name, insert: quoteName(name), kind, detail, doc };
}

/** Columns of the tables in scope, and the tables' names to put in front of them; behind `t.` those of t alone. */
function columnItems({ statement, at, before, tables, expected }: Place): Completion[] {
  const named = [...insertTarget(before, statement, tables), ...argumentTable(before, statement, tables)];
  const scope = [...named, ...declared(before, statement), ...scopeAt(statement, at, tables)];
  const column = ({ name, type, doc }: ColumnHint) => item("column", name, type, doc);
  if (before.at(-1)?.text === ".") {
    const qualifier = before.at(-2), written = qualifier ? statement.source.slice(qualifier.start, qualifier.end) : "";
    const wanted = (qualifier?.kind === "name" ? nameOf(written) : written).toLowerCase();
    const called = (all: readonly TableHint[]) => all.filter(({ name }) => name.toLowerCase() === wanted);
    const found = called(scope);
    return (found.length > 0 ? found : called(tables.all())).flatMap(({ columns }) => columns.map(column));
  }
  if (!expected.kinds.has("column")) return [];
  const tableNames = scope.filter(({ name }) => name !== "").map(({ name }) => item("table", name));
  return [...scope.flatMap(({ columns }) => columns.map(column)), ...tableNames];
}

/** The table that INSERT INTO names, whose columns may be listed. */
function insertTarget(before: readonly Token[], { source }: Encoded, tables: Tables): TableHint[] {
  const at = before.findIndex(({ text }) => text === "INTO"), open = before.findIndex(({ text }) => text === "(");
  if (before[0]?.text !== "INSERT" || open < 0 || before.slice(open).some(({ text }) => text === ")")) return [];
  const name = source.slice(before[at + 1].start, before[open - 1].end);
  return tables.all().filter((table) => table.name.toLowerCase() === name.toLowerCase());
}

/** The `TABLE t` of a table function whose arguments are being written. */
function argumentTable(before: readonly Token[], { source }: Encoded, tables: Tables): TableHint[] {
  const at = before.findLastIndex(({ text }, i) => text === "TABLE" && /word|name/.test(before[i + 1]?.kind ?? ""));
  if (at < 0 || before[at - 1]?.text === "CREATE") return [];
  let end = at + 2, depth = 0;
  while (before[end]?.text === ".") end += 2;
  for (const { text } of before.slice(end)) {
    depth += text === "(" ? 1 : text === ")" ? -1 : 0;
    if (depth < 0) return [];
  }
  const parts = before.slice(at + 1, end).filter(({ text }) => text !== ".");
  const name = parts.map(({ kind, start, end }) =>
    kind === "name" ? nameOf(source.slice(start, end)) : source.slice(start, end)
  );
  return tables.all().filter((table) => table.name.toLowerCase() === name.join(".").toLowerCase());
}

/** The columns that a CREATE TABLE has declared in front of the cursor: for its watermark, its key and what is computed. */
function declared(before: readonly Token[], { source }: Encoded): TableHint[] {
  if (before[0]?.text !== "CREATE" || !/^(?:TABLE|STREAM)$/.test(before[1]?.text ?? "")) return [];
  const columns: ColumnHint[] = [];
  let depth = 0;
  before.forEach((token, i) => {
    if (token.text === "(") depth++;
    else if (token.text === ")") depth--;
    else if (depth === 1 && /^[(,]$/.test(before[i - 1].text) && /word|name/.test(token.kind) && before[i + 1]) {
      const written = source.slice(token.start, token.end);
      if (!/^(?:WATERMARK|PRIMARY|CONSTRAINT)$/.test(token.text)) {
        columns.push({ name: token.kind === "name" ? nameOf(written) : written });
      }
    }
  });
  return [{ name: "", columns }];
}
