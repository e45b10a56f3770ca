import { all, type Doc, fill, group, HARD, indent, LINE, row, SOFT, SPACE, text } from "./format_doc.ts";
import { endsOperand, gap, type Piece } from "./format_pieces.ts";

/** Items of a list that are written as many to a line as fit, when they are single tokens. */
const FILLED_MIN = 8;
const CLAUSES = new Set(
  "SELECT INTO FROM WHERE GROUP HAVING WINDOW QUALIFY UNION INTERSECT EXCEPT ORDER LIMIT OFFSET FETCH EMIT ALLOWED VALUES"
    .split(" "),
);
const SET_OPERATORS = /^(?:UNION|INTERSECT|EXCEPT)$/;
const JOIN_WORDS = /^(?:INNER|LEFT|RIGHT|FULL|OUTER|CROSS|NATURAL|ASOF|SEMI|ANTI)$/;

/** Indices of the pieces between `from` and `to` that are in no bracket of their own. */
function* level(pieces: readonly Piece[], from: number, to: number): Generator<number> {
  for (let i = from; i < to; i++) {
    yield i;
    if (pieces[i].partner > i) i = pieces[i].partner;
  }
}

/** Pieces one behind the other, their brackets as groups. */
export function inline(pieces: readonly Piece[], from: number, to: number): Doc {
  const docs: Doc[] = [];
  for (let i = from; i < to; i++) {
    if (i > from) docs.push(gap(pieces, i));
    if (pieces[i].partner > i) {
      docs.push(bracket(pieces, i));
      i = pieces[i].partner;
    } else docs.push(text(pieces[i].text));
  }
  return row(docs);
}

/** Where what lies between the pieces at `cuts` begins and ends, each cut at the head of what follows it. */
function parts(from: number, to: number, cuts: readonly number[]): [number, number][] {
  const starts = [from, ...cuts.filter((cut) => cut > from)];
  return starts.map((start, i) => [start, starts[i + 1] ?? to]);
}

/** An expression: ORs break first, then ANDs, then sums; what follows the first line is indented when `deeper`. */
export function expression(pieces: readonly Piece[], from: number, to: number, deeper = true): Doc {
  const cuts = cutsOf(pieces, from, to);
  if (cuts.length === 0) return inline(pieces, from, to);
  const [[, end], ...others] = parts(from, to, cuts);
  const first = expression(pieces, from, end, deeper);
  const rest = others.map(([start, end]) =>
    all(gap(pieces, start, LINE), word(pieces, start), expression(pieces, start + 1, end))
  );
  return group(first, deeper ? indent(row(rest)) : row(rest));
}

/** A piece, and what stands between it and the next. */
function word(pieces: readonly Piece[], i: number): Doc {
  return all(text(pieces[i].text), gap(pieces, i + 1));
}

function cutsOf(pieces: readonly Piece[], from: number, to: number): number[] {
  const ors: number[] = [], ands: number[] = [], sums: number[] = [];
  let between = 0;
  for (const i of level(pieces, from, to)) {
    const { word } = pieces[i];
    if (word === "BETWEEN") between++;
    else if (word === "AND" && between > 0) between--;
    else if (word === "AND") ands.push(i);
    else if (word === "OR") ors.push(i);
    else if (/^(?:\+|-|\|\|)$/.test(word) && i > from && endsOperand(pieces[i - 1])) sums.push(i);
  }
  const cuts = ors.length > 0 ? ors : ands.length > 0 ? ands : sums;
  return cuts.filter((i) => i > from);
}

/** What stands between commas, each made by `item`, with `between` between them. */
function items(
  pieces: readonly Piece[],
  from: number,
  to: number,
  item: (from: number, to: number) => Doc,
  between: Doc = LINE,
): Doc {
  const docs: Doc[] = [];
  let start = from;
  for (const i of level(pieces, from, to)) {
    if (pieces[i].word !== ",") continue;
    docs.push(item(start, i), text(","), gap(pieces, i + 1, between));
    start = i + 1;
  }
  docs.push(item(start, to));
  return row(docs);
}

