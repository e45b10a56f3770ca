import { isFunctionWord, isReserved, KEYWORDS } from "./tokens_keywords.ts";

/** What a piece of text is to the reader. `name` is a quoted name, `word` any other; `unknown` are characters that SQL has no use for. */
export type TokenKind =
  | "space"
  | "comment"
  | "word"
  | "name"
  | "string"
  | "binary"
  | "number"
  | "symbol"
  | "unknown";

/** Offsets are UTF-16 units. The tokens of a text lie end to end and cover it. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** Of words and symbols: the text, upper case. Empty for all others, whose text is in the source. */
  readonly text: string;
  /** Why the token cannot be read. */
  readonly flaw: "unclosed" | "glued" | "hex" | "empty" | null;
}

/** Blanks: line ends, Unicode's separators, and the marks that editors leave at the beginning of files. */
const SPACE = /[\s\uFEFF\u200B]+/y;
const WORD = /[\p{ID_Start}_][\p{ID_Continue}$]*/uy;
const NUMBER = /0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
/** Longest first. Those that the grammar does not know are here so that an error can name them whole. */
const SYMBOL = /<=>|<>|<=|>=|=>|==|!=|::|\|\||&&|->|[()[\]{},;.+\-*/%=<>:!&|^~?@#\\$]/y;
const LINE_COMMENT = /--[^\n\r]*/y;
const HEX = /^(?:[0-9a-fA-F]{2})*$/;

/** Cuts a text into tokens. It never throws: what cannot be read is a token with a flaw, or of the kind `unknown`. */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  const state = { inHint: false };
  for (let at = 0; at < text.length;) {
    const token = next(text, at, state);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function next(text: string, at: number, state: { inHint: boolean }): Token {
  const char = text[at], following = text[at + 1];
  if (following === "'" && (char === "x" || char === "X")) return binary(text, at);
  if (following === "&" && (char === "u" || char === "U") && text[at + 2] === "'") {
    return quoted(text, "string", at, at + 2, "'");
  }
  if (/[A-Za-z_]/.test(char)) return make("word", text, at, match(WORD, text, at));
  if (/[ \n\r\t]/.test(char)) return plain("space", at, match(SPACE, text, at));
  if (char === "'") return quoted(text, "string", at, at, "'");
  if (char === '"' || char === "`") return quoted(text, "name", at, at, char);
  if (char === "-" && following === "-") return plain("comment", at, match(LINE_COMMENT, text, at));
  if (char === "/" && following === "*") {
    if (text[at + 2] !== "+") return until(text, "comment", at, at + 2, "*/");
    state.inHint = true;
    return symbol("/*+", at);
  }
  if (state.inHint && char === "*" && following === "/") {
    state.inHint = false;
    return symbol("*/", at);
  }
  return other(text, at);
}

function other(text: string, at: number): Token {
  for (const [kind, pattern] of [["number", NUMBER], ["symbol", SYMBOL], ["word", WORD], ["space", SPACE]] as const) {
    const end = match(pattern, text, at);
    if (end === at) continue;
    return kind === "number" ? number(text, at, end) : make(kind, text, at, end);
  }
  return plain("unknown", at, at + (text.codePointAt(at)! > 0xFFFF ? 2 : 1));
}

function make(kind: TokenKind, text: string, start: number, end: number): Token {
  return { kind, start, end, text: kind === "space" ? "" : text.slice(start, end).toUpperCase(), flaw: null };
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function plain(kind: TokenKind, start: number, end: number): Token {
  return { kind, start, end, text: "", flaw: null };
}

function symbol(text: string, start: number): Token {
  return { kind: "symbol", start, end: start + text.length, text, flaw: null };
}

function until(text: string, kind: TokenKind, start: number, from: number, mark: string): Token {
  const found = text.indexOf(mark, from);
  if (found < 0) return { ...plain(kind, start, text.length), flaw: "unclosed" };
  return plain(kind, start, found + mark.length);
}

/** A string or name whose first quote is at `open`; a doubled quote is part of it. */
function quoted(text: string, kind: TokenKind, start: number, open: number, quote: string): Token {
  for (let at = open + 1;;) {
    const found = text.indexOf(quote, at);
    if (found < 0) return { ...plain(kind, start, text.length), flaw: "unclosed" };
    if (text[found + 1] !== quote) {
      const empty = kind === "name" && found === open + 1;
      return { ...plain(kind, start, found + 1), flaw: empty ? "empty" : null };
    }
    at = found + 2;
  }
}

function binary(text: string, start: number): Token {
  const token = quoted(text, "binary", start, start + 1, "'");
  if (token.flaw || HEX.test(text.slice(start + 2, token.end - 1))) return token;
  return { ...token, flaw: "hex" };
}

/** A number that letters follow at once is neither a number nor a name. */
function number(text: string, start: number, end: number): Token {
  const glued = match(WORD, text, end);
  return glued === end ? plain("number", start, end) : { ...plain("number", start, glued), flaw: "glued" };
}

const KEYWORD_INDEX: ReadonlyMap<string, number> = new Map(KEYWORDS.map((word, i) => [word, i]));

/** The index in KEYWORDS of a word that is a keyword there, else -1; `next` is the token after it that is no space or comment. */
export function keywordIndex(token: Token, next: Token | undefined): number {
  if (token.kind !== "word") return -1;
  const index = KEYWORD_INDEX.get(token.text) ?? -1;
  return index >= 0 && isFunctionWord(token.text) && next?.text !== "(" ? -1 : index;
}

/** The text of a quoted name without its quotes. */
export function nameOf(source: string): string {
  const quote = source[0];
  return source.slice(1, -1).replaceAll(quote + quote, quote);
}

/** Whether a name must be quoted to be read as a name anywhere. */
export function needsQuotes(name: string): boolean {
  return match(WORD, name, 0) !== name.length || name === "" || isReserved(name.toUpperCase());
}

/** A name as SQL text: in quotes only where it must be. */
export function quoteName(name: string): string {
  return needsQuotes(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
