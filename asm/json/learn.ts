import { next_special } from "./bitmap";
import { forget_code, note_stray, run_code, wants_code } from "./code";
import {
  PARSER_ASLEEP, PARSER_COLUMN_COUNT, PARSER_CREDIT, PARSER_HOT, PARSER_HOT_ROWS, PARSER_LAST, PARSER_TEMPLATES,
} from "./layout";
import { leaf_at, leafCount, LEARNED_COLUMN, LEARNED_END, LEARNED_KIND, LEAVES_MAX } from "./leaf";
import { nextRow, parser, row } from "./state";
import { bind_template, match_template } from "./template";
import {
  ENTRY_ADVANCE, ENTRY_COLUMN, ENTRY_FIRST, ENTRY_KIND, ENTRY_LENGTH, ENTRY_LITERAL_MAX, ENTRY_MASK, ENTRY_SIZE,
  ENTRY_TYPICAL, LEAF_NONE, LEAF_VALUE, NOTHING, TEMPLATE_CODE, TEMPLATE_ENTRIES, TEMPLATE_NULL_COUNT, TEMPLATE_NULLS,
  TEMPLATE_SCORE, TEMPLATE_SIZE, TEMPLATE_SUCCESSOR, TEMPLATE_UNKNOWN,
} from "./template_layout";
import { release_unescaped, unescaped_mark } from "./unescaped";

/** Shapes that a parser keeps. */
const TEMPLATE_COUNT: i32 = 8;
/** Entries of a template: a leaf each, and some for literals that need more than one. */
const ENTRIES_MAX: i32 = LEAVES_MAX + 64;
// A miss costs what two hits save; templates that do not earn it sleep for a while
export const CREDIT_MAX: i32 = 64;
const CREDIT_OF_MISS: i32 = 2;
const CREDIT_AWAKE: i32 = 16;
const ASLEEP_ROWS: i32 = 512;

let templates: usize = 0;
let stride: usize = 0;
let last: i32 = 0;
let credit: i32 = 0;
let asleep: i32 = 0;

@inline function strideOf(columnCount: i32): usize {
  return <usize>(TEMPLATE_SIZE + (ENTRIES_MAX + 1) * ENTRY_SIZE) + (((<usize>columnCount << 2) + 63) & ~63);
}

/** Bytes of the templates of a parser with so many columns. */
export function templates_bytes(columnCount: i32): usize {
  return strideOf(columnCount) * TEMPLATE_COUNT;
}

/** Forgets all shapes of a parser whose templates lie at `at`. */
export function clear_templates(at: usize, columnCount: i32): void {
  for (let i = 0; i < TEMPLATE_COUNT; i++) {
    const template = at + <usize>i * strideOf(columnCount);
    store<u32>(template, NOTHING, TEMPLATE_ENTRIES);
    store<u32>(template, 0, TEMPLATE_SCORE);
    forget_code(template);
    store<i32>(template, i, TEMPLATE_SUCCESSOR);
    store<u32>(template, <u32>(template + TEMPLATE_SIZE + (ENTRIES_MAX + 1) * ENTRY_SIZE), TEMPLATE_NULLS);
  }
}

/** Makes the templates of the parser at work the ones that match_row tries. */
export function enter_templates(): void {
  templates = load<u32>(parser, PARSER_TEMPLATES);
  stride = strideOf(load<i32>(parser, PARSER_COLUMN_COUNT));
  last = load<i32>(parser, PARSER_LAST);
  credit = load<i32>(parser, PARSER_CREDIT);
  asleep = load<i32>(parser, PARSER_ASLEEP);
}

/** Gives all templates the addresses of a new batch's cells. */
export function bind_templates(): void {
  for (let i = 0; i < TEMPLATE_COUNT; i++) bind_template(templateAt(i));
}

