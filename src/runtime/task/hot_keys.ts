import type { Batch } from "../../core/batch.ts";
import { FrameView } from "../../core/frame.ts";
import { HOT_KEYS_KEPT_MAX, HOT_SAMPLE_MS, HOT_SAMPLE_ROWS, HOT_SAMPLES_MAX } from "../../core/limits.ts";
import { RowRenderer } from "../../core/render.ts";
import type { Column } from "../../core/schema.ts";
import { FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import type { Kernel } from "../../kernel/module.ts";
import { keyedTables } from "../../plan/keyed_tables.ts";
import type { PhysicalOperator } from "../../plan/physical.ts";
import type { HotKey } from "../protocol.ts";

/**
 * The keys that get most rows of one input of an operator lately. Rows are looked at at random, so that no period of the input hides a key, one of a
 * batch at most and no more than one in HOT_SAMPLE_MS, which takes less than a hundredth of the time; they are counted by the space-saving algorithm
 * (Metwally, Agrawal and El Abbadi, 2005). All counts are halved each time that HOT_SAMPLES_MAX have come, so that what was long ago fades.
 */
export class HotKeys {
  readonly #writer: FrameWriter;
  readonly #names: readonly string[];
  /** Columns of a key. */
  readonly keys: number;
  readonly #counts = new Map<string, number>();
  #renderer: RowRenderer | null = null;
  #samples = 0;
  #random = 0x9e3779b9;
  /** Rows in front of the next that is looked at. */
  #left: number;
  readonly #now: () => number;
  #nextMs = -Infinity;

  /** `names`: those of the columns of the key, which are the first of each batch. `now`: monotonic milliseconds. */
  constructor(kernel: Kernel, names: readonly string[], now: () => number = () => performance.now()) {
    this.#now = now;
    this.#writer = new FrameWriter(kernel);
    this.#names = names;
    this.keys = names.length;
    this.#left = this.#gap();
  }

  #gap(): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return (this.#random >>> 0) % (2 * HOT_SAMPLE_ROWS - 1);
  }

  /** Rows that go to the operator. */
  note(kernel: Kernel, batch: Batch): void {
    if (this.#left >= batch.selected) {
      this.#left -= batch.selected;
      return;
    }
    const now = this.#now();
    if (now >= this.#nextMs) {
      this.#sample(kernel, batch, this.#left);
      this.#nextMs = now + HOT_SAMPLE_MS;
    }
    this.#left = this.#gap();
  }

  #sample(kernel: Kernel, batch: Batch, at: number): void {
    const mark = kernel.mark(), selection = kernel.arena(4), columns = batch.columns.slice(0, this.#names.length);
    const row = batch.selection === 0 ? at : kernel.data.getUint32(batch.selection + at * 4, true);
    kernel.data.setUint32(selection, row, true);
    const frame = this.#writer.write({ ...batch, columns, kinds: 0, selection, selected: 1 }, NO_INFO);
    kernel.release(mark);
    this.#renderer ??= new RowRenderer(
      columns.map(({ type }, i): Column => ({ name: this.#names[i], type, nullable: true })),
    );
    this.#count(this.#renderer.row(new FrameView(frame), 0));
  }

  #count(key: string): void {
    const counts = this.#counts, before = counts.get(key);
    if (before !== undefined) counts.set(key, before + 1);
    else if (counts.size < HOT_KEYS_KEPT_MAX) counts.set(key, 1);
    else {
      // The least takes the blame of all that it replaces
      const [least, count] = [...counts].reduce((low, one) => one[1] < low[1] ? one : low);
      counts.delete(least);
      counts.set(key, count + 1);
    }
    if (++this.#samples < HOT_SAMPLES_MAX) return;
    this.#samples = 0;
    for (const [one, count] of counts) {
      const half = count >> 1;
      this.#samples += half;
      if (half > 0) counts.set(one, half);
      else counts.delete(one);
    }
  }

  /** How many rows were looked at lately. */
  get samples(): number {
    return this.#samples;
  }

  get found(): HotKey[] {
    return [...this.#counts].map(([key, samples]) => ({ key, samples }));
  }
}

/** One for each input of an operator that keeps something by key. */
export function hotKeysOf(kernel: Kernel, operator: PhysicalOperator): HotKeys[] {
  return keyedTables(operator).map(({ keys }) => new HotKeys(kernel, keys.map(({ name }) => name)));
}
