import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { type Column, INT64 } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { KEY_NUMBER, type Lookup, type LookupFailure } from "../../src/lookup.ts";
import type { PhysicalLookup } from "../../src/plan/physical.ts";
import type { Random } from "../sim/pool.ts";
import { keyOf } from "../reference/value.ts";

/** A table in memory that answers after some turns of the event loop, or not at all. */
export class MemoryTable implements Lookup {
  readonly #columns: readonly Column[];
  readonly #keys: readonly number[];
  readonly #picks: readonly number[];
  readonly #random: Random;
  /** The keys of each question. */
  readonly questions: string[][] = [];
  /** Questions that wait at the same time, at most. */
  together = 0;
  #open = 0;
  opened = 0;
  closed = 0;
  /** Says what goes wrong with a question; null: nothing. */
  fails: (question: number) => LookupFailure | "hangs" | null = () => null;

  /** `columns` are those of the rows, by their names in the table. */
  constructor(
    readonly columns: readonly Column[],
    public rows: readonly (readonly Value[])[],
    { tableKeys, picks }: Pick<PhysicalLookup, "tableKeys" | "picks">,
    random: Random,
  ) {
    const at = ({ name }: Column) => columns.findIndex((column) => column.name === name);
    this.#keys = tableKeys.map(at);
    this.#picks = picks.map(at);
    this.#columns = [{ name: KEY_NUMBER, type: INT64, nullable: false }, ...this.#picks.map((pick) => columns[pick])];
    this.#random = random;
  }

  open(): Promise<void> {
    this.opened++;
    return Promise.resolve();
  }

  async find(keys: ArrayBuffer): Promise<readonly ArrayBuffer[]> {
    const view = new FrameView(keys),
      wanted = Array.from(
        { length: view.rows },
        (_, row) => keyOf(view.types.map((_, column) => view.value(row, column))),
      );
    const failure = this.fails(this.questions.push(wanted) - 1);
    this.together = Math.max(this.together, ++this.#open);
    for (let pauses = this.#random(20); pauses > 0; pauses--) await null;
    this.#open--;
    if (failure === "hangs") return await new Promise(() => {});
    if (failure) throw failure;
    const frames: ArrayBuffer[] = [], builder = new FrameBuilder(this.#columns);
    for (const [number, key] of wanted.entries()) {
      for (const row of this.rows) {
        if (keyOf(this.#keys.map((at) => row[at])) !== key) continue;
        builder.append([number, ...this.#picks.map((pick) => row[pick])]);
        if (builder.rows === BATCH_ROWS_MAX) frames.push(builder.finish());
      }
    }
    if (builder.rows > 0) frames.push(builder.finish());
    return frames;
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}
