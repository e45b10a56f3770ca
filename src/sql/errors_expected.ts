import type { Expectation } from "./grammar.d.ts";
import { probe } from "./parse_run.ts";
import { textOf } from "./tokens_encode.ts";
import { UNIT_WORDS } from "./tokens_keywords.ts";

const UNITS: ReadonlySet<string> = new Set(UNIT_WORDS);
/** Things that a message names at most. */
const NAMED_MAX = 4;

/** What could stand at a place. */
export interface Expected {
  /** Keywords and symbols, as they are written. */
  readonly words: ReadonlySet<string>;
  /** Tokens without a fixed text, as the grammar calls them: table, column, name, alias, string, number, type, unit, field. */
  readonly kinds: ReadonlySet<string>;
  /** Whether the text may end there. */
  readonly end: boolean;
}

/** Clauses of a query in their order. */
export const CLAUSES = [
  "SELECT",
  "INTO",
  "FROM",
  "WHERE",
  "GROUP",
  "HAVING",
  "WINDOW",
  "QUALIFY",
  "UNION",
  "INTERSECT",
  "EXCEPT",
  "ORDER",
  "LIMIT",
  "OFFSET",
  "FETCH",
  "EMIT",
  "ALLOWED",
];
const JOINS = ["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "ASOF", "SEMI", "ANTI"];
const TABLES = ["TABLE", "LATERAL", "TUMBLE", "HOP", "CUMULATE", "SESSION", "UNNEST", "("];
const STATEMENTS = ["EXPLAIN", "PLAN", "CREATE", "INSERT", "EXECUTE", "STATEMENT", "BEGIN", "DROP", "SET"];
const QUERIES = ["SELECT", "VALUES", "TABLE", "WITH", "("];
/** What may stand in many places and is seldom what was meant. */
const RARE = (
  "TEMPORARY MATERIALIZED /*+ FOR TIMESTAMP AS alias . ( ASC DESC NULLS ESCAPE UESCAPE ALL ANY SOME DISTINCT GROUPING ROLLUP CUBE VARYING ARRAY MULTISET bytes " +
  "TUMBLINGWINDOW HOPPINGWINDOW SLIDINGWINDOW SESSIONWINDOW SNAPSHOTWINDOW"
).split(" ");

const KINDS: Readonly<Record<string, string>> = {
  alias: "an alias",
  string: "a string in single quotes",
  unit: "a unit of time such as MINUTE",
  field: "a name",
  column: "a column",
  table: "a table",
};

/** Sorts what the parser expected. */
export function expectedOf(expectations: readonly Expectation[]): Expected {
  const words = new Set<string>(), kinds = new Set<string>();
  let end = false;
  for (const { type, text, description, parts = [], inverted } of expectations) {
    if (type === "literal") words.add(textOf(text!) ?? "");
    else if (type === "other") kinds.add(description!);
    else if (type === "end") end = true;
    else if (!inverted) {
      for (const word of parts.flatMap(wordsOf)) {
        if (UNITS.has(word)) kinds.add("unit");
        else words.add(word);
      }
    }
  }
  // Tokens without a fixed text that have no name in the grammar.
  words.delete("");
  return { words, kinds, end };
}

/** The keywords and symbols of a class's character or range. */
function wordsOf(part: string | readonly string[]): string[] {
  const [from, to] = [part[0].charCodeAt(0), part[part.length - 1].charCodeAt(0)];
  const codes = Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i));
  return codes.map(textOf).filter((word) => word !== null);
}

/** What begins an expression, and what goes on with one: asked of the grammar once. */
let around: { begins: ReadonlySet<string>; follows: ReadonlySet<string> } | null = null;

function expressions(): NonNullable<typeof around> {
  if (around) return around;
  const begins = expectedOf(probe("", "Expression").expected);
  const after = ["w", "w()", "s", "w LIKE s"].map((codes) => expectedOf(probe(codes, "Expression").expected).words);
  const follows = new Set(after.flatMap((words) => [...words]));
  return around = { begins: new Set([...begins.words, ...begins.kinds]), follows };
}

/** Whether an expression could begin there. */
export function wantsExpression({ words, kinds }: Expected): boolean {
  return kinds.has("column") && words.has("CASE");
}

/** Whether an expression has just ended there. */
export function endsExpression({ words }: Expected): boolean {
  return words.has("+") && words.has("*") && words.has("||");
}

/** What could stand at a place in words: what belongs together is one, what is likely comes first, and it is never long. */
export function describeExpected(expected: Expected): string {
  const left = new Set([...expected.words, ...expected.kinds]), said: string[] = [];
  const take = (words: Iterable<string>) => {
    let taken = false;
    for (const word of words) taken = left.delete(word) || taken;
    return taken;
  };
  const all = (words: readonly string[]) => words.every((word) => left.has(word));
  if (all(["CREATE", "INSERT", "SELECT"])) {
    take([...STATEMENTS, ...QUERIES]);
    said.push("a statement such as SELECT, CREATE or INSERT");
  }
  if (all(["SELECT", "VALUES"]) && take(QUERIES)) said.push("a query");
  if (wantsExpression(expected) && take(expressions().begins)) said.push("an expression");
  if (all(["table", "LATERAL"]) && take([...TABLES, "table"])) said.push("a table");
  const operator = endsExpression(expected) && take(expressions().follows);
  const join = JOINS.filter((word) => left.has(word)).length > 2 && take(JOINS);
  const clauses = CLAUSES.filter((word) => left.has(word));
  if (clauses.length > 2) take(clauses);
  const rest = [...left].filter((word) => !RARE.includes(word)), rare = [...left].filter((word) => RARE.includes(word));
  said.push(...rest.filter((word) => expected.kinds.has(word)).map((kind) => KINDS[kind] ?? `a ${kind}`));
  said.push(...rest.filter((word) => expected.words.has(word)).map(quoted));
  if (join) said.push("JOIN");
  if (clauses.length > 2) said.push(quoted(clauses[0]), "a later clause");
  if (operator) said.push("an operator");
  if (said.length === 0) said.push(...rare.map((word) => KINDS[word] ?? quoted(word)));
  if (expected.end && said.length < NAMED_MAX) said.push("the end of the statement");
  return orList(said.slice(0, NAMED_MAX));
}

function quoted(word: string): string {
  if (word === "GROUP" || word === "ORDER") return `${word} BY`;
  return /^\w/.test(word) ? word : `"${word}"`;
}

function orList(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "something else";
  return `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}
