import { SqlMistake } from "./errors.ts";
import { CLAUSES, describeExpected } from "./errors_expected.ts";
import { describeToken, foreign } from "./errors_flaw.ts";
import { otherIdiom } from "./errors_idioms.ts";
import { type Failure, guess } from "./errors_mistakes.ts";
import { placeOf } from "./errors.ts";
import type { Token } from "./tokens.ts";
import { type Encoded, textOf } from "./tokens_encode.ts";

/** Statements of other systems, and what to do here. */
const OTHER_STATEMENTS: Readonly<Record<string, string>> = {
  UPDATE: "Streams are appended to; a view shows the current rows",
  DELETE: "Streams are appended to; a view shows the current rows",
  MERGE: "Streams are appended to; a view shows the current rows",
  TRUNCATE: "Streams are appended to; DROP and CREATE begin anew",
  ALTER: "DROP and CREATE begin anew",
  SHOW: "GET /v1/streams and /v1/views list what there is",
  DESCRIBE: "GET /v1/streams/{name} has the columns",
  DESC: "GET /v1/streams/{name} has the columns",
  USE: "There is one catalogue",
  COMMIT: "Each statement stands for itself",
  ROLLBACK: "Each statement stands for itself",
};
const STATEMENT_STARTS = new Set(["SELECT", "WITH", "CREATE", "INSERT", "EXPLAIN", "EXECUTE", "DROP", "SET", "VALUES"]);

/** What is wrong where the parser could not go on, as well as it can be told. `end` is the `;` behind the statement. */
export function explainFailure(failure: Failure, end: Token | null): SqlMistake {
  return otherStatement(failure) ?? otherIdiom(failure) ?? unclosedBracket(failure, end) ?? strayBracket(failure) ??
    missingSemicolon(failure) ??
    clauseOrder(failure) ?? guess(failure) ?? unfit(failure);
}

function otherStatement({ encoded: { tokens }, at, rule }: Failure): SqlMistake | null {
  const word = tokens[at]?.text ?? "";
  if (at === 1 && tokens[0].text === "EXPLAIN" && /^[A-Z_]+$/.test(word) && !STATEMENT_STARTS.has(word)) {
    const hint = "Write EXPLAIN SELECT …; GET /v1/pipelines/{name}/flow has what a running pipeline does";
    return new SqlMistake(tokens[at], `EXPLAIN takes no ${word}`, hint);
  }
  if (at > 0 || rule !== "Statement" || !Object.hasOwn(OTHER_STATEMENTS, word)) return null;
  return new SqlMistake(tokens[at], `There is no ${word} here`, OTHER_STATEMENTS[word]);
}

const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", CASE: "END" };

/** The innermost bracket that is open at a token, or −1. */
export function openerOf({ codes, brackets: { partner } }: Encoded, at: number): number {
  for (let i = Math.min(at, codes.length) - 1; i >= 0; i--) {
    if (partner[i] >= 0 && partner[i] < i) i = partner[i];
    else if (Object.hasOwn(CLOSERS, textOf(codes[i]) ?? "")) return i;
  }
  return -1;
}

/** A bracket that is never closed, when its end is what could stand here. */
function unclosedBracket({ encoded, at, expected }: Failure, end: Token | null): SqlMistake | null {
  const opener = openerOf(encoded, at), text = opener < 0 ? "" : textOf(encoded.codes[opener])!;
  if (opener < 0 || encoded.brackets.partner[opener] >= 0) return null;
  const closer = CLOSERS[text], token = encoded.tokens[at], open = encoded.tokens[opener];
  const name = text === "CASE" ? "CASE" : `"${text}"`;
  if (!token) {
    const by = end ? "; ends the statement" : "the text ends";
    return new SqlMistake(open, `The ${name} that begins here is not closed: ${by} before its ${closer}`);
  }
  if (!expected.words.has(closer)) return null;
  const { line, column } = placeOf(encoded.source, open.start), found = describeToken(encoded.source, token);
  const reason = `Expected ${
    closer === "END" ? closer : `"${closer}"`
  } for the ${name} of line ${line}, column ${column}, found ${found}`;
  return new SqlMistake(token, reason);
}

function strayBracket({ encoded: { tokens, codes, source, brackets }, at }: Failure): SqlMistake | null {
  if (brackets.stray !== at) return null;
  const inside = brackets.strayInside, text = tokens[at].text;
  if (inside < 0) return new SqlMistake(tokens[at], `This ${text} closes nothing`, "Remove it, or open one before");
  const { line, column } = placeOf(source, tokens[inside].start), open = textOf(codes[inside])!;
  const reason = `This ${text} stands before the ${open} of line ${line}, column ${column} is closed`;
  return new SqlMistake(tokens[at], reason, `Write ${CLOSERS[open]} in front of it`);
}

function missingSemicolon({ encoded: { tokens }, at, expected }: Failure): SqlMistake | null {
  if (!expected.end || !tokens[at] || at === 0 || !STATEMENT_STARTS.has(tokens[at].text)) return null;
  return new SqlMistake(tokens[at], `A ; is missing in front of ${tokens[at].text}`);
}

/** A clause that stands where only later ones may. */
function clauseOrder({ encoded, at, expected }: Failure): SqlMistake | null {
  const word = textOf(encoded.codes[at] ?? "") ?? "", rank = CLAUSES.indexOf(word);
  if (rank < 1 || !(expected.end || expected.words.has(")") || CLAUSES.some((clause) => expected.words.has(clause)))) {
    return null;
  }
  const { partner } = encoded.brackets, opener = openerOf(encoded, at);
  for (let i = at - 1; i > opener; i--) {
    if (partner[i] >= 0 && partner[i] < i) {
      i = partner[i];
      continue;
    }
    const before = textOf(encoded.codes[i]) ?? "", other = CLAUSES.indexOf(before);
    if (before === "SELECT") return null;
    if (other < 0 || encoded.tokens[i].text !== before) continue;
    if (other === rank) {
      const hint = word === "WHERE" || word === "HAVING" ? "Conditions are joined by AND" : "Remove one of them";
      return new SqlMistake(encoded.tokens[at], `${full(word)} stands twice`, hint);
    }
    if (other < rank) continue;
    const reason = `${full(word)} stands behind ${full(before)}`;
    return new SqlMistake(encoded.tokens[at], reason, `It belongs in front of ${full(before)}`);
  }
  return null;
}

function full(clause: string): string {
  return clause === "GROUP" || clause === "ORDER" ? `${clause} BY` : clause;
}

function unfit({ encoded: { source, tokens }, at, expected }: Failure): SqlMistake {
  const token = tokens[at], last = tokens[tokens.length - 1];
  const place = token ?? { start: last.end, end: last.end };
  const what = token?.text === "." && tokens[at - 1]?.kind === "number" ? "a point" : describeToken(source, token);
  return new SqlMistake(place, `Expected ${describeExpected(expected)}, found ${what}`, token && foreign(token)?.hint);
}
