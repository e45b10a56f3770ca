import { FrameView } from "../core/frame.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { StateTable } from "../core/state.ts";
import type { RowRange } from "../sink.ts";
import type { TableStep } from "../store.ts";
import type { Chunk, ChunkList } from "./chunks.ts";
import { ARRIVAL, keptColumns, keptFrame, NAME_COLUMNS, openKept } from "./kept_columns.ts";
import { type KeptRows, misfit } from "./view_keeper.ts";

const TABLE = "rows";

/** Rows with how many came before them, as they are taken in. */
interface Staged {
  readonly arrivals: BigInt64Array<ArrayBuffer>;
  readonly range: RowRange;
}

/** Rows that are only ever added, and leave in the order in which they came, as a table: `$group`, `$arrival`, then their columns. */
export class ArrivedRows implements KeptRows {
  readonly table: StateTable;
  readonly #chunks: ChunkList;
  #step: "clear" | "expire" | "rows" = "rows";
  /** Rows before this one were handed out. */
  #since = 0;
  /** Of a drain: the chunk, and the arrival of its first row. */
  #chunk = 0;
  #arrival = 0;
  #staged: Staged[] = [];
  #below = 0n;

  constructor(columns: readonly Column[], chunks: ChunkList) {
    this.#chunks = chunks;
    this.table = { name: TABLE, version: 1, columns: keptColumns(columns), keys: NAME_COLUMNS, expiry: ARRIVAL };
  }

  get rows(): number {
    return this.#chunks.rows;
  }

  /** The arrival of the oldest row that is kept. */
  get #first(): number {
    return this.#chunks.arrived - this.#chunks.rows;
  }

  cut(whole: boolean): void {
    this.#step = whole ? "clear" : "expire";
    if (whole) this.#since = 0;
    this.#chunk = 0;
    this.#arrival = this.#first;
  }

  drain(): TableStep | null {
    if (this.#step !== "rows") {
      const step = this.#step;
      this.#step = "rows";
      return step === "clear"
        ? { kind: "clear", table: TABLE }
        : { kind: "expire", table: TABLE, below: BigInt(this.#first) };
    }
    const ranges: Chunk[] = [], { chunks } = this.#chunks, from = Math.max(this.#since, this.#arrival);
    let rows = 0, first = -1;
    while (this.#chunk < chunks.length && rows < BATCH_ROWS_MAX) {
      const chunk = chunks[this.#chunk], end = this.#arrival + chunk.end - chunk.start;
      const at = Math.max(from, this.#arrival, first < 0 ? 0 : first + rows);
      if (at < end) {
        if (first < 0) first = at;
        const start = chunk.start + at - this.#arrival, taken = Math.min(end - at, BATCH_ROWS_MAX - rows);
        ranges.push({ ...chunk, start, end: start + taken });
        rows += taken;
        if (at + taken < end) break;
      }
      this.#arrival = end;
      this.#chunk++;
    }
    if (rows === 0) return null;
    this.#since = first + rows;
    const arrivals = new BigInt64Array(rows).map((_, i) => BigInt(first + i));
    const frame = keptFrame([arrivals], ranges.map(({ view, start, end }) => ({ view, start, rows: end - start })));
    return { kind: "upsert", table: TABLE, frame, rows, columns: this.table.columns };
  }

  restore(step: TableStep): void {
    if (step.kind === "clear") this.#staged = [];
    else if (step.kind === "expire") this.#below = step.below > this.#below ? step.below : this.#below;
    else if (step.kind === "delete") throw misfit(TABLE, "its rows go in the order in which they came");
    else {
      const { numbers: [arrivals], range } = openKept(TABLE, step.frame, this.table.columns, 1);
      this.#staged.push({ arrivals, range });
    }
  }

  restored(): void {
    // Behind a base and deltas, rows that were written together may come in any order
    const rows = this.#staged.flatMap(({ arrivals, range: { frame } }) => {
      const runs: { first: bigint; range: { frame: ArrayBuffer; start: number; rows: number } }[] = [];
      arrivals.forEach((arrival, row) => {
        const last = runs.at(-1);
        if (arrival < this.#below) return;
        if (last && last.first + BigInt(last.range.rows) === arrival && last.range.start + last.range.rows === row) {
          last.range.rows++;
        } else runs.push({ first: arrival, range: { frame, start: row, rows: 1 } });
      });
      return runs;
    }).sort((a, b) => a.first < b.first ? -1 : 1);
    const { arrived } = this.#chunks;
    let next = rows[0]?.first ?? BigInt(arrived);
    const views = new Map<ArrayBuffer, FrameView>();
    for (const { first, range } of rows) {
      if (first !== next) throw misfit(TABLE, `behind row ${next} comes row ${first}`);
      next += BigInt(range.rows);
      let view = views.get(range.frame);
      if (!view) views.set(range.frame, view = new FrameView(range.frame));
      this.#chunks.append(this.#chunks.open(range, view));
    }
    if (Number(next) !== arrived) throw misfit(TABLE, `its rows end at ${next}, and ${arrived} have come`);
    this.#chunks.arrived = this.#since = arrived;
    this.#staged = [];
  }
}
