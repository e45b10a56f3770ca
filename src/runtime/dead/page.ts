import { QUARANTINED } from "../dead_letters.ts";
import { FrameBuilder } from "../../core/frame.ts";
import { DEAD_PAGE_BYTES, DEAD_PAGE_LOOK_ROWS_MAX, DEAD_SHOWN_CHARS_MAX } from "../../core/limits.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../../core/schema.ts";
import type { DeadFilter, DeadPage } from "../service.ts";
import { type LetterView, matcher } from "./letter.ts";
import { scanOpen, type ScanParts } from "./scan.ts";

/** Columns of dead rows as they are listed: what a person looks for first comes first. */
export const LISTED_COLUMNS: readonly Column[] = [
  { name: "ts", type: TIMESTAMP, nullable: false },
  { name: "reason", type: STRING, nullable: false },
  { name: "field", type: STRING, nullable: true },
  { name: "line", type: INT64, nullable: false },
  { name: "raw", type: STRING, nullable: false },
  { name: "offset", type: INT64, nullable: false },
  { name: "attempts", type: INT64, nullable: false },
  { name: "retry_at", type: TIMESTAMP, nullable: true },
  { name: "pipeline", type: STRING, nullable: true },
  { name: "format", type: STRING, nullable: true },
  { name: "head", type: STRING, nullable: true },
  { name: "id", type: INT64, nullable: false },
];

/** Rows that are looked through first for the newest; further back ever more. */
const FIRST_LOOK_ROWS = 1024, LOOK_FACTOR = 4;

export const EMPTY_PAGE: DeadPage = { columns: LISTED_COLUMNS, ranges: [], next: null };

export interface PageQuery {
  readonly filter: DeadFilter;
  readonly order: "newest" | "oldest";
  readonly limit: number;
  readonly cursor: number | null;
  readonly whole?: boolean;
}

/** When a letter is tried again by itself, epoch ms, or null. */
export function retryAt(letter: LetterView, retryMs: readonly number[]): number | null {
  const { tsMs, attempts } = letter;
  return attempts < retryMs.length && !letter.reason.startsWith(QUARANTINED) ? tsMs + retryMs[attempts] : null;
}

/** One page of the open letters. A cursor of the oldest first is where the page begins, of the newest first in front of which. */
export async function pageOf(parts: ScanParts, query: PageQuery, retryMs: readonly number[]): Promise<DeadPage> {
  const { letters, next } = query.order === "oldest" ? await oldest(parts, query) : await newest(parts, query);
  const builder = new FrameBuilder(LISTED_COLUMNS);
  for (const one of letters) {
    const { tsMs, reason, field, line, raw, offset, attempts, pipeline, format, head, id } = one;
    const times = [attempts, retryAt(one, retryMs)] as const;
    const shown = query.whole ? raw : raw.slice(0, DEAD_SHOWN_CHARS_MAX);
    builder.append([tsMs, reason, field, line, shown, offset, ...times, pipeline, format, head, id]);
  }
  if (letters.length === 0) return { ...EMPTY_PAGE, next };
  return { columns: LISTED_COLUMNS, ranges: [{ frame: builder.finish(), start: 0, rows: letters.length }], next };
}

/** A page of letters as they are found: full at its limit, or at its bytes. */
class Found {
  readonly letters: LetterView[] = [];
  readonly #limit: number;
  /** Of one letter. */
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(limit: number, whole: boolean) {
    this.#limit = limit;
    this.#bytesMax = whole ? Infinity : DEAD_SHOWN_CHARS_MAX;
  }

  get full(): boolean {
    return this.letters.length >= this.#limit || this.#bytes >= DEAD_PAGE_BYTES;
  }

  add(letter: LetterView): void {
    this.letters.push(letter);
    this.#bytes += Math.min(letter.rawBytes, this.#bytesMax);
  }
}

async function oldest(parts: ScanParts, { filter, limit, cursor, whole = false }: PageQuery) {
  const found = new Found(limit, whole), matches = matcher(filter), { log } = parts;
  let looked = 0;
  const from = Math.max(cursor ?? 0, log.start);
  if (limit === 0) return { letters: [], next: from < log.end ? from : null };
  const behind = await scanOpen(parts, from, log.end, (letter) => {
    if (matches(letter)) found.add(letter);
    return !found.full && ++looked < DEAD_PAGE_LOOK_ROWS_MAX;
  });
  const next = parts.settled.nextOpen(behind);
  return { letters: found.letters, next: next < log.end ? next : null };
}

/** Logs are read forwards: stretches are looked through one before the other. */
async function newest(parts: ScanParts, { filter, limit, cursor, whole = false }: PageQuery) {
  const matches = matcher(filter), { log } = parts, found = new Found(limit, whole);
  let to = Math.min(cursor ?? log.end, log.end), looked = 0, rows = Math.max(FIRST_LOOK_ROWS, limit);
  while (to > log.start && !found.full && looked < DEAD_PAGE_LOOK_ROWS_MAX) {
    const from = Math.max(log.start, to - rows), stretch: LetterView[] = [];
    await scanOpen(parts, from, to, (letter) => {
      looked++;
      if (matches(letter)) stretch.push(letter);
      return true;
    });
    to = from;
    for (const letter of stretch.reverse()) {
      if (found.full) break;
      found.add(letter);
      if (found.full) to = letter.id;
    }
    rows = Math.min(rows * LOOK_FACTOR, DEAD_PAGE_LOOK_ROWS_MAX);
  }
  return {
    letters: found.letters,
    next: to > log.start && parts.settled.count(log.start, to) < to - log.start ? to : null,
  };
}
