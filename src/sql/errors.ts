import { type ErrorDetail, RdxError } from "../core/errors.ts";
import type { Span } from "./ast.ts";

/** Characters of a line that a snippet shows at most. */
const SNIPPET_CHARS = 100;
/** Width of a tab in a snippet. */
const TAB = "    ";

/** What is wrong in a text of SQL, and where. Lines and columns count from 1, columns in characters. */
export interface SqlProblem extends ErrorDetail {
  readonly at: Span;
  readonly line: number;
  readonly column: number;
}

/** Thrown where a statement is read and something in it is known to be wrong; caught by who reports problems. */
export class SqlMistake extends Error {
  override readonly name = "SqlMistake";
  readonly at: Span;
  constructor({ start, end }: Span, reason: string, readonly hint?: string) {
    super(reason);
    this.at = { start, end };
  }
}

/** The problem at a place of `source`. */
export function problemAt(source: string, at: Span, reason: string, hint?: string): SqlProblem {
  return { ...placeOf(source, at.start), at, reason, ...(hint === undefined ? {} : { hint }) };
}

/** Line and column of an offset. */
export function placeOf(source: string, offset: number): { line: number; column: number } {
  let line = 1, begin = 0;
  for (;;) {
    const next = lineEnd(source, begin);
    if (next === null || next.next > offset) break;
    begin = next.next;
    line++;
  }
  return { line, column: [...source.slice(begin, offset)].length + 1 };
}

/** Where the line that begins at `begin` ends, and where the next begins; null in the last line. */
function lineEnd(source: string, begin: number): { end: number; next: number } | null {
  const pattern = /\r\n|\n|\r/g;
  pattern.lastIndex = begin;
  const found = pattern.exec(source);
  return found && { end: found.index, next: pattern.lastIndex };
}

/** A problem as people read it: its place, what is wrong and what to do, and the line with a caret below. */
export function describeProblem(source: string, problem: SqlProblem): string {
  const head = `Line ${problem.line}, column ${problem.column}: ${problem.reason}`;
  const hint = problem.hint ? `\n${problem.hint}` : "";
  return `${head}\n${snippet(source, problem.at)}${hint}`;
}

/** The line of a place with carets below it; a long line is cut around the place. */
export function snippet(source: string, at: Span): string {
  const { line } = placeOf(source, at.start);
  const before = Math.max(source.lastIndexOf("\n", at.start - 1), source.lastIndexOf("\r", at.start - 1)) + 1;
  const begin = at.start === 0 ? 0 : before;
  const end = lineEnd(source, begin)?.end ?? source.length;
  const from = Math.max(begin, at.start - (SNIPPET_CHARS >> 1)), to = Math.min(end, from + SNIPPET_CHARS);
  const shown = (part: string) => part.replaceAll("\t", TAB);
  const text = (from > begin ? "…" : "") + shown(source.slice(from, to)) + (to < end ? "…" : "");
  const indent = (from > begin ? 1 : 0) + [...shown(source.slice(from, at.start))].length;
  const marked = [...shown(source.slice(at.start, Math.max(at.start, Math.min(at.end, to))))].length;
  const number = `${line} | `;
  return `${number}${text}\n${" ".repeat(number.length - 2)}| ${" ".repeat(indent)}${"^".repeat(Math.max(marked, 1))}`;
}

/** The error that refuses a text of SQL: its message names the first problem, its details are all of them. */
export function sqlError(source: string, problems: readonly SqlProblem[]): RdxError {
  const [first, ...others] = problems;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  const message = `Cannot read the SQL: line ${first.line}, column ${first.column}: ${first.reason}${more}`;
  const details = problems.map(({ line, column, reason, hint }) => ({
    line,
    column,
    reason,
    ...(hint ? { hint } : {}),
  }));
  return new RdxError("invalid_plan", message, details, {
    snippets: problems.map((problem) => snippet(source, problem.at)),
  });
}
