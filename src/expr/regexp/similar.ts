/** A pattern of SIMILAR TO as a regular expression for the whole text, and for each of its characters where in the pattern it comes from. */
export interface Similar {
  readonly text: string;
  readonly places: readonly number[];
}

/** What means in SIMILAR TO what it means in regular expressions. */
const SHARED = "|*+?)";

/**
 * Writes a pattern of SQL's SIMILAR TO as a regular expression: `%` is any characters, `_` one;
 * `| * + ? {n,m} ( ) [ ]` are as in regular expressions; all others stand for themselves, and so does what follows `escape`.
 */
export function translateSimilar(pattern: string, escape: string | null): Similar {
  const characters = Array.from(pattern), places: number[] = [];
  let text = "", at = 0;
  const write = (part: string) => {
    for (const one of part) {
      text += one;
      places.push(at);
    }
  };
  for (; at < characters.length; at++) {
    const one = characters[at];
    if (one === escape && at + 1 < characters.length) write(quoted(characters[++at]));
    else if (one === "%") write(".*");
    else if (one === "_") write(".");
    else if (one === "(") write("(?:");
    else if (one === "[") {
      const length = classLength(characters, at), source = characters.slice(at, at + length).join("");
      write(source.replaceAll("\\", "\\\\").replace(/\[:(\^?)(\w+):\]/g, (name) => name.toLowerCase()));
      at += length - 1;
    } else if (one === "{") {
      const times = /^\{\d+(?:,\d*)?\}/.exec(characters.slice(at).join(""))?.[0] ?? "";
      write(times || quoted(one));
      at += Math.max(0, times.length - 1);
    } else write(SHARED.includes(one) ? one : quoted(one));
  }
  return { text, places };
}

/** A character that stands for itself. */
function quoted(character: string): string {
  return /^[\w ]$/.test(character) ? character : `\\x{${character.codePointAt(0)!.toString(16)}}`;
}

/** Characters of a class from its `[` to its `]`; names such as [:ALPHA:] may be in it. */
function classLength(characters: readonly string[], start: number): number {
  let at = start + 1, first = true;
  for (; at < characters.length; at++, first = false) {
    if (characters[at] === "[" && characters[at + 1] === ":") {
      const end = characters.indexOf("]", at);
      if (end > at) at = end;
    } else if (characters[at] === "]" && !first) return at - start + 1;
  }
  return characters.length - start;
}
