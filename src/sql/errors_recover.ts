import { SQL_PROBLEMS_MAX } from "../core/limits.ts";
import type { SqlMistake } from "./errors.ts";
import { expectedOf } from "./errors_expected.ts";
import { explainFailure, openerOf } from "./errors_explain.ts";
import type { Expectation } from "./grammar.d.ts";
import { run, type StartRule } from "./parse_run.ts";
import type { Token } from "./tokens.ts";
import { encode, type Encoded, isQueryParen, textOf } from "./tokens_encode.ts";

/** Keywords at which a query can be read again, and as what. */
const RESTARTS: Readonly<Record<string, StartRule>> = {
  FROM: "RestFrom",
  WHERE: "RestWhere",
  GROUP: "RestGroup",
  HAVING: "RestHaving",
  QUALIFY: "RestHaving",
  UNION: "RestSet",
  INTERSECT: "RestSet",
  EXCEPT: "RestSet",
  ORDER: "RestSet",
  LIMIT: "RestSet",
};

/**
 * All that is wrong in a statement that does not fit the grammar: what stopped the parser, and what stops it again from the next clauses on. `flaws` are
 * the mistakes of tokens that cannot be read, known already.
 */
export function recover(
  encoded: Encoded,
  end: Token | null,
  first: { reached: number; expected: readonly Expectation[] },
  flaws: readonly SqlMistake[],
): SqlMistake[] {
  const found: SqlMistake[] = [];
  let part = encoded, rule: StartRule = "Statement", base = 0, failure = first;
  const { brackets } = encoded;
  while (found.length < SQL_PROBLEMS_MAX) {
    const at = base + failure.reached, token = encoded.tokens[at];
    // A second query where one cannot be comes of the first mistake.
    if (found.length > 0 && /^(SELECT|WITH|INSERT|CREATE)$/.test(token?.text ?? "")) break;
    if (!token?.flaw) {
      // A part that ends at a bracket does not end the statement.
      const expected = { ...expectedOf(failure.expected), ...(nested(encoded, base, part) ? { end: false } : {}) };
      found.push(explainFailure({ encoded: part, rule, at: failure.reached, expected }, end));
    }
    // Where brackets do not match, what follows may belong anywhere.
    if (brackets.open.length > 0 || brackets.stray >= 0) break;
    const next = restart(encoded, at, found);
    if (!next) break;
    ({ part, rule, base, failure } = next);
  }
  return [...flaws, ...found].sort((a, b) => a.at.start - b.at.start);
}

interface Restart {
  readonly part: Encoded;
  readonly rule: StartRule;
  readonly base: number;
  readonly failure: { reached: number; expected: readonly Expectation[] };
}

function nested(encoded: Encoded, base: number, part: Encoded): boolean {
  return encoded.codes[base + part.codes.length] === ")";
}

/** The next part behind a token that does not fit the grammar; null when all that can be read alone fits. */
function restart(encoded: Encoded, after: number, found: SqlMistake[]): Restart | null {
  const { partner } = encoded.brackets;
  let opener = openerOf(encoded, after + 1);
  for (let i = after + 1; i < encoded.codes.length; i++) {
    const rule = restartRuleOf(encoded, i, opener);
    if (rule) {
      const to = segmentEnd(encoded, i), part = encode(encoded.source, encoded.tokens.slice(i, to));
      const { result, mistakes, ...failure } = run(part, rule);
      found.push(...mistakes.slice(0, SQL_PROBLEMS_MAX));
      if (result === undefined && mistakes.length === 0) return { part, rule, base: i, failure };
      i = to;
    }
    if (partner[i] > i) i = partner[i];
    else if (partner[i] >= 0) opener = openerOf(encoded, partner[i]);
  }
  return null;
}

/** As what a statement can be read again from a token on, whose innermost open bracket is `opener`; null when it cannot. */
export function restartRuleOf({ tokens, codes }: Encoded, i: number, opener: number): StartRule | null {
  const word = textOf(codes[i]) ?? "";
  if (word === "INSERT" && tokens[i - 1]?.text === ";") return "Insert";
  const makesTable = opener < 0 && tokens[0].text === "CREATE" && /^(TABLE|STREAM)$/.test(tokens[1]?.text ?? "");
  if (makesTable && word === "WITH" && tokens[i + 1]?.text === "(") return "RestTable";
  if (!Object.hasOwn(RESTARTS, word) || (word === "FROM" && tokens[i - 1].text === "DISTINCT")) return null;
  return opener < 0 || isQueryParen(codes[opener]) ? RESTARTS[word] : null;
}

/** Where the query that a token is in ends: at its bracket, at the `;` of a statement set, or with the statement. */
function segmentEnd({ codes, brackets: { partner } }: Encoded, from: number): number {
  for (let i = from; i < codes.length; i++) {
    if (partner[i] > i) i = partner[i];
    else if (codes[i] === ")" || codes[i] === ";") return i;
  }
  return codes.length;
}
