/*
 * <rdx-table src="/v1/views/delays" show="latest|history" columns="a,b" limit="1000" open="false">: a live view as a table.
 *
 * The grid itself has the focus and names its active cell, so that the focus stays where it is while elements of rows come and go. Arrow keys, Home, End,
 * Page Up and Page Down move; above the first row lies the head, where Enter sorts; Enter on a cell shows all of its value; Ctrl+C copies the row as JSON.
 */
import type { LiveChange, ViewColumn } from "../../src/client/rdx/types.ts";
import { formatNumber, rowJson, timeOf } from "../model/format.ts";
import { type Entry, shownRow } from "../model/latest_rows.ts";
import { LiveRows } from "../model/live_rows.ts";
import { RowOrder, type Wanted } from "../model/row_order.ts";
import { PANEL_STYLE } from "../style/panel.ts";
import { TABLE_STYLE } from "../style/table.ts";
import { flag, h, integer, names, setAttribute, setText } from "./dom.ts";
import { LiveElement } from "./live_element.ts";
import { HEAD_PX, ROW_PX, TableGrid, TableHead } from "./table_grid.ts";
import { ValuePanel } from "./value_panel.ts";

/** Texts change at most so often. */
const TEXT_MS = 50;
/** Lines that wait to be sorted are looked at again after this. */
const SORT_MS = 250;
const HISTORY_ROWS_DEFAULT = 1000, HISTORY_ROWS_MAX = 100_000;

let tables = 0;

export class RdxTable extends LiveElement {
  static readonly observedAttributes = ["src", "server", "token", "theme", "show", "columns", "limit", "open"];

