import type { Row, ViewColumn } from "../../src/client/rdx/types.ts";
import { formatCell, formatNumber, isNull, isNumeric } from "../model/format.ts";
import { h, setAttribute, setText } from "./dom.ts";

/** Columns of a row that are shown; all of them are behind the row. */
const COLUMNS_SHOWN_MAX = 50;

interface Line {
  readonly element: HTMLTableRowElement;
  readonly cells: HTMLTableCellElement[];
  row: Row | null;
}

/** The newest rows as a plain table. Elements stay, their texts change. */
export class StreamRows {
  readonly #open: (row: Row) => void;
  readonly #head = h("tr");
  readonly #body = h("tbody");
  readonly element = h("table", {}, h("thead", {}, this.#head), this.#body);
  #columns: readonly ViewColumn[] = [];
  #lines: Line[] = [];
  #count = 0;

  /** `open` shows all of a row. */
  constructor(open: (row: Row) => void) {
    this.#open = open;
  }

  get remarks(): string[] {
    return this.#count > COLUMNS_SHOWN_MAX
      ? [
        `The first ${COLUMNS_SHOWN_MAX} of ${
          formatNumber(this.#count)
        } columns are shown: choose a row to see all of it.`,
      ]
      : [];
  }

  paint(columns: readonly ViewColumn[], rows: readonly Row[]): void {
    this.#count = columns.length;
    const shown = ordered(columns).slice(0, COLUMNS_SHOWN_MAX);
    if (JSON.stringify(shown) !== JSON.stringify(this.#columns)) this.#learn(shown);
    while (this.#lines.length > rows.length) this.#lines.pop()!.element.remove();
    while (this.#lines.length < rows.length) this.#lines.push(this.#make());
    rows.forEach((row, i) => {
      const line = this.#lines[i];
      line.row = row;
      shown.forEach(({ name, type }, column) => {
        const cell = line.cells[column], text = formatCell(row[name], type);
        if (cell.textContent === text) return;
        setText(cell, text);
        cell.classList.toggle("null", isNull(row[name]));
        setAttribute(cell, "title", text);
      });
    });
  }

  #learn(columns: readonly ViewColumn[]): void {
    this.#columns = columns;
    this.#lines = [];
    this.#body.replaceChildren();
    this.#head.replaceChildren(...columns.map(({ name, type }) => {
      const title = `${name}: ${type === "timestamp" ? "time in UTC" : type}`;
      return h("th", { scope: "col", class: isNumeric(type) ? "numeric" : "", title }, name);
    }));
  }

  #make(): Line {
    const cells = this.#columns.map(({ name, type }) => {
      const kind = isNumeric(type) ? "numeric" : name === "reason" || name === "raw" ? name : "";
      return h("td", { class: kind });
    });
    const element = h("tr", { tabindex: "0" }, ...cells), line: Line = { element, cells, row: null };
    element.addEventListener("click", () => line.row && this.#open(line.row));
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && line.row) this.#open(line.row);
    });
    this.#body.append(element);
    return line;
  }
}

/** Of dead rows what a person looks for first: when, why, where, and the text. */
function ordered(columns: readonly ViewColumn[]): readonly ViewColumn[] {
  const dead = ["ts", "reason", "field", "line", "raw", "offset"],
    found = dead.map((name) => columns.find((column) => column.name === name));
  return found.every((one) => one !== undefined) ? found as ViewColumn[] : columns;
}
