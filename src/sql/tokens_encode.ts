import { keywordIndex, type Token } from "./tokens.ts";
import { isFunctionWord, KEYWORD_RANGES, KEYWORDS } from "./tokens_keywords.ts";

/*
 * The grammar is one over tokens: each token is one character, so that blanks and comments are nowhere in it, a keyword is never the beginning of a
 * name, and the place of an error is a token. The build replaces the literals of grammar.peggy by these characters.
 *
 *   w q s u x i d e   plain word, quoted name, string, U&'…', X'…', integer, decimal, number with exponent
 *   ( , + …           symbols of one character are themselves
 *   U+00A0 …          longer symbols, in the order of LONG_SYMBOLS
 *   U+0100 …          keywords, in the order of KEYWORDS
 *   !                 whatever the grammar has no use for
 */

/** The mark of a `(` behind which a query stands: so the parser need not try. */
export const QUERY_PAREN = "(query";
const LONG_SYMBOLS = ["||", "<>", "!=", "<=", ">=", "=>", "::", "/*+", "*/", QUERY_PAREN];
const SHORT_SYMBOLS = new Set("()[],;.+-*/%=<>");
const LONG_BASE = 0xA0, KEYWORD_BASE = 0x100;
const NOTHING = "!";
/** What a cursor is to the parser: a token that fits nowhere, so that what is expected there is told. */
export const CURSOR = "\u{1}";

const LONG_CODES: ReadonlyMap<string, string> = new Map(
  LONG_SYMBOLS.map((symbol, i) => [symbol, String.fromCharCode(LONG_BASE + i)]),
);
const KEYWORD_CODES: ReadonlyMap<string, string> = new Map(
  KEYWORDS.map((word, i) => [word, String.fromCharCode(KEYWORD_BASE + i)]),
);

function range([first, last]: readonly [number, number]): [string, string] {
  return [String.fromCharCode(KEYWORD_BASE + first), String.fromCharCode(KEYWORD_BASE + last)];
}

/** Classes of tokens that the grammar names in `<…>`: characters, and ranges of them. */
const CLASSES: Readonly<Record<string, readonly (string | [string, string])[]>> = {
  "<integer>": ["i"],
  "<number>": ["i", "d", "e"],
  "<string>": ["s"],
  "<unicode string>": ["u"],
  "<binary>": ["x"],
  "<plain>": ["w", "q"],
  "<word>": ["w", range(KEYWORD_RANGES.unit)],
  "<unit>": [range(KEYWORD_RANGES.unit)],
  "<alias>": ["w", "q", range(KEYWORD_RANGES.unit), range(KEYWORD_RANGES.free), range(KEYWORD_RANGES.function)],
  "<operand>": ["w", "q", range(KEYWORD_RANGES.unit), range(KEYWORD_RANGES.free), range(KEYWORD_RANGES.noAlias)],
  "<name>": ["w", "q", [range(KEYWORD_RANGES.unit)[0], range(KEYWORD_RANGES.noAlias)[1]]],
};

/** The characters by which the grammar knows what `literal` names there: one, or a class. Throws for what is no token. */
export function codesOf(literal: string): readonly (string | [string, string])[] {
  const code = KEYWORD_CODES.get(literal) ?? LONG_CODES.get(literal) ?? (SHORT_SYMBOLS.has(literal) ? literal : null);
  const codes = code ? [code] : CLASSES[literal];
  if (!codes) throw new Error(`The grammar names the token "${literal}", which is none`);
  return codes;
}

/** What a character of the grammar stands for: a keyword, a symbol, or null for tokens without a fixed text. */
export function textOf(code: string): string | null {
  const at = code.charCodeAt(0);
  if (at >= KEYWORD_BASE) return KEYWORDS[at - KEYWORD_BASE] ?? null;
  if (at >= LONG_BASE) return LONG_SYMBOLS[at - LONG_BASE] === QUERY_PAREN ? "(" : LONG_SYMBOLS[at - LONG_BASE] ?? null;
  return SHORT_SYMBOLS.has(code) ? code : null;
}

/** Whether a character of the grammar is a `(` behind which a query stands. */
export function isQueryParen(code: string): boolean {
  return code === LONG_CODES.get(QUERY_PAREN);
}

/** Tokens that mean something, as the parser reads them. */
export interface Encoded {
  readonly source: string;
  readonly tokens: readonly Token[];
  /** One character a token. */
  readonly codes: string;
  readonly brackets: Brackets;
}

/** Brackets: `(`, `[`, and CASE … END. */
export interface Brackets {
  /** For each token that opens or closes, the index of its other end; −1 for all others and for those that have none. */
  readonly partner: Int32Array;
  /** Tokens that open and are never closed, innermost last. */
  readonly open: readonly number[];
  /** The first `)` or `]` that closes what is not the innermost open one, or −1; and that one, −1 when none is open. */
  readonly stray: number;
  readonly strayInside: number;
  /** The deepest nesting, and the token where it is reached. */
  readonly depth: number;
  readonly deepest: number;
}

