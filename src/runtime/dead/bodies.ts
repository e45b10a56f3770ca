import type { InputFormat } from "../../codec.ts";
import type { LetterView } from "./letter.ts";

const encoder = new TextEncoder();
const CSV = /^csv(?:;delimiter=([^]))?$/;

/** Rows that are decoded together, and the body that they make. */
export interface Again {
  readonly letters: readonly LetterView[];
  readonly format: InputFormat;
  readonly header?: boolean;
  readonly delimiter?: string;
  readonly head: string | null;
}

/**
 * Puts letters together whose texts can stand in one body, in which each is one line: rows as JSON, and rows of CSV of one header that have no quotes. Others stand alone, so
 * that a quote which does not end takes nothing along. `lost`: letters of which not all is kept.
 */
export function groupLetters(letters: readonly LetterView[]): { groups: Again[]; lost: LetterView[] } {
  const together = new Map<string, { again: Omit<Again, "letters">; letters: LetterView[] }>();
  const groups: Again[] = [], lost: LetterView[] = [];
  for (const letter of letters) {
    const { format, head } = letter, again = kindOf(format, head);
    if (again === null) lost.push(letter);
    else if (again.format === "csv" && /["\r\n]/.test(letter.raw)) groups.push({ ...again, letters: [letter] });
    else {
      const key = JSON.stringify([format, head]), group = together.get(key);
      if (group) group.letters.push(letter);
      else together.set(key, { again, letters: [letter] });
    }
  }
  for (const { again, letters } of together.values()) groups.push({ ...again, letters });
  return { groups, lost };
}

function kindOf(format: string | null, head: string | null): Omit<Again, "letters"> | null {
  if (format === "json") return { format: "ndjson", head: null };
  const csv = format === null ? null : CSV.exec(format);
  return csv ? { format: "csv", header: head !== null, delimiter: csv[1] ?? ",", head } : null;
}

/** The body of a group. */
export function bodyOf({ letters, format, head }: Again): Uint8Array<ArrayBuffer> {
  // Between values of JSON any line end is a space, and in a string none may stand: a carriage return keeps both so.
  const rows = letters.map(({ raw }) => format === "ndjson" ? raw.replaceAll("\n", "\r") : raw);
  return encoder.encode(`${[...(head === null ? [] : [head]), ...rows].join("\n")}\n`);
}

/** Which letter of a group the row in this line of its body is; undefined: none of them. */
export function letterAt({ letters, head }: Again, line: number): LetterView | undefined {
  if (letters.length === 1) return letters[0];
  return letters[line - 1 - (head === null ? 0 : head.split("\n").length)];
}
