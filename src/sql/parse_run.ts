// @ts-types="./grammar.d.ts"
import { type Expectation, type GrammarResult, parse } from "../../dist/sql_grammar.js";
import type { FromItem, Span } from "./ast.ts";
import { SqlMistake } from "./errors.ts";
import * as expressions from "./parse_expression.ts";
import { intervalLiteral } from "./parse_interval.ts";
import { jsonOn, jsonWords } from "./parse_json.ts";
import * as statements from "./parse_statement.ts";
import { tokenMaker } from "./parse_token.ts";
import * as windows from "./parse_window.ts";
import type { Encoded } from "./tokens_encode.ts";

/** Where a text may begin: a whole statement, or the rest of one from a clause on. */
export type StartRule =
  | "Statement"
  | "Insert"
  | "Expression"
  | "CommonTables"
  | "RestFrom"
  | "RestWhere"
  | "RestGroup"
  | "RestHaving"
  | "RestSet"
  | "RestTable";

export interface Run {
  /** What was made; undefined when the tokens do not fit the grammar. */
  readonly result: unknown;
  /** What is wrong although the tokens fit. */
  readonly mistakes: readonly SqlMistake[];
  /** The token up to which the parser came. */
  readonly reached: number;
  readonly expected: readonly Expectation[];
}

/** Parses the tokens. Never throws for what stands in them. */
export function run(encoded: Encoded, startRule: StartRule): Run {
  const mistakes: SqlMistake[] = [];
  const maker = makerOf(encoded, (mistake) => mistakes.push(mistake));
  try {
    const found = parse(encoded.codes, { maker, startRule, peg$library: true });
    if (found.peg$success) return { result: found.peg$result, mistakes, reached: encoded.codes.length, expected: [] };
    return { result: undefined, mistakes: [], ...failureOf(found) };
  } catch (thrown) {
    if (!(thrown instanceof SqlMistake)) throw thrown;
    return { result: undefined, mistakes: [thrown], reached: 0, expected: [] };
  }
}

/** What the grammar calls: each makes a node of what was matched. */
function makerOf(encoded: Encoded, note: (mistake: SqlMistake) => void) {
  const { tokens } = encoded;
  type Qualifier = Parameters<typeof intervalLiteral>[2];
  type Amount = Parameters<typeof intervalLiteral>[1];
  return {
    ...tokenMaker(encoded),
    ...expressions,
    ...windows,
    ...statements,
    jsonOn,
    ...jsonWords(encoded),
    joins: (head: FromItem, tails: Parameters<typeof statements.joined>[1]) => statements.joined(head, tails, note),
    interval: (sign: string | null, value: Amount, qualifier: Qualifier, at: Span, next: number) =>
      intervalLiteral(sign, value, qualifier, at, tokens[next]?.kind === "word" ? tokens[next].text : ""),
  };
}

/** How far `codes` can be read, and what fits there: nothing is made, so mistakes that only the makers see are none here. */
export function probe(codes: string, startRule: StartRule): { reached: number; expected: readonly Expectation[] } {
  const found = parse(codes, { maker: NOTHING, startRule, peg$library: true });
  if (found.peg$success) return { reached: codes.length + 1, expected: [] };
  return failureOf(found);
}

/** The parser does not count the end of the text as expected where it had read all it could. */
function failureOf(
  { peg$result, peg$FAILED, peg$currPos: end, peg$maxFailPos: reached, peg$maxFailExpected: expected }: GrammarResult,
) {
  if (peg$result === peg$FAILED || end < reached) return { reached, expected };
  return { reached: end, expected: [...(end === reached ? expected : []), { type: "end" as const }] };
}

/** A maker whose makers make nothing. */
const NOTHING = new Proxy({}, { get: () => () => ({ start: 0, end: 0 }) });
