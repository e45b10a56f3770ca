import type { Statement } from "./ast.ts";
import { all, type Doc, HARD, row, SPACE, text } from "./format_doc.ts";
import type { Token } from "./tokens.ts";
import { encode, isQueryParen, textOf } from "./tokens_encode.ts";
import { rolesOf, spanTest } from "./tokens_roles.ts";

export interface Comment {
  readonly text: string;
  /** Whether a line ends with it. */
  readonly endsLine: boolean;
}

/** A token as it is printed, with the comments around it. */
export interface Piece {
  readonly token: Token;
  /** The keyword or symbol that it is to the grammar; empty for names, numbers and strings. */
  readonly word: string;
  readonly text: string;
  /** Comments in front of it on lines of their own, and behind it on its line. */
  readonly before: Comment[];
  readonly after: Comment[];
  /** The other end of a bracket, or −1. */
  readonly partner: number;
  readonly query: boolean;
  /** A name in front of a list that is no call, such as `t (a, b)` in INSERT. */
  readonly listed: boolean;
  /** A `<` or `>` of a type. */
  readonly ofType: boolean;
}

/** The pieces of a statement, whose tokens are `tokens`; `around` are the same with blanks and comments between them. */
export function piecesOf(
  source: string,
  statement: Statement,
  tokens: readonly Token[],
  around: readonly Token[],
): Piece[] {
  const { codes, brackets } = encode(source, tokens), roles = rolesOf(statement);
  const inType = spanTest(roles.types);
  const pieces = tokens.map((token, i): Piece => {
    const code = codes[i], name = roles.names.has(token.start), word = name ? "" : textOf(code) ?? "";
    const written = source.slice(token.start, token.end), typed = inType(token.start);
    const upper = !name && token.kind === "word" && (word !== "" || typed);
    return {
      token,
      word,
      text: upper ? written.toUpperCase() : written,
      before: [],
      after: [],
      partner: brackets.partner[i],
      query: isQueryParen(code),
      listed: roles.listed.has(token.start),
      ofType: typed && /[<>]/.test(word),
    };
  });
  attach(source, pieces, around);
  return pairTypes(pieces);
}

/** Pieces whose `<` and `>` of types are each other's partners. */
function pairTypes(pieces: readonly Piece[]): Piece[] {
  const partners = new Map<number, number>(), open: number[] = [];
  for (const [i, { ofType, word }] of pieces.entries()) {
    if (!ofType) continue;
    if (word === "<") open.push(i);
    else if (open.length > 0) {
      partners.set(i, open[open.length - 1]);
      partners.set(open.pop()!, i);
    }
  }
  return pieces.map((piece, i) => ({ ...piece, partner: partners.get(i) ?? piece.partner }));
}

/** Gives each comment between the pieces to the one that it stands behind on a line, else to the one that follows it. */
function attach(source: string, pieces: Piece[], around: readonly Token[]): void {
  let i = -1, blanks = "";
  for (const token of around) {
    const written = source.slice(token.start, token.end);
    if (token.kind === "space") blanks += written;
    else if (token.kind !== "comment") [i, blanks] = [i + 1, ""];
    else {
      // A comma stays with what it follows: the comment comes behind it.
      const moved = /^[,;]$/.test(pieces[i + 1].word),
        at = moved ? i + 1 : i,
        piece = pieces[at],
        next = pieces[at + 1];
      const ended = piece.after.at(-1)?.endsLine === true || next.before.length > 0;
      const behind = !ended && (moved || !/[\n\r]/.test(blanks));
      (behind ? piece.after : next.before).push(commentOf(written));
    }
  }
}

export function commentOf(written: string): Comment {
  const text = written.trimEnd().replace(/\r\n?/g, "\n");
  return { text, endsLine: text.startsWith("--") || text.includes("\n") };
}

function commentDoc({ text: written, endsLine }: Comment, begins: boolean): Doc {
  return all(SPACE, text(written), begins || endsLine ? HARD : SPACE);
}

/**
 * What stands between a piece and the one before it: their comments, and in the midst `line`, or a blank where one belongs. It is put where both are
 * seen together, so that no comment breaks a group that it only stands at the edge of. Comments in front of what `begins` a line have lines of their own.
 */
export function gap(pieces: readonly Piece[], i: number, line?: Doc, begins = false): Doc {
  const blank = line ?? (spaced(pieces[i - 1], pieces[i], pieces[i - 2]) ? SPACE : all());
  const { after } = pieces[i - 1], { before } = pieces[i];
  if (after.length + before.length === 0) return blank;
  const behind = after.map((comment) => commentDoc(comment, false));
  return all(row(behind), blank, row(before.map((comment) => commentDoc(comment, begins))));
}

/** Keywords in front of whose `(` no blank stands, since they are functions or types. */
const CALLS = new Set([
  ..."CAST TRY_CAST TABLE UNNEST LEFT RIGHT ROW TIMESTAMP TIME TIMESTAMP_LTZ CHARACTER VARYING DESCRIPTOR EXTRACT FLOOR CEIL CEILING TRIM"
    .split(" "),
  ..."SUBSTRING POSITION OVERLAY TIMESTAMPADD TIMESTAMPDIFF DATEADD DATEDIFF DATEPART TUMBLE HOP CUMULATE SESSION ROLLUP CUBE"
    .split(" "),
  ..."TUMBLINGWINDOW HOPPINGWINDOW SLIDINGWINDOW SESSIONWINDOW SNAPSHOTWINDOW DAY HOUR MINUTE SECOND YEAR MONTH".split(
    " ",
  ),
]);

/** Whether a piece ends an operand, so that a `-` behind it is between two. */
export function endsOperand(piece: Piece | undefined): boolean {
  if (!piece) return false;
  return piece.word === "" || /^(?:\)|\]|END|NULL|TRUE|FALSE|CURRENT_\w+|LOCALTIME\w*)$/.test(piece.word) ||
    UNITS.test(piece.word);
}

const UNITS = /^(?:DAY|HOUR|MINUTE|SECOND|YEAR|MONTH|WEEK|QUARTER|MILLISECOND)S?$/;

/** Whether a blank stands between two neighbours; `before` is the piece in front of both. */
function spaced(a: Piece, b: Piece, before: Piece | undefined): boolean {
  if (/^[,;.)\]]$|^::$/.test(b.word) || /^[.([]$|^::$/.test(a.word) || a.query) return false;
  if (a.ofType || b.ofType) return a.word === ">" && !b.ofType && b.word !== "(";
  if (b.word === "[") return false;
  if (b.word === "(" || b.query) {
    if (a.word === "") return a.listed || a.token.kind === "string" || a.token.kind === "number";
    return !CALLS.has(a.word);
  }
  // Two signs in a row would begin a comment.
  if (a.word === "-" || a.word === "+") return endsOperand(before) || b.word === "-" || b.word === "+";
  return true;
}
