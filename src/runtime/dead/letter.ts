import type { FrameView } from "../../core/frame.ts";
import type { DeadFilter } from "../service.ts";

const OFFSET = 0, LINE = 1, FIELD = 2, REASON = 3, RAW = 4, TS = 5, ATTEMPTS = 6, FORMAT = 7, HEAD = 8, PIPELINE = 9;
/** Columns of frames that an earlier version has written. */
const COLUMNS_BEFORE = 6;
/** Rows that an earlier version has kept were cut behind so many bytes. */
const RAW_BYTES_BEFORE = 4096;
/** Times in a reason differ from row to row. */
const TIME = /\d{4,}-\d\d-\d\dT[\d:.]+Z/g;

/** A letter in its frame: what nobody asks for is not decoded. */
export class LetterView {
  readonly #view: FrameView;
  readonly #row: number;

  /** `id`: its offset in the dead-letter stream. */
  constructor(readonly id: number, view: FrameView, row: number) {
    this.#view = view;
    this.#row = row;
  }

  get offset(): number {
    return Number(this.#view.int64(OFFSET, this.#row));
  }

  get line(): number {
    return Number(this.#view.int64(LINE, this.#row));
  }

  get field(): string | null {
    return this.#text(FIELD);
  }

  get reason(): string {
    return this.#view.text(REASON, this.#row);
  }

  /** The reason as others have it too: without the times of this row. */
  get kind(): string {
    return this.reason.replace(TIME, "…");
  }

  get raw(): string {
    return this.#view.text(RAW, this.#row);
  }

  get rawBytes(): number {
    return this.#view.bytes(RAW, this.#row).length;
  }

  /** Epoch ms. */
  get tsMs(): number {
    return Number(this.#view.int64(TS, this.#row));
  }

  get attempts(): number {
    return this.#lacks(ATTEMPTS) ? 0 : Number(this.#view.int64(ATTEMPTS, this.#row));
  }

  /** See DEAD_COLUMNS. Whole rows of an earlier version can be told when they are JSON. */
  get format(): string | null {
    if (this.#view.columns > COLUMNS_BEFORE) return this.#text(FORMAT);
    const { raw } = this;
    return this.rawBytes < RAW_BYTES_BEFORE && raw.startsWith("{") && !raw.includes("\ufffd") ? "json" : null;
  }

  get head(): string | null {
    return this.#text(HEAD);
  }

  get pipeline(): string | null {
    return this.#text(PIPELINE);
  }

  #lacks(column: number): boolean {
    return column >= this.#view.columns || this.#view.isNull(column, this.#row);
  }

  #text(column: number): string | null {
    return this.#lacks(column) ? null : this.#view.text(column, this.#row);
  }
}

/** Whether a letter is one of those that were asked for. */
export function matcher(filter: DeadFilter): (letter: LetterView) => boolean {
  const { reason, field, pipeline, fromMs = -Infinity, toMs = Infinity } = filter;
  const { offsetFrom = -Infinity, offsetTo = Infinity, before = Infinity } = filter,
    ids = filter.ids ? new Set(filter.ids) : null;
  const wanted = reason?.toLowerCase();
  return (letter) =>
    letter.id < before && (ids === null || ids.has(letter.id)) &&
    letter.tsMs >= fromMs && letter.tsMs < toMs &&
    letter.offset >= offsetFrom && letter.offset < offsetTo &&
    (field === undefined || letter.field === field) &&
    (pipeline === undefined || letter.pipeline === pipeline) &&
    (wanted === undefined || says(letter, wanted));
}

/** By the reason as it stands there, or as it is counted. */
function says(letter: LetterView, wanted: string): boolean {
  return letter.reason.toLowerCase().includes(wanted) || letter.kind.toLowerCase().includes(wanted);
}

/** Whether a filter takes all that there is. */
export function takesAll(filter: DeadFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}