export function leave_templates(): void {
  store<i32>(parser, last, PARSER_LAST);
  store<i32>(parser, credit, PARSER_CREDIT);
  store<i32>(parser, asleep, PARSER_ASLEEP);
  store<u32>(parser, <u32>hotTemplate(load<u32>(parser, PARSER_HOT_ROWS)), PARSER_HOT);
}

/** A template that has matched `rows` rows and never had code, or 0. */
function hotTemplate(rows: u32): usize {
  for (let i = 0; i < TEMPLATE_COUNT; i++) {
    if (wants_code(templateAt(i), rows)) return templateAt(i);
  }
  return 0;
}

@inline function templateAt(i: i32): usize {
  return templates + <usize>i * stride;
}

/** Whether rows are tried against templates, and learned; counts the rows that are not. */
@inline export function are_templates_awake(): bool {
  if (!asleep) return true;
  if (--asleep == 0) credit = CREDIT_AWAKE;
  return false;
}

/** Notes that the template at position `i` matched `count` rows, which have been counted. */
@inline function matched(i: i32, template: usize, count: u32): void {
  store<u32>(template, load<u32>(template, TEMPLATE_SCORE) + count, TEMPLATE_SCORE);
  last = i;
  credit = <i32>min<u32>(<u32>credit + count, <u32>CREDIT_MAX);
}

/** Tries the templates other than `tried`, the likeliest, on the row at `at`. */
function matchAnother(at: usize, tried: i32): usize {
  const mark = unescaped_mark();
  for (let i = 0; i < TEMPLATE_COUNT; i++) {
    const template = templateAt(i);
    if (i == tried || load<u32>(template, TEMPLATE_ENTRIES) == NOTHING) continue;
    release_unescaped(mark);
    const behind = match_template(template, at);
    if (!behind) continue;
    nextRow();
    store<i32>(templateAt(last), i, TEMPLATE_SUCCESSOR);
    matched(i, template, 1);
    return behind;
  }
  release_unescaped(mark);
  credit -= CREDIT_OF_MISS;
  if (credit <= 0) asleep = ASLEEP_ROWS;
  return 0;
}

/**
 * Reads the row at `at` by the templates, first by the one that came behind the last row's template before; where that
 * has code, also the rows that follow it, until there are `rows` rows or one begins at `end` or behind it. Returns the
 * address behind them, or 0.
 */
@inline export function match_rows(at: usize, rows: usize, end: usize): usize {
  const guess = load<i32>(templateAt(last), TEMPLATE_SUCCESSOR), template = templateAt(guess);
  const coded = load<u32>(template, TEMPLATE_CODE) != 0;
  if (coded) {
    const first = row, repeats = load<i32>(template, TEMPLATE_SUCCESSOR) == guess;
    const behind = run_code(template, at, repeats ? rows : row + 1, end);
    if (row != first) {
      matched(guess, template, <u32>(row - first));
      return behind;
    }
  }
  const mark = unescaped_mark();
  const known = load<u32>(template, TEMPLATE_ENTRIES) != NOTHING;
  const behind = known ? match_template(template, at) : 0;
  if (!behind) {
    release_unescaped(mark);
    return matchAnother(at, guess);
  }
  nextRow();
  if (coded) note_stray(template);
  matched(guess, template, 1);
  return behind;
}

/** The template to give up: a free one or that which matched least, lately. */
function leastUsed(): i32 {
  let least = 0, leastScore: u32 = 0xffffffff;
  for (let i = 0; i < TEMPLATE_COUNT; i++) {
    const template = templateAt(i);
    if (load<u32>(template, TEMPLATE_ENTRIES) == NOTHING) return i;
    const score = load<u32>(template, TEMPLATE_SCORE);
    store<u32>(template, score >> 1, TEMPLATE_SCORE);
    if (score < leastScore) {
      least = i;
      leastScore = score;
    }
  }
  return least;
}

let entriesWritten: i32 = 0;

/**
 * Writes the literal [at, end) in as many entries as it needs, the last for a leaf of about `typical` bytes; false if that
 * cannot be.
 */
