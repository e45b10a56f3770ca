import type { Row, ViewColumn } from "../../src/client/rdx/types.ts";
import { ColumnPlaces } from "../model/column_places.ts";
import { formatCell, isNull, isNumeric } from "../model/format.ts";
import { type Entry, shownRow } from "../model/latest_rows.ts";
import { h, prefersStillness, setAttribute, setText, watchSize } from "./dom.ts";

export const ROW_PX = 28, HEAD_PX = 30;
/** Rows above and below what can be seen, so that scrolling shows none that are empty. */
const SPARE_ROWS = 4;
/** A cell that changed within this time does not flash again: what changes all the time would flicker. */
const CALM_MS = 900, FLASH_MS = 700;

interface Cell {
  readonly element: HTMLElement;
  readonly text: Text;
  column: number;
  changedMs: number;
}

interface Line {
  readonly element: HTMLElement;
  readonly cells: Cell[];
  index: number;
  entry: Entry | null;
  row: Row | null;
  open: boolean;
}

/**
 * Draws lines into as many elements as can be seen, however many lines and columns there are. The line at `index` has the element `index` modulo their
 * number, so that scrolling moves those that leave to where new ones come; the same holds for columns.
 */
export class TableGrid {
  readonly sheet: HTMLElement;
  readonly #rows: HTMLElement;
  readonly #still = prefersStillness();
  #lines: Line[] = [];
  #columns: readonly ViewColumn[] = [];
  #places = new ColumnPlaces([]);
  #span = { first: 0, end: 0 };
  /** Counts up when cells must be written or placed anew. */
  #layout = 0;
  #drawnLayout = -1;
  #rowCount = -1;
  /** What of the sheet can be seen. Kept, so that drawing asks the layout for nothing. */
  #view = { top: 0, left: 0, width: 0, height: 0 };