function list(pieces: readonly Piece[], from: number, to: number): Doc {
  const own = pieces.slice(from, to), count = (to - from + 1) / 2;
  const tokens = own.every(({ word, before, after }, i) =>
    (i % 2 === 1) === (word === ",") && before.length + after.length === 0
  );
  if (!tokens || count < FILLED_MIN) return items(pieces, from, to, (start, end) => expression(pieces, start, end));
  return fill(own.filter((_, i) => i % 2 === 0).map((piece, i) => text(piece.text + (i + 1 < count ? "," : ""))));
}

/** A bracket and what stands in it: CASE, a query, a window, or a list. */
function bracket(pieces: readonly Piece[], open: number): Doc {
  const close = pieces[open].partner, from = open + 1;
  const [opening, closing] = [text(pieces[open].text), text(pieces[close].text)];
  const around = (inner: Doc) =>
    group(opening, indent(gap(pieces, from, SOFT), inner), gap(pieces, close, SOFT), closing);
  if (pieces[open].word === "CASE") return caseOf(pieces, open, close);
  if (pieces[open].word === "<") {
    const inner = items(pieces, from, close, (start, end) => inline(pieces, start, end), SPACE);
    return all(opening, gap(pieces, from), inner, gap(pieces, close), closing);
  }
  if (from === close) return all(opening, gap(pieces, close), closing);
  if (pieces[open].query) return around(query(pieces, from, close, LINE));
  if (/^(?:OVER|AS)$/.test(pieces[open - 1]?.word ?? "")) return around(window(pieces, from, close));
  const several = [...level(pieces, from, close)].some((i) => pieces[i].word === ",");
  return around(several ? list(pieces, from, close) : expression(pieces, from, close, false));
}

function caseOf(pieces: readonly Piece[], open: number, close: number): Doc {
  const cuts = [...level(pieces, open + 1, close)].filter((i) => /^(?:WHEN|ELSE)$/.test(pieces[i].word));
  const [first = close] = cuts;
  const operand = first > open + 1 ? all(gap(pieces, open + 1), expression(pieces, open + 1, first)) : all();
  const branches = parts(first, close, cuts).map(([start, end]) => {
    const then = [...level(pieces, start, end)].find((i) => pieces[i].word === "THEN");
    const head = all(gap(pieces, start, LINE), word(pieces, start), expression(pieces, start + 1, then ?? end));
    if (then === undefined) return head;
    return all(head, gap(pieces, then), word(pieces, then), expression(pieces, then + 1, end));
  });
  return group(
    text(pieces[open].text),
    operand,
    indent(row(branches)),
    gap(pieces, close, LINE),
    text(pieces[close].text),
  );
}

/** Parts in a row, each made by `part`, with `between` between them. */
function joined(
  pieces: readonly Piece[],
  ranges: readonly [number, number][],
  between: Doc,
  part: (from: number, to: number) => Doc,
  begins = false,
): Doc {
  return row(ranges.flatMap(([start, end], i) => [
    ...(i > 0 ? [gap(pieces, start, between, begins)] : []),
    part(start, end),
  ]));
}

/** `PARTITION BY …`, `ORDER BY …` and the frame, each on a line when one is not enough. */
function window(pieces: readonly Piece[], from: number, to: number): Doc {
  const cuts = [...level(pieces, from, to)].filter((i) => /^(?:PARTITION|ORDER|ROWS|RANGE)$/.test(pieces[i].word));
  const commas = (start: number, end: number) =>
    group(indent(items(pieces, start, end, (a, b) => inline(pieces, a, b))));
  return joined(pieces, parts(from, to, cuts), LINE, commas);
}