  readonly #id = `rdx-${++tables}`;
  readonly #grid = h("div", { class: "grid", role: "grid", tabindex: "0", "aria-readonly": "true" });
  readonly #head = new TableHead();
  readonly #body = new TableGrid(this.#grid, this.#head.element, () => this.invalidate());
  readonly #filter = h("input", {
    type: "search",
    placeholder: "Filter",
    "aria-label": "Rows that contain",
    spellcheck: "false",
  });
  readonly #count = h("span", { class: "count" });
  readonly #panel = new ValuePanel(() => this.#grid.focus());
  readonly #order = new RowOrder();
  #rows = new LiveRows({ show: "latest", historyRowsMax: 1 });
  #columns: readonly ViewColumn[] = [];
  #known: readonly ViewColumn[] | null = null;
  #lines: readonly Entry[] = [];
  #sort: Wanted["sort"] = null;
  #later: ReturnType<typeof setTimeout> | undefined;
  /** Line −1 is the head. */
  #active = { index: 0, column: 0 };

  constructor() {
    super(TABLE_STYLE, PANEL_STYLE);
    this.tools.append(this.#filter, this.#count);
    this.#grid.append(this.#body.sheet);
    this.body.append(this.#grid, this.#panel.element);
    this.#grid.addEventListener("keydown", (event) => this.#key(event));
    this.#grid.addEventListener("click", (event) => this.#click(event));
    this.#grid.addEventListener("dblclick", (event) => this.#click(event));
    this.#grid.addEventListener("copy", (event) => this.#copy(event));
    this.#filter.addEventListener("input", () => this.#want());
  }

  protected override reset(): void {
    const show = this.getAttribute("show") === "history" ? "history" : "latest";
    const limit = integer(this, "limit", HISTORY_ROWS_DEFAULT, 1, HISTORY_ROWS_MAX);
    this.#rows = new LiveRows({ show, historyRowsMax: limit });
    this.#known = null;
    this.#sort = null;
    this.#panel.close();
    this.#want();
  }

  protected override take(change: LiveChange): void {
    this.#rows.apply(change);
  }

  protected override get isEmpty(): boolean {
    return this.#rows.known && this.#rows.list().length === 0;
  }

  protected override get snapshotRows(): number | null {
    return this.getAttribute("show") === "history" ? integer(this, "limit", HISTORY_ROWS_DEFAULT, 1, 10_000) : null;
  }

  protected override get everyMs(): number {
    return TEXT_MS;
  }

  protected override get wantsOpen(): boolean {
    return flag(this, "open", true);
  }

  protected override paint(): void {
    const rows = this.#rows;
    if (rows.known && this.#known !== rows.columns) this.#learn();
    const { lines, later } = this.#order.update(rows, this.#columns, rows.keys, () => performance.now());
    this.#lines = lines;
    const moved = this.#body.paint(lines, performance.now());
    if (moved) this.#head.paint(this.#columns, this.#body.places, this.#body.span, this.#sort);
    setAttribute(this.#grid, "aria-rowcount", String(lines.length + 1));
    this.#mark();
    const total = rows.list().length, all = formatNumber(total);
    setText(
      this.#count,
      lines.length === total
        ? `${all} ${total === 1 ? "row" : "rows"}`
        : `${formatNumber(lines.length)} of ${all} rows`,
    );
    const { leftOut } = rows;
    this.tell(null, leftOut > 0 ? [`The newest window of ${all} keys is shown: there is no room for more.`] : []);
    if (later) this.#later ??= setTimeout(() => this.#sorted(), SORT_MS);
  }

  #sorted(): void {
    this.#later = undefined;
    this.invalidate();
  }

  /** Columns came, or others than before. */
  #learn(): void {
    const { columns, keys, byKey } = this.#rows, wanted = names(this, "columns");
    this.#known = columns;
    const found = wanted.map((name) => columns.find((column) => column.name === name)).filter((one) =>
      one !== undefined
    );
    const next = found.length > 0 ? found : byKey ? keysFirst(columns, keys) : columns;
    if (JSON.stringify(next) === JSON.stringify(this.#columns)) return;
    this.#columns = next;
    this.#body.setColumns(next);
    this.#sort = byKey && keys.length > 0 ? { column: keys[0], descending: false } : null;
    this.#active = { index: 0, column: 0 };
    setAttribute(this.#grid, "aria-colcount", String(next.length));
    setAttribute(this.#grid, "aria-label", `Rows of ${this.getAttribute("src") ?? "a view"}`);
    this.#want();
  }

  #want(): void {
    this.#order.want({ sort: this.#sort, filter: this.#filter.value });
    this.invalidate();
  }

  /** First ascending, then descending, then as it was. */
  #sortBy(column: number): void {
    const { name } = this.#columns[column], same = this.#sort?.column === name;
    this.#sort = !same
      ? { column: name, descending: false }
      : this.#sort!.descending
      ? null
      : { column: name, descending: true };
    this.#head.paint(this.#columns, this.#body.places, this.#body.span, this.#sort);
    this.#want();
  }

  #click(event: MouseEvent): void {
    const target = event.target as Element, header = this.#head.columnOf(target);
    if (header !== null) {
      this.#active = { index: -1, column: header };
      if (event.type === "click") this.#sortBy(header);
      return;
    }
    const place = this.#body.placeOf(target);
    if (!place) return;
    this.#active = place;
    this.#mark();
    if (event.type === "dblclick") this.#showAll();
  }

  #key(event: KeyboardEvent): void {
    const { index, column } = this.#active,
      page = Math.max(1, Math.floor((this.#grid.clientHeight - HEAD_PX) / ROW_PX) - 1);
    const far = event.ctrlKey || event.metaKey, last = this.#lines.length - 1, end = this.#columns.length - 1;
    const moves: Record<string, readonly [number, number]> = {
      ArrowUp: [index - 1, column],
      ArrowDown: [index + 1, column],
      ArrowLeft: [index, column - 1],
      ArrowRight: [index, column + 1],
      PageUp: [index - page, column],
      PageDown: [index + page, column],
      Home: [far ? 0 : index, 0],
      End: [far ? last : index, end],
    };
    const move = Object.hasOwn(moves, event.key) ? moves[event.key] : null;
    if (move) {
      this.#active = { index: Math.max(-1, Math.min(last, move[0])), column: Math.max(0, Math.min(end, move[1])) };
      this.#reveal();
    } else if (event.key === "Enter" || event.key === " ") {
      if (index === -1 && this.#columns.length > 0) this.#sortBy(column);
      else this.#showAll();
    } else return;
    event.preventDefault();
  }

  /** Scrolls so that the active cell can be seen. */
  #reveal(): void {
    const { index, column } = this.#active, { places } = this.#body, grid = this.#grid;
    const top = index * ROW_PX, left = places.leftPx(column), right = left + places.widthPxOf(column);
    if (index >= 0 && top < grid.scrollTop) grid.scrollTop = top;
    const lowest = grid.clientHeight - HEAD_PX - ROW_PX;
    if (index >= 0 && top > grid.scrollTop + lowest) grid.scrollTop = top - lowest;
    if (left < grid.scrollLeft) grid.scrollLeft = left;
    else if (right > grid.scrollLeft + grid.clientWidth) grid.scrollLeft = Math.min(left, right - grid.clientWidth);
    this.invalidate();
  }

  /** Names the active cell to whoever reads the screen. */
  #mark(): void {
    const { index, column } = this.#active;
    const cell = index < 0 ? this.#head.cellAt(column) : this.#body.cellAt(index, column);
    const before = this.#grid.querySelector(".active");
    if (before !== cell) {
      before?.classList.remove("active");
      before?.removeAttribute("id");
    }
    if (cell && !cell.id) {
      cell.classList.add("active");
      cell.id = `${this.#id}-active`;
    }
    setAttribute(this.#grid, "aria-activedescendant", cell ? `${this.#id}-active` : null);
  }

  #showAll(): void {
    const line = this.#lines[this.#active.index], column = this.#columns[this.#active.column];
    if (!line || !column) return;
    const value = this.#outside(shownRow(line))[column.name];
    this.#panel.open(`${column.name} · ${column.type}`, value);
  }

  #copy(event: ClipboardEvent): void {
    const line = this.#lines[this.#active.index];
    if (!line || String(getSelection() ?? "") !== "") return;
    event.clipboardData?.setData("text/plain", rowJson(this.#outside(shownRow(line))));
    event.preventDefault();
    setText(this.#count, "Row copied as JSON");
  }

  /** A row as the server writes it: times in ISO 8601. */
  #outside(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const out: Record<string, unknown> = Object.create(null);
    for (const { name, type } of this.#columns) {
      const value = row[name], ms = type === "timestamp" && typeof value === "number" ? timeOf(value) : NaN;
      out[name] = Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : value ?? null;
    }
    return out;
  }
}

/** By key a person looks for the key, then for its figures; of which window they are comes last. */
function keysFirst(columns: readonly ViewColumn[], keys: readonly string[]): ViewColumn[] {
  const rank = ({ name }: ViewColumn) =>
    keys.includes(name) ? 0 : name === "window_start" || name === "window_end" ? 2 : 1;
  return [0, 1, 2].flatMap((wanted) => columns.filter((column) => rank(column) === wanted));
}
