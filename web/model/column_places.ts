/** Pixels of a character, and around a cell's text. */
const CHARACTER_PX = 7.4, PADDING_PX = 22;
const WIDTH_PX_MIN = 56, WIDTH_PX_MAX = 340;

/** Where the columns of a table lie: widths that only grow, and which of any number of columns a span shows. */
export class ColumnPlaces {
  readonly #widths: Float64Array;
  /** Left edges; the last is the whole width. */
  readonly #edges: Float64Array;
  #firstStale = 0;

  /** `characters`: of each column's header. */
  constructor(characters: readonly number[]) {
    this.#widths = Float64Array.from(characters, widthOf);
    this.#edges = new Float64Array(characters.length + 1);
  }

  get count(): number {
    return this.#widths.length;
  }

  get widthPx(): number {
    return this.leftPx(this.count);
  }

  leftPx(column: number): number {
    for (; this.#firstStale < column; this.#firstStale++) {
      this.#edges[this.#firstStale + 1] = this.#edges[this.#firstStale] + this.#widths[this.#firstStale];
    }
    return this.#edges[column];
  }

  widthPxOf(column: number): number {
    return this.#widths[column];
  }

  /** Makes room for a text of so many characters. Returns whether the column grew. */
  fit(column: number, characters: number): boolean {
    const width = widthOf(characters);
    if (width <= this.#widths[column]) return false;
    this.#widths[column] = width;
    this.#firstStale = Math.min(this.#firstStale, column);
    return true;
  }

  /** The columns that lie between two edges: the first, and the one behind the last. */
  between(leftPx: number, rightPx: number): { readonly first: number; readonly end: number } {
    const last = this.leftPx(this.count);
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#edges[middle + 1] <= Math.min(leftPx, last)) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (end < this.count && this.#edges[end] < rightPx) end++;
    return { first: low, end };
  }
}

function widthOf(characters: number): number {
  return Math.min(WIDTH_PX_MAX, Math.max(WIDTH_PX_MIN, Math.ceil(characters * CHARACTER_PX) + PADDING_PX));
}