const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "CASE": "END" };

/** Finds the partners of brackets; without recursion, so that a million of them are no matter. `texts` are codes as `textOf` reads them. */
function matchBrackets(texts: readonly string[]): Brackets {
  const partner = new Int32Array(texts.length).fill(-1), open: number[] = [];
  let stray = -1, strayInside = -1, depth = 0, deepest = -1;
  for (const [i, text] of texts.entries()) {
    if (Object.hasOwn(CLOSERS, text)) {
      open.push(i);
      if (open.length > depth) [depth, deepest] = [open.length, i];
    } else if (text === ")" || text === "]" || text === "END") {
      const opener = open.at(-1) ?? -1;
      if (opener >= 0 && CLOSERS[texts[opener]] === text) {
        partner[open.pop()!] = i;
        partner[i] = opener;
      } else if (stray < 0 && text !== "END") [stray, strayInside] = [i, opener];
    }
  }
  return { partner, open, stray, strayInside, depth, deepest };
}

/** Encodes tokens (those of one statement, without spaces and comments) of `source`. */
export function encode(source: string, tokens: readonly Token[]): Encoded {
  const codes = tokens.map((token, i) => codeOf(source, token, tokens[i + 1]));
  const brackets = matchBrackets(codes.map((code) => textOf(code) ?? ""));
  markQueries(codes, brackets.partner);
  return { source, tokens, codes: codes.join(""), brackets };
}

function codeOf(source: string, token: Token, next: Token | undefined): string {
  if (token.flaw) return NOTHING;
  switch (token.kind) {
    case "word": {
      const index = keywordIndex(token, next);
      return index < 0 ? "w" : String.fromCharCode(KEYWORD_BASE + index);
    }
    case "name":
      return "q";
    case "string":
      return source[token.start] === "'" ? "s" : "u";
    case "binary":
      return "x";
    case "number":
      return formOf(source.slice(token.start, token.end))[0];
    case "symbol":
      return SHORT_SYMBOLS.has(token.text) ? token.text : LONG_CODES.get(token.text) ?? NOTHING;
    default:
      return NOTHING;
  }
}

/** What a number is by how it is written. Their first letters are the codes; `e` is a number with an exponent. */
export function formOf(text: string): "integer" | "decimal" | "exponent" {
  if (/^0x/i.test(text)) return "integer";
  return /e/i.test(text) ? "exponent" : text.includes(".") ? "decimal" : "integer";
}

/** Words that begin a query behind `(`. */
const QUERY_STARTS = new Set(["SELECT", "WITH", "VALUES"]);
const SET_OPERATORS = new Set(["UNION", "INTERSECT", "EXCEPT"]);
/** Words that go on with a query behind its `)`; an aggregate's arguments may be followed by ORDER BY too. */
const QUERY_TAILS = new Set(["ORDER", "LIMIT", "OFFSET", "FETCH", "EMIT", "ALLOWED"]);

/**
 * Marks each `(` behind which a query stands, from the innermost out: one in front of SELECT, WITH or VALUES, and one in front of a marked one whose end
 * goes on as a query, as in `((SELECT …) UNION …)`. What is `((SELECT …))` is left to the grammar. `TABLE t` is a query unless it is an argument.
 */
function markQueries(codes: string[], partner: Int32Array): void {
  const mark = LONG_CODES.get(QUERY_PAREN)!, wordAt = (i: number) => textOf(codes[i] ?? NOTHING) ?? "";
  for (let i = codes.length - 2; i >= 0; i--) {
    if (codes[i] !== "(") continue;
    const inner = codes[i + 1], word = wordAt(i + 1), call = isCall(codes, i);
    const tail = inner === mark && partner[i + 1] >= 0 ? wordAt(partner[i + 1] + 1) : "";
    const goesOn = SET_OPERATORS.has(tail) || (!call && QUERY_TAILS.has(tail));
    const table = !call && word === "TABLE" && codes[i + 2] !== "(";
    if (QUERY_STARTS.has(word) || goesOn || table) codes[i] = mark;
  }
}

/** Whether the `(` at an index is a call's: a name stands in front of it, and not that of INSERT INTO. */
function isCall(codes: readonly string[], at: number): boolean {
  let i = at - 1;
  if (isFunctionWord(textOf(codes[i] ?? NOTHING) ?? "")) return true;
  if (!isName(codes[i])) return false;
  while (codes[i - 1] === ".") i -= 2;
  return textOf(codes[i - 1] ?? NOTHING) !== "INTO";
}

function isName(code: string | undefined): boolean {
  return code === "w" || code === "q";
}
