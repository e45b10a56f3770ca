import { nearest } from "../core/nearest.ts";
import { SQL_GUESS_TOKENS_MAX } from "../core/limits.ts";
import { SqlMistake } from "./errors.ts";
import { CLAUSES, describeExpected, type Expected, expectedOf, wantsExpression } from "./errors_expected.ts";
import { describeToken, foreign } from "./errors_flaw.ts";
import { probe, type StartRule } from "./parse_run.ts";
import { quoteName, type Token } from "./tokens.ts";
import { codesOf, CURSOR, type Encoded, textOf } from "./tokens_encode.ts";
import { isReserved } from "./tokens_keywords.ts";

/** Tokens behind a mistake that a guess is tried on. */
const TRIED_TOKENS = 16;

/** Reserved words that begin an expression, so that the parser stops one token behind them. */
const NAMES_TOO = new Set(["CASE", "CAST", "TRY_CAST", "EXISTS", "VALUES", "TABLE"]);

/** A place where the parser could not go on. */
export interface Failure {
  readonly encoded: Encoded;
  readonly rule: StartRule;
  /** The token that does not fit; one past the last when something is missing at the end. */
  readonly at: number;
  readonly expected: Expected;
}

/** What was probably meant: other tokens in place of some, with which the parser comes further. */
interface Guess {
  /** Tokens `from` to before `to` become `codes`. */
  readonly from: number;
  readonly to: number;
  readonly codes: string;
  readonly mistake: () => SqlMistake;
}

/** The mistake that lets the parser go on when it is corrected: the first guess that does, or null. */
export function guess(failure: Failure): SqlMistake | null {
  const { encoded: { codes }, at, rule } = failure;
  if (at > SQL_GUESS_TOKENS_MAX) return null;
  for (const { from, to, codes: instead, mistake } of guesses(failure)) {
    const end = Math.min(codes.length, at + TRIED_TOKENS);
    const repaired = codes.slice(0, from) + instead + codes.slice(to, end);
    const reached = probe(repaired, rule).reached - instead.length + (to - from);
    // The token at `at` and the one behind it fit now.
    if (reached >= Math.min(at + 2, end)) return mistake();
  }
  return null;
}

/** In the order of trust. */
function* guesses(failure: Failure): Generator<Guess> {
  const { encoded: { tokens } } = failure, { at } = failure;
  yield* foreignSymbol(failure, at);
  yield* misspelt(failure, at, failure.expected);
  yield* trailingComma(failure);
  yield* wrongQuotes(failure);
  if (at > 0 && tokens[at - 1].kind === "word") {
    const before = probe(failure.encoded.codes.slice(0, at - 1) + CURSOR, failure.rule);
    if (before.reached === at - 1) yield* misspelt(failure, at - 1, expectedOf(before.expected));
  }
  yield* twice(failure);
  yield* missing(failure, "AS");
  yield* missing(failure, ",");
  yield* reserved(failure, at);
  if (at > 0 && tokens[at] && (NAMES_TOO.has(tokens[at - 1].text) || !isReserved(tokens[at - 1].text))) {
    yield* reserved(failure, at - 1);
  }
}

function* foreignSymbol({ encoded: { tokens } }: Failure, at: number): Generator<Guess> {
  const meant = tokens[at] && foreign(tokens[at]);
  if (!meant) return;
  const [code] = codesOf(meant.use) as readonly string[];
  const reason = `There is no ${tokens[at].text} in SQL`;
  yield { from: at, to: at + 1, codes: code, mistake: () => new SqlMistake(tokens[at], reason, meant.hint) };
}

function* misspelt({ encoded: { source, tokens }, expected }: Failure, at: number, there: Expected): Generator<Guess> {
  const token = tokens[at];
  if (token?.kind !== "word" || token.text.length < 2 || there.words.has(token.text)) return;
  const words = [...there.words].filter((word) => /^\w/.test(word));
  // The first letter is seldom the wrong one.
  const meant = nearest(token.text, words.filter((word) => word[0] === token.text[0])) ?? nearest(token.text, words);
  if (!meant || meant.length < 2) return;
  const [code] = codesOf(meant) as readonly string[], found = describeToken(source, token);
  const reason = there === expected
    ? `Expected ${describeExpected(there)}, found ${found}`
    : `Cannot read ${found} here`;
  yield { from: at, to: at + 1, codes: code, mistake: () => new SqlMistake(token, reason, `Did you mean ${meant}?`) };
}

