import {
  SQL_BYTES_MAX,
  SQL_DEPTH_MAX,
  SQL_PROBLEMS_MAX,
  SQL_STATEMENTS_MAX,
  SQL_TREE_DEPTH_MAX,
} from "../core/limits.ts";
import type { Span, Statement } from "./ast.ts";
import { problemAt, sqlError, SqlMistake, type SqlProblem } from "./errors.ts";
import { flawOf } from "./errors_flaw.ts";
import { recover } from "./errors_recover.ts";
import { run } from "./parse_run.ts";
import { encode, type Encoded } from "./tokens_encode.ts";
import { lex } from "./tokens.ts";
import { splitStatements, type StatementTokens } from "./tokens_split.ts";

export interface ParsedSql {
  /** The statements that could be read, in order. */
  readonly statements: readonly Statement[];
  /** What is wrong, in order of place; empty when every statement could be read. */
  readonly problems: readonly SqlProblem[];
}

/** Reads a script of SQL. Never throws: what is wrong is in `problems`, for each statement of its own. */
export function parseSql(source: string): ParsedSql {
  if (bytesOf(source) > SQL_BYTES_MAX) return refused(source, 0, `The script is larger than ${SQL_BYTES_MAX} bytes`);
  const statements: Statement[] = [], mistakes: SqlMistake[] = [];
  let leftOpen = false;
  const tokens = lex(source), last = tokens.at(-1);
  if (last?.kind === "comment" && last.flaw) mistakes.push(flawOf(source, last));
  const parts = splitStatements(tokens);
  if (parts.length > SQL_STATEMENTS_MAX) {
    const { start } = parts[SQL_STATEMENTS_MAX].tokens[0];
    return refused(source, start, `The script has ${parts.length} statements; at most ${SQL_STATEMENTS_MAX} may be`);
  }
  for (const part of parts) {
    if (mistakes.length >= SQL_PROBLEMS_MAX) break;
    const encoded = encode(source, part.tokens);
    const { statement, wrong } = parseStatement(encoded, part);
    if (statement) statements.push(statement);
    // A `;` inside of brackets makes two statements of one: what is wrong with the second is the first's mistake.
    else if (!leftOpen || beginsStatement(encoded)) mistakes.push(...wrong.slice(0, SQL_PROBLEMS_MAX));
    leftOpen = wrong.length > 0 && encoded.brackets.open.length > 0;
  }
  mistakes.sort((a, b) => a.at.start - b.at.start);
  const problems = mistakes.slice(0, SQL_PROBLEMS_MAX).map((one) => problemAt(source, one.at, one.message, one.hint));
  return { statements, problems };
}

function refused(source: string, start: number, reason: string): ParsedSql {
  return { statements: [], problems: [problemAt(source, { start, end: start }, reason, "Cut it into several")] };
}

/** Reads a script of SQL. Throws an RdxError with all its problems when something is wrong. */
export function parseSqlOrThrow(source: string): readonly Statement[] {
  const { statements, problems } = parseSql(source);
  if (problems.length > 0) throw sqlError(source, problems);
  return statements;
}

function bytesOf(source: string): number {
  if (source.length > SQL_BYTES_MAX || source.length * 3 <= SQL_BYTES_MAX) return source.length;
  return new TextEncoder().encode(source).length;
}

function parseStatement(encoded: Encoded, part: StatementTokens): { statement?: Statement; wrong: SqlMistake[] } {
  const strings = part.tokens.filter(({ kind, flaw }) => kind === "string" && !flaw);
  const flawed = part.tokens.filter(({ flaw }) => flaw).slice(0, SQL_PROBLEMS_MAX);
  const flaws = flawed.map((token) => flawOf(encoded.source, token, strings));
  const { depth, deepest } = encoded.brackets;
  if (depth > SQL_DEPTH_MAX) {
    const reason = `Brackets are nested ${depth} deep; at most ${SQL_DEPTH_MAX} may be`;
    return {
      wrong: [new SqlMistake(encoded.tokens[deepest], reason, "Give the inner part a name with WITH or a view")],
    };
  }
  const { result, mistakes, ...failure } = run(encoded, "Statement");
  if (mistakes.length > 0) return { wrong: [...flaws, ...mistakes] };
  if (result === undefined) return { wrong: recover(encoded, part.end, failure, flaws) };
  const deep = tooDeep(result);
  if (!deep) return flaws.length > 0 ? { wrong: flaws } : { statement: result as Statement, wrong: [] };
  const reason = `The expression is nested more than ${SQL_TREE_DEPTH_MAX} deep`;
  return { wrong: [new SqlMistake(deep, reason, "Give a part of it a name in a subquery or a view")] };
}

function beginsStatement({ tokens }: Encoded): boolean {
  return /^(SELECT|WITH|CREATE|INSERT|EXPLAIN|EXECUTE|DROP|SET|VALUES)$/.test(tokens[0].text);
}

/** The place of a node that lies deeper in the tree than it may, or null. Without recursion: the tree may be deep. */
function tooDeep(tree: unknown): Span | null {
  const stack: { value: unknown; depth: number }[] = [{ value: tree, depth: 0 }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { value } = top;
    if (typeof value !== "object" || value === null) continue;
    const depth = top.depth + ("kind" in value ? 1 : 0);
    if (depth > SQL_TREE_DEPTH_MAX) return (value as { at: Span }).at;
    for (const inner of Object.values(value)) stack.push({ value: inner, depth });
  }
  return null;
}
