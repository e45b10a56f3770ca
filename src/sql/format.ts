import type { Statement } from "./ast.ts";
import { sqlError } from "./errors.ts";
import { print } from "./format_doc.ts";
import { Gaps } from "./format_gaps.ts";
import { piecesOf } from "./format_pieces.ts";
import { statementDoc } from "./format_statement.ts";
import { parseSql } from "./parse.ts";
import { lex } from "./tokens.ts";
import { splitStatements } from "./tokens_split.ts";

/** A statement, or a comment on lines of its own. */
interface Block {
  readonly text: string;
  readonly statement: boolean;
  /** Whether an empty line stood in front of it. */
  readonly apart: boolean;
}

/**
 * The script in one form: keywords upper case, a clause a line, lines of at most 100 columns where they can be broken. Nothing but blanks and the case of
 * keywords changes, and comments stay where they are; formatting it again changes nothing. Throws an RdxError when the script is wrong.
 */
export function formatSql(source: string): string {
  const { statements, problems } = parseSql(source);
  if (problems.length > 0) throw sqlError(source, problems);
  const tokens = lex(source), parts = splitStatements(tokens), blocks: Block[] = [], gaps = new Gaps(source, tokens);
  const comments = (all: readonly { text: string; apart: boolean }[]) => {
    for (const comment of all) blocks.push({ ...comment, statement: false });
  };
  let from = 0;
  parts.forEach(({ tokens: own, end }, i) => {
    const { comments: before, apart } = gaps.before(own[0]);
    comments(before);
    from = tokens.indexOf(own[0], from);
    const around = tokens.slice(from, tokens.indexOf(own[own.length - 1], from) + 1);
    const text = statementText(source, statements[i], piecesOf(source, statements[i], own, around));
    blocks.push({ text: `${text};${gaps.behind(own[own.length - 1], end)}`, statement: true, apart });
  });
  comments(gaps.before(null).comments);
  return spread(blocks);
}

function statementText(source: string, statement: Statement, pieces: ReturnType<typeof piecesOf>): string {
  const rest = pieces.slice(1);
  // What SET takes without quotes is taken as it is written, blanks included.
  const asWritten = statement.kind === "set" &&
    (rest[0].token.kind !== "string" || rest.at(-1)!.token.kind !== "string");
  if (asWritten) return `SET ${source.slice(rest[0].token.start, rest.at(-1)!.token.end).replace(/\r\n?/g, "\n")}`;
  return print(statementDoc(pieces, statement, 0, pieces.length));
}

/** Blocks below each other; what is long has an empty line around it, and empty lines that were there stay. */
function spread(blocks: readonly Block[]): string {
  let out = "";
  blocks.forEach((block, i) => {
    const above = blocks[i - 1];
    const long = above?.statement && (above.text.includes("\n") || (block.statement && block.text.includes("\n")));
    out += `${above && (block.apart || long) ? "\n" : ""}${block.text}\n`;
  });
  return out;
}