function* trailingComma({ encoded: { source, tokens }, at }: Failure): Generator<Guess> {
  if (tokens[at - 1]?.text !== ",") return;
  const found = describeToken(source, tokens[at]);
  const twice = tokens[at]?.text === ",";
  const reason = twice ? "Two commas follow each other" : `The comma in front of ${found} has nothing behind it`;
  yield { from: at - 1, to: at, codes: "", mistake: () => new SqlMistake(tokens[at - 1], reason, "Remove it") };
}

function* wrongQuotes({ encoded: { source, tokens, codes }, at, expected }: Failure): Generator<Guess> {
  const token = tokens[at];
  if (!token) return;
  const text = source.slice(token.start + 1, token.end - 1), change = { from: at, to: at + 1 };
  if (codes[at] === "q" && expected.kinds.has("string")) {
    const hint = `Write '${text.replaceAll("'", "''")}'`;
    yield { ...change, codes: "s", mistake: () => new SqlMistake(token, "Strings stand in single quotes", hint) };
  }
  if (codes[at] === "s" && [...expected.kinds].some((kind) => kind !== "string" && kind !== "number")) {
    const reason = "A name stands in double quotes or backquotes, not in single ones";
    yield { ...change, codes: "q", mistake: () => new SqlMistake(token, reason, `Write ${quoteName(text)}`) };
  }
}

function* twice({ encoded: { tokens }, at }: Failure): Generator<Guess> {
  if (!tokens[at] || at === 0 || tokens[at].text === "" || tokens[at].text !== tokens[at - 1].text) return;
  const reason = `${shown(tokens[at])} stands twice`;
  yield { from: at, to: at + 1, codes: "", mistake: () => new SqlMistake(tokens[at], reason, "Remove one of them") };
}

function* missing({ encoded: { source, tokens }, at, expected }: Failure, word: "," | "AS"): Generator<Guess> {
  if (!tokens[at] || !expected.words.has(word)) return;
  const [code] = codesOf(word) as readonly string[], found = describeToken(source, tokens[at]);
  if (tokens[at - 1]?.text === "*" && ["EXCLUDE", "REPLACE", "RENAME"].includes(tokens[at].text)) {
    const reason = `There is no ${tokens[at].text} behind * here`;
    yield { from: at, to: at, codes: code, mistake: () => new SqlMistake(tokens[at], reason, "Name the columns") };
    return;
  }
  const reason = `${word === "," ? "A comma" : "AS"} is missing in front of ${found}`;
  yield { from: at, to: at, codes: code, mistake: () => new SqlMistake(tokens[at], reason) };
}

/** A word that is a keyword there and was meant as a name. */
function* reserved({ encoded, at: failed, expected }: Failure, at: number): Generator<Guess> {
  const { source, tokens, codes } = encoded, token = tokens[at];
  if (token?.kind !== "word" || codes[at] === "w" || (at === failed && !nameFits(encoded, at, expected))) return;
  const name = source.slice(token.start, token.end);
  if (token.text === "UNNEST" && tokens[at + 1]?.text === "(") {
    const hint = "Write FROM t CROSS JOIN UNNEST(t.a) AS u (x), and select x";
    yield { from: at, to: at + 1, codes: "q", mistake: () => new SqlMistake(token, "UNNEST stands in FROM", hint) };
    return;
  }
  const reason = isReserved(token.text) ? `${name} is a reserved word` : `${name} is a keyword here`;
  const mistake = () => new SqlMistake(token, reason, `As a name it is quoted: "${name}"`);
  yield { from: at, to: at + 1, codes: "q", mistake };
}

/** Whether what follows a keyword follows names rather than that keyword, as in `SELECT order, x` but not in `SELECT FROM t`. */
function nameFits({ tokens, codes }: Encoded, at: number, expected: Expected): boolean {
  if (!wantsExpression(expected)) return true;
  const next = tokens[at + 1];
  if (!next) return tokens[at].text !== "FROM";
  return next.kind === "symbol" || CLAUSES.includes(textOf(codes[at + 1]) ?? "") || next.text === "AS";
}

function shown({ text }: Token): string {
  return /^\w/.test(text) ? text : `"${text}"`;
}
