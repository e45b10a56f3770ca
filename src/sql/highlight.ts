import { parseSql } from "./parse.ts";
import { keywordIndex, lex, type Token, type TokenKind } from "./tokens.ts";
import { isFunctionWord, isReserved } from "./tokens_keywords.ts";
import { rolesOf, spanTest } from "./tokens_roles.ts";

/** What a piece of text is to a reader. `unknown` is what cannot be read, such as a string without an end. */
export type TokenClass =
  | "keyword"
  | "function"
  | "name"
  | "string"
  | "number"
  | "comment"
  | "operator"
  | "space"
  | "unknown";

/** Offsets are UTF-16 units. */
export interface ClassifiedToken {
  readonly class: TokenClass;
  readonly start: number;
  readonly end: number;
}

const CLASSES: Readonly<Record<Exclude<TokenKind, "word">, TokenClass>> = {
  space: "space",
  comment: "comment",
  name: "name",
  string: "string",
  binary: "string",
  number: "number",
  symbol: "operator",
  unknown: "unknown",
};

/**
 * Cuts a text of SQL into tokens for an editor. They lie end to end and cover it; nothing is thrown, whatever the text is. Words are told apart by what
 * they are in their statement where it can be read (a column `offset` is a name), else by themselves.
 */
export function tokenize(text: string): ClassifiedToken[] {
  const tokens = lex(text), { names, calls, types } = rolesOf(...parseSql(text).statements), isType = spanTest(types);
  return tokens.map((token, i) => {
    const { start, end, kind } = token, typed = isType(start);
    if (kind !== "word" && token.flaw) return { class: "unknown", start, end };
    if (calls.has(start)) return { class: "function", start, end };
    if (names.has(start)) return { class: "name", start, end };
    if (kind !== "word") return { class: CLASSES[kind], start, end };
    return { class: typed ? "keyword" : wordClass(tokens, i), start, end };
  });
}

/** What a word is by itself and its neighbours. */
function wordClass(tokens: readonly Token[], i: number): TokenClass {
  const next = neighbour(tokens, i, 1), before = neighbour(tokens, i, -1);
  const keyword = keywordIndex(tokens[i], next) >= 0, { text } = tokens[i];
  if (before?.text === "." || (!isReserved(text) && next?.text === ".")) return "name";
  if (next?.text === "(" && (isFunctionWord(text) || !keyword || text === "LEFT" || text === "RIGHT")) {
    return "function";
  }
  return keyword ? "keyword" : "name";
}

/** The next token in a direction that is no space or comment. */
function neighbour(tokens: readonly Token[], from: number, step: 1 | -1): Token | undefined {
  for (let i = from + step; i >= 0 && i < tokens.length; i += step) {
    if (tokens[i].kind !== "space" && tokens[i].kind !== "comment") return tokens[i];
  }
  return undefined;
}