function writeLiteral(
  template: usize, at: usize, end: usize, kind: i32, typical: u32, column: usize, marked: bool,
): bool {
  while (true) {
    if (entriesWritten > ENTRIES_MAX) return false;
    const entry = template + TEMPLATE_SIZE + <usize>entriesWritten * ENTRY_SIZE;
    const rest = end - at, length = min<usize>(rest, ENTRY_LITERAL_MAX);
    const first = next_special(at) - at;
    if (marked && (first >= rest || first > 0xff)) return false; // the leaf before could not be found by its mark
    memory.fill(entry, 0, ENTRY_SIZE);
    memory.copy(entry, at, length);
    store<u8>(entry, <u8>length, ENTRY_LENGTH);
    store<u32>(entry, length == 32 ? -1 : (1 << <u32>length) - 1, ENTRY_MASK);
    if (entriesWritten) store<u8>(entry - ENTRY_SIZE, marked ? <u8>first : 0, ENTRY_FIRST);
    entriesWritten++;
    at += length;
    if (at == end) {
      store<u8>(entry, <u8>kind, ENTRY_KIND);
      store<u8>(entry, <u8>typical, ENTRY_TYPICAL);
      store<u32>(entry, <u32>column, ENTRY_COLUMN);
      return true;
    }
    store<u8>(entry, <u8>LEAF_NONE, ENTRY_KIND);
    marked = false;
  }
}

/**
 * Makes a template of the row at `start`, whose leaves are recorded and which parsed strictly: its text up to `next`,
 * where the next row begins, and what lies between there and `end` is compared too. `nulls`, in the template, are set
 * by the caller.
 */
function write(template: usize, start: usize, next: usize, end: usize): bool {
  entriesWritten = 0;
  let at = start, marked = false;
  for (let i = 0; i < leafCount; i++) {
    const leaf = leaf_at(i), kind = load<i32>(leaf, LEARNED_KIND), start: usize = load<u32>(leaf);
    const end: usize = load<u32>(leaf, LEARNED_END), typical = min<u32>(255, <u32>(end - start));
    if (!writeLiteral(template, at, start, kind, typical, load<u32>(leaf, LEARNED_COLUMN), marked)) return false;
    at = end;
    marked = kind != LEAF_VALUE;
  }
  const before = entriesWritten;
  if (!writeLiteral(template, at, end, LEAF_NONE, 0, 0, marked)) return false;
  const tail = template + TEMPLATE_SIZE + <usize>(entriesWritten - 1) * ENTRY_SIZE;
  const behind = end - next, length = <usize>load<u8>(tail, ENTRY_LENGTH);
  if (before + 1 != entriesWritten && behind >= length) return false;
  store<u32>(tail, <u32>(length - behind), ENTRY_ADVANCE);
  return true;
}

/**
 * Learns the row at `start`, which ends where the next begins, at `next`; its shape includes what follows up to `end`.
 * Returns the template, whose list of NULL columns the caller fills, or 0 if the row cannot be learned.
 */
export function learn_row(start: usize, next: usize, end: usize, unknown: bool): usize {
  const chosen = leastUsed(), template = templateAt(chosen);
  store<u32>(template, NOTHING, TEMPLATE_ENTRIES);
  if (!write(template, start, next, end)) return 0;
  store<u32>(template, entriesWritten - 1, TEMPLATE_ENTRIES);
  store<u32>(template, <u32>unknown, TEMPLATE_UNKNOWN);
  store<u32>(template, 1, TEMPLATE_SCORE);
  store<u32>(template, 0, TEMPLATE_NULL_COUNT);
  store<i32>(template, chosen, TEMPLATE_SUCCESSOR);
  forget_code(template);
  store<i32>(templateAt(last), chosen, TEMPLATE_SUCCESSOR);
  last = chosen;
  bind_template(template);
  return template;
}
