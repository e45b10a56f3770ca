import type { Range } from "./json_text.ts";

/** A piece of a script with what it is to a reader: keyword, function, name, string … The pieces of a text cover it. */
export interface SqlPiece extends Range {
  readonly class: string;
}

/** What cannot be read. Lines and columns count from 1, columns in characters. */
export interface SqlMistake extends Range {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
  readonly hint?: string;
}

/** What may be written at the cursor. */
export interface SqlChoice {
  readonly label: string;
  readonly insert: string;
  readonly kind: string;
  /** A type or a signature. */
  readonly detail: string;
  /** One line. */
  readonly doc: string;
}

/** Choices that take the place of a range, most likely ones first. */
export interface SqlChoices {
  readonly from: number;
  readonly to: number;
  readonly items: readonly SqlChoice[];
}

/** What a script can name. */
export interface SqlCatalogue {
  readonly tables: readonly {
    readonly name: string;
    readonly columns: readonly { readonly name: string; readonly type: string }[];
  }[];
  readonly functions: readonly { readonly name: string; readonly signature: string; readonly summary: string }[];
}

/** What the page has of the language; it comes in a bundle of its own when somebody writes SQL. Nothing of it throws, whatever the text is. */
export interface SqlTools {
  pieces(text: string): readonly SqlPiece[];
  /** In order of their places; what only the server knows, such as names of columns, is not among them. */
  mistakes(text: string): readonly SqlMistake[];
  choices(text: string, offset: number, catalogue: SqlCatalogue): SqlChoices;
  /** The text in its one form, or null where it has mistakes. */
  tidy(text: string): string | null;
  /** A name, in quotes where it needs them. */
  quote(name: string): string;
}

/** The offset of a place that a server tells: the line and the column in characters, both from 1; at most the end of the text. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    const end = text.indexOf("\n", start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  const end = text.indexOf("\n", start), all = text.slice(start, end < 0 ? text.length : end);
  let offset = start, left = column - 1;
  for (const character of all) {
    if (left-- <= 0) break;
    offset += character.length;
  }
  return offset;
}

/** A piece that is coloured, and marked where something is wrong with it. */
export interface PaintedPiece extends SqlPiece {
  readonly wrong: boolean;
}

/** Cuts pieces at the ends of what is wrong. Of an empty range the character behind it is marked. */
export function paintedPieces(pieces: readonly SqlPiece[], wrong: readonly Range[]): PaintedPiece[] {
  const ranges = wrong.map(({ start, end }) => ({ start, end: Math.max(end, start + 1) }));
  const cuts = [...new Set(ranges.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  return pieces.flatMap((piece) => {
    const ends = [...cuts.filter((at) => at > piece.start && at < piece.end), piece.end];
    return ends.map((end, i) => {
      const start = i === 0 ? piece.start : ends[i - 1];
      return { class: piece.class, start, end, wrong: ranges.some((one) => one.start < end && one.end > start) };
    });
  });
}