/** A query, its clauses with `between` between them. */
export function query(pieces: readonly Piece[], from: number, to: number, between: Doc = HARD): Doc {
  const clauses = parts(from, to, clauseStarts(pieces, from, to));
  return joined(pieces, clauses, between, (start, end) => section(pieces, start, end, between), true);
}

function clauseStarts(pieces: readonly Piece[], from: number, to: number): number[] {
  const starts: number[] = [];
  for (const i of level(pieces, from, to)) {
    const { word } = pieces[i], before = pieces[i - 1]?.word ?? "";
    const afterSet = SET_OPERATORS.test(before) ||
      (/^(?:ALL|DISTINCT)$/.test(before) && SET_OPERATORS.test(pieces[i - 2]?.word ?? ""));
    if (i > from && afterSet && !/^(?:ALL|DISTINCT)$/.test(word)) starts.push(i);
    else if (!CLAUSES.has(word) || (word === "FROM" && before === "DISTINCT") || before === "WITHIN") continue;
    else if (word !== "OFFSET" || pieces[starts.at(-1) ?? from].word !== "LIMIT") starts.push(i);
  }
  return starts;
}

/** One clause. */
function section(pieces: readonly Piece[], from: number, to: number, between: Doc): Doc {
  switch (pieces[from].word) {
    case "WITH":
      return commonTables(pieces, from, to, between);
    case "SELECT":
      return listed(pieces, from, selectHead(pieces, from), to);
    case "GROUP":
    case "ORDER":
      return listed(pieces, from, from + 2, to);
    case "WINDOW":
    case "VALUES":
      return listed(pieces, from, from + 1, to);
    case "FROM":
      return fromItems(pieces, from, to);
    case "WHERE":
    case "HAVING":
    case "QUALIFY":
      return all(word(pieces, from), expression(pieces, from + 1, to));
    default:
      return inline(pieces, from, to);
  }
}

/** Keywords up to `head`, and a list that is one line or one item a line. */
function listed(pieces: readonly Piece[], from: number, head: number, to: number): Doc {
  return group(inline(pieces, from, head), indent(gap(pieces, head, LINE), list(pieces, head, to)));
}

/** Where the list of a SELECT begins: behind its hints and DISTINCT. */
function selectHead(pieces: readonly Piece[], from: number): number {
  let head = from + 1;
  if (pieces[head].word === "/*+") head = pieces.findIndex(({ word }, i) => i > head && word === "*/") + 1;
  return /^(?:DISTINCT|ALL)$/.test(pieces[head].word) ? head + 1 : head;
}

function commonTables(pieces: readonly Piece[], from: number, to: number, between: Doc): Doc {
  const tables = items(pieces, from + 1, to, (start, end) => inline(pieces, start, end), between);
  return all(word(pieces, from), tables);
}

/** FROM and its items; joins are on lines of their own when one is not enough. */
function fromItems(pieces: readonly Piece[], from: number, to: number): Doc {
  const item = (start: number, end: number) =>
    joined(pieces, parts(start, end, joinStarts(pieces, start, end)), LINE, (a, b) => joinOf(pieces, a, b));
  return group(word(pieces, from), indent(items(pieces, from + 1, to, item)));
}

function joinStarts(pieces: readonly Piece[], from: number, to: number): number[] {
  const starts: number[] = [];
  for (const i of level(pieces, from, to)) {
    if (pieces[i].word !== "JOIN") continue;
    let start = i;
    while (start - 1 > from && JOIN_WORDS.test(pieces[start - 1].word)) start--;
    starts.push(start);
  }
  return starts;
}

function joinOf(pieces: readonly Piece[], from: number, to: number): Doc {
  const on = [...level(pieces, from, to)].find((i) => pieces[i].word === "ON");
  if (on === undefined) return inline(pieces, from, to);
  return all(inline(pieces, from, on), gap(pieces, on), word(pieces, on), expression(pieces, on + 1, to));
}
