import type { Statement } from "./ast.ts";
import { all, type Doc, group, HARD, indent, LINE, row, SOFT, text } from "./format_doc.ts";
import { gap, type Piece } from "./format_pieces.ts";
import { expression, inline, query } from "./format_query.ts";

/** Columns or options from which on each is on a line of its own. */
const LONG_LIST_MIN = 3;

/** A statement whose pieces are those between `from` and `to`. */
export function statementDoc(pieces: readonly Piece[], statement: Statement, from: number, to: number): Doc {
  const indexOf = ({ start }: { readonly start: number }) => pieces.findIndex(({ token }) => token.start === start);
  switch (statement.kind) {
    case "query_statement":
      return query(pieces, from, to);
    case "insert":
    case "create_view": {
      const at = indexOf(statement.query.at);
      return all(head(pieces, from, at), gap(pieces, at, HARD, true), query(pieces, at, to));
    }
    case "create_table": {
      const at = statement.query ? indexOf(statement.query.at) : to;
      const made = head(pieces, from, at);
      return at === to ? made : all(made, gap(pieces, at, HARD, true), query(pieces, at, to));
    }
    case "create_function":
      return head(pieces, from, to);
    case "explain": {
      const at = indexOf(statement.statement.at);
      const explained = statementDoc(pieces, statement.statement, at, to);
      return all(inline(pieces, from, at), gap(pieces, at, HARD, true), explained);
    }
    case "statement_set": {
      const starts = statement.statements.map(({ at }) => indexOf(at));
      const inserts = statement.statements.map((insert, i) => {
        const next = starts[i + 1] ?? to - 1;
        return all(gap(pieces, starts[i], HARD, true), statementDoc(pieces, insert, starts[i], next - 1), text(";"));
      });
      const end = all(gap(pieces, to - 1, HARD, true), text(pieces[to - 1].text));
      return all(inline(pieces, from, starts[0]), indent(row(inserts)), end);
    }
    default:
      return inline(pieces, from, to);
  }
}

/** What stands in front of a query: words, and lists in parentheses, which are long soon. */
function head(pieces: readonly Piece[], from: number, to: number): Doc {
  const docs: Doc[] = [];
  for (let i = from; i < to; i++) {
    if (i > from) docs.push(gap(pieces, i));
    if (pieces[i].word === "(" && pieces[i].partner > i) {
      docs.push(definitions(pieces, i, pieces[i].partner));
      i = pieces[i].partner;
    } else docs.push(text(pieces[i].text));
  }
  return row(docs);
}

function definitions(pieces: readonly Piece[], open: number, close: number): Doc {
  if (close === open + 1) return all(text("("), gap(pieces, close), text(")"));
  const docs: Doc[] = [];
  let start = open + 1, count = 1;
  for (let i = start; i < close; i++) {
    if (pieces[i].partner > i) i = pieces[i].partner;
    else if (pieces[i].word === ",") {
      docs.push(expression(pieces, start, i), text(","), gap(pieces, i + 1, LINE));
      [start, count] = [i + 1, count + 1];
    }
  }
  // A list of names alone is short; definitions and options have more than one token each.
  const defines = close - open > 2 * count;
  const line = defines && count >= LONG_LIST_MIN ? HARD : SOFT;
  return group(
    text("("),
    indent(gap(pieces, open + 1, line), row(docs), expression(pieces, start, close)),
    gap(pieces, close, line),
    text(")"),
  );
}
