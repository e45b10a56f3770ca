import { SqlMistake } from "./errors.ts";
import { nameOf, quoteName, type Token } from "./tokens.ts";

/** Characters that look like what SQL has and are something else. */
const LOOK_ALIKE: Readonly<Record<string, string>> = {
  "‘": "'",
  "’": "'",
  "‚": "'",
  "´": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "–": "-",
  "—": "-",
  "−": "-",
  "×": "*",
  "≤": "<=",
  "≥": ">=",
  "≠": "<>",
  "，": ",",
  "；": ";",
  "（": "(",
  "）": ")",
};

/** Symbols of other languages, and what SQL has for them. */
const FOREIGN: Readonly<Record<string, { use: string; hint: string }>> = {
  "==": { use: "=", hint: "SQL compares with =" },
  "&&": { use: "AND", hint: "SQL has AND" },
  "!": { use: "NOT", hint: "SQL has NOT, and <> for unequal" },
  "<=>": { use: "=", hint: "SQL has IS NOT DISTINCT FROM" },
  "->": { use: ".", hint: "A field of a row is written a.b" },
};

/** What SQL has in place of a symbol, and how to say it; null for symbols that nothing stands for. */
export function foreign(token: Token): { use: string; hint: string } | null {
  return Object.hasOwn(FOREIGN, token.text) ? FOREIGN[token.text] : null;
}

/** What is wrong with a token that has a flaw; `strings` are those before it. */
export function flawOf(source: string, token: Token, strings: readonly Token[] = []): SqlMistake {
  const text = source.slice(token.start, token.end);
  switch (token.flaw) {
    case "glued":
      return glued(token, text);
    case "hex":
      return new SqlMistake(token, "X'…' wants an even number of hexadecimal digits");
    case "empty":
      return new SqlMistake(token, "A name cannot be empty", "Strings stand in single quotes: ''");
    default:
      return unclosed(source, token, strings);
  }
}

function glued(token: Token, text: string): SqlMistake {
  const hint = /^\d+(?:ms|s|m|h|d|min|sec)$/i.test(text)
    ? "An interval is written INTERVAL '5' MINUTE"
    : `As a name it is quoted: ${quoteName(text)}`;
  return new SqlMistake(token, `Cannot read ${text}: a name cannot begin with a digit`, hint);
}

function unclosed(source: string, token: Token, strings: readonly Token[]): SqlMistake {
  const what = { comment: "comment", name: "quoted name" }[token.kind as string] ?? "string";
  const opening = token.kind === "comment" ? 2 : source.slice(token.start).search(/['"`]/) + 1;
  const mark = token.kind === "comment" ? "*/" : source[token.start + opening - 1];
  const at = { start: token.start, end: token.start + opening };
  // When a quote is missing, every string behind it begins where it should end.
  const long = strings.findLast(({ start, end }) => /[\n;]/.test(source.slice(start, end)));
  const apostrophe = strings.findLast(({ end }) => /\w/.test(source[end] ?? ""));
  if (apostrophe && !long) {
    const hint = "A quote in a string is written twice: 'it''s'";
    return new SqlMistake({ start: apostrophe.end - 1, end: apostrophe.end }, "The string ends at this quote", hint);
  }
  const line = long && source.slice(0, long.start).split("\n").length;
  const hint = long
    ? `Close it with ${mark}, or look at the string that begins in line ${line} and goes on to this one`
    : `Close it with ${mark}`;
  return new SqlMistake(at, `The ${what} that begins here is not closed`, hint);
}

/** How a message names a token. */
export function describeToken(source: string, token: Token | undefined): string {
  if (!token) return "the end of the statement";
  const text = source.slice(token.start, token.end), short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  switch (token.kind) {
    case "word":
      return short;
    case "name":
      return token.flaw ? short : `the name ${quoteShort(nameOf(text))}`;
    case "string":
      return `the string ${short}`;
    case "binary":
      return `the bytes ${short}`;
    case "number":
      return `the number ${short}`;
    case "symbol":
      return `"${text}"`;
    default: {
      const like = LOOK_ALIKE[text];
      const point = text.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
      return like ? `${text}, which looks like ${like} and is another character` : `the character U+${point}`;
    }
  }
}

function quoteShort(name: string): string {
  const quoted = quoteName(name);
  return quoted.length > 40 ? `${quoted.slice(0, 40)}…` : quoted;
}