  /** `grid`: what scrolls. The head comes first in its sheet. `moved` is called when something else can be seen. */
  constructor(grid: HTMLElement, head: HTMLElement, moved: () => void) {
    grid.addEventListener("scroll", () => {
      this.#view = { ...this.#view, top: grid.scrollTop, left: grid.scrollLeft };
      moved();
    }, { passive: true });
    watchSize(grid, (width, height) => {
      this.#view = { ...this.#view, width, height };
      moved();
    });
    this.#rows = h("div", { role: "rowgroup" });
    this.sheet = h("div", { class: "sheet", role: "presentation" }, head, this.#rows);
  }

  get places(): ColumnPlaces {
    return this.#places;
  }

  /** Columns that are drawn now. */
  get span(): { readonly first: number; readonly end: number } {
    return this.#span;
  }

  setColumns(columns: readonly ViewColumn[]): void {
    this.#columns = columns;
    this.#places = new ColumnPlaces(columns.map(({ name }) => Math.min(name.length, 60) + 2));
    this.#rows.replaceChildren();
    this.#lines = [];
    this.#layout++;
  }

  /** Draws what can be seen of `lines`. Returns whether columns lie elsewhere than before. */
  paint(lines: readonly Entry[], nowMs: number): boolean {
    const { top, left, width, height } = this.#view, span = this.#places.between(left, left + Math.max(width, 1));
    if (span.first !== this.#span.first || span.end !== this.#span.end) this.#layout++;
    this.#span = span;
    const moved = this.#layout !== this.#drawnLayout;
    this.#drawnLayout = this.#layout;
    const shown = Math.ceil(height / ROW_PX) + SPARE_ROWS;
    const first = Math.max(0, Math.min(lines.length - shown, Math.floor(top / ROW_PX) - SPARE_ROWS / 2));
    this.#provide(Math.min(shown, lines.length));
    for (let i = first; i < first + this.#lines.length; i++) {
      this.#drawLine(this.#lines[i % this.#lines.length], i, lines[i], moved, nowMs);
    }
    if (moved || this.#rowCount !== lines.length) {
      this.#rowCount = lines.length;
      this.sheet.style.height = `${HEAD_PX + lines.length * ROW_PX}px`;
      this.sheet.style.width = `${this.#places.widthPx}px`;
    }
    return moved;
  }

  /** The element of a cell, when it is drawn. */
  cellAt(index: number, column: number): HTMLElement | null {
    const line = this.#lines.find((one) => one.index === index);
    return line?.cells.find((cell) => cell.column === column)?.element ?? null;
  }

  /** The line and column that an element of a cell shows, or null. */
  placeOf(element: Element): { readonly index: number; readonly column: number } | null {
    for (const { index, cells } of this.#lines) {
      for (const cell of cells) if (cell.element.contains(element)) return { index, column: cell.column };
    }
    return null;
  }

  #provide(count: number): void {
    if (this.#lines.length === count) return;
    while (this.#lines.length > count) this.#lines.pop()!.element.remove();
    while (this.#lines.length < count) {
      const element = h("div", { class: "row", role: "row" });
      this.#rows.append(element);
      this.#lines.push({ element, cells: [], index: -1, entry: null, row: null, open: false });
    }
    // Their places are by number: all of them may be elsewhere now.
    for (const line of this.#lines) line.index = -1;
  }

  #drawLine(line: Line, index: number, entry: Entry, moved: boolean, nowMs: number): void {
    const row = shownRow(entry), open = entry.open !== null, { element } = line;
    if (line.index !== index) {
      line.index = index;
      element.style.transform = `translateY(${index * ROW_PX}px)`;
      setAttribute(element, "aria-rowindex", String(index + 2));
    } else if (line.row === row && line.open === open && !moved) return;
    if (line.open !== open) {
      line.open = open;
      element.classList.toggle("open", open);
      setAttribute(element, "aria-description", open ? "open: this window is not closed yet" : null);
    }
    const same = line.entry === entry && !moved;
    line.entry = entry;
    line.row = row;
    const { first, end } = this.#span;
    while (line.cells.length > end - first) line.cells.pop()!.element.remove();
    while (line.cells.length < end - first) line.cells.push(makeCell(element));
    for (let column = first; column < end; column++) {
      this.#drawCell(line.cells[column % line.cells.length], column, row, same, nowMs);
    }
  }

  #drawCell(cell: Cell, column: number, row: Row, same: boolean, nowMs: number): void {
    const { name, type } = this.#columns[column], value = row[name], text = formatCell(value, type);
    if (!same) {
      cell.element.style.left = `${this.#places.leftPx(column)}px`;
      cell.element.style.width = `${this.#places.widthPxOf(column)}px`;
      if (cell.column !== column) {
        cell.column = column;
        cell.element.classList.toggle("numeric", isNumeric(type));
        setAttribute(cell.element, "aria-colindex", String(column + 1));
      }
    }
    if (cell.text.data === text) return;
    cell.text.data = text;
    cell.element.classList.toggle("null", isNull(value));
    if (this.#places.fit(column, text.length)) this.#layout++;
    if (same && !this.#still && nowMs - cell.changedMs > CALM_MS) flash(cell.element);
    cell.changedMs = nowMs;
  }
}

function makeCell(row: HTMLElement): Cell {
  const text = new Text(), element = h("div", { class: "cell", role: "gridcell" }, text);
  row.append(element);
  return { element, text, column: -1, changedMs: 0 };
}

/** A soft light that goes by itself. */
function flash(element: HTMLElement): void {
  const from = "color-mix(in srgb, var(--_accent) 22%, transparent)";
  element.animate([{ backgroundColor: from }, { backgroundColor: "transparent" }], {
    duration: FLASH_MS,
    easing: "ease-out",
  });
}

/** The head of the table: names to click on, and how the table is sorted. */
export class TableHead {
  readonly element = h("div", { class: "head", role: "row", "aria-rowindex": "1" });
  #cells: { element: HTMLElement; name: HTMLElement; arrow: HTMLElement; column: number }[] = [];

  paint(
    columns: readonly ViewColumn[],
    places: ColumnPlaces,
    { first, end }: { readonly first: number; readonly end: number },
    sort: { readonly column: string; readonly descending: boolean } | null,
  ): void {
    while (this.#cells.length > end - first) this.#cells.pop()!.element.remove();
    while (this.#cells.length < end - first) {
      const name = h("span", { class: "name" }), arrow = h("span", { class: "arrow", "aria-hidden": "true" });
      const element = h("div", { class: "headcell", role: "columnheader" }, name, arrow);
      this.element.append(element);
      this.#cells.push({ element, name, arrow, column: -1 });
    }
    for (let column = first; column < end; column++) {
      const cell = this.#cells[column % this.#cells.length], { name, type } = columns[column];
      cell.column = column;
      cell.element.style.left = `${places.leftPx(column)}px`;
      cell.element.style.width = `${places.widthPxOf(column)}px`;
      cell.element.classList.toggle("numeric", isNumeric(type));
      setText(cell.name, name);
      setAttribute(cell.element, "title", `${name}: ${type === "timestamp" ? "time in UTC" : type}`);
      setAttribute(cell.element, "aria-colindex", String(column + 1));
      const direction = sort?.column !== name ? "none" : sort.descending ? "descending" : "ascending";
      setAttribute(cell.element, "aria-sort", direction);
      setText(cell.arrow, direction === "descending" ? "▼" : "▲");
    }
  }

  cellAt(column: number): HTMLElement | null {
    return this.#cells.find((cell) => cell.column === column)?.element ?? null;
  }

  columnOf(element: Element): number | null {
    return this.#cells.find((cell) => cell.element.contains(element))?.column ?? null;
  }
}
