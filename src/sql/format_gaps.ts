import { commentOf } from "./format_pieces.ts";
import type { Token } from "./tokens.ts";

interface Apart {
  readonly text: string;
  /** Whether an empty line stood in front of it. */
  readonly apart: boolean;
}

/** What stands between statements: comments in front of each, and those on its last line. They are asked for in order. */
export class Gaps {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  /** Comments that stand in front of a `;` and are below it now. */
  #moved: Apart[] = [];

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  /** The comments in front of a token (null: to the end) that were not handed out, and whether an empty line is behind them. */
  before(token: Token | null): { comments: Apart[]; apart: boolean } {
    const comments = this.#moved;
    this.#moved = [];
    let blanks = "";
    for (; this.#next < this.#tokens.length && this.#tokens[this.#next] !== token; this.#next++) {
      const { kind, start, end } = this.#tokens[this.#next], written = this.#source.slice(start, end);
      if (kind === "space") blanks += written;
      if (kind !== "comment") continue;
      comments.push({ text: commentOf(written).text, apart: isApart(blanks) });
      blanks = "";
    }
    return { comments, apart: isApart(blanks) };
  }

  /** The comments between the last token of a statement and the end of the line of its `;`, as they stand behind it. */
  behind(last: Token, end: Token | null): string {
    this.#next = this.#tokens.indexOf(last, this.#next) + 1;
    let ended = end === null, out = "", full = false;
    for (; this.#next < this.#tokens.length; this.#next++) {
      const token = this.#tokens[this.#next], written = this.#source.slice(token.start, token.end);
      if (token === end) ended = true;
      else if (token.kind === "comment") {
        const { text, endsLine } = commentOf(written);
        if (full) this.#moved.push({ text, apart: false });
        else out += ` ${text}`;
        full = full || endsLine;
      } else if (token.kind !== "space" || (ended && /[\n\r]/.test(written))) break;
    }
    return out;
  }
}

function isApart(blanks: string): boolean {
  return (blanks.match(/\r\n|\n|\r/g) ?? []).length > 1;
}
