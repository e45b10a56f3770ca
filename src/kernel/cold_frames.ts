import type { ColdFacts, OpenColdFile } from "../core/cold_file.ts";
import type { AskedRows } from "./cold_asked.ts";
import { ColdShelf } from "./cold_shelf.ts";
import { ColdTable } from "./cold_table.ts";
import { ColdWaits } from "./cold_waits.ts";
import type { Kernel } from "./module.ts";

/** Which rows an OVER keeps. */
export interface FrameKinds {
  /** They wait for the watermark. */
  readonly timed: boolean;
  /** Frames are a number of rows: of each key, those of the last one stay. */
  readonly chains: boolean;
  /** Columns of the key. */
  readonly keys: number;
}

/**
 * Rows of OVER that have left memory (asm/over/shelf.ts): those that wait for the watermark and those of ranges come back when their time has come, frames
 * of a number of rows in front of the rows of their key that come out next.
 */
export class ColdFrames {
  readonly #kernel: Kernel;
  readonly #over: number;
  readonly #kinds: FrameKinds;
  readonly #shelf: ColdShelf;
  readonly #waits = new ColdWaits();
  readonly table: ColdTable;

  /** `over`: its address. Throws RdxError("no_space") without memory. */
  constructor(kernel: Kernel, over: number, kinds: FrameKinds, open: OpenColdFile, stateBytes: () => number) {
    this.#kernel = kernel;
    this.#over = over;
    this.#kinds = kinds;
    const begin = (restoring: boolean) => void kernel.fn("over_shelf_begin")(over, Number(restoring));
    const ways = { begin, dues: this.#waits.dues, asksNothing: true, stateBytes };
    this.#shelf = new ColdShelf(kernel, kernel.fn("over_shelf")(over) >>> 0, 1, open, ways);
    this.table = new ColdTable(this.#shelf, 0);
    if (kinds.chains) kernel.fn("over_asks")(over, 1);
  }

  get facts(): ColdFacts {
    return this.#shelf.facts;
  }

  /** Results come out: nothing leaves for others meanwhile. */
  set atWork(atWork: boolean) {
    this.#shelf.atWork = atWork;
  }

  /** Makes room for rows; for how many of the first ones there is, at least one. Throws RdxError("no_space"). */
  prepare(asked: AskedRows): number {
    return this.#shelf.prepare(asked);
  }

  /** In front of a watermark. */
  advance(watermark: number): void {
    this.#shelf.start();
    if (this.#kinds.timed && this.#waits.holds(watermark + 1)) this.#kernel.fn("over_hold")(this.#over);
  }

  /** All that may come out is out: brings the next rows back; false: there are none. Throws RdxError: "no_space", "invalid" for damage. */
  goOn(): boolean {
    const release = this.#kernel.fn("over_release");
    return this.#waits.goOn(this.#shelf, (time, group) => release(this.#over, time, group));
  }

  /** Rows come out whose frames may be away: brings back those of the first ones. Throws as `goOn` does. */
  meet(): void {
    const kernel = this.#kernel, over = this.#over, mark = kernel.mark();
    const next = kernel.fn("over_next")(over), out = kernel.arena(next * 4), absent = kernel.fn("over_absent");
    const absentOf = (rows: number) => new Uint32Array(kernel.bytes.buffer, out, absent(over, rows, out)).slice();
    kernel.fn("over_allow")(over, this.#shelf.meet(next, absentOf));
    kernel.release(mark);
  }

  /** The tables of the operator are there, in front of what makes its lists anew. */
  restored(): void {
    const { dues } = this.#waits, woken: number[] = [], wakesAt = this.#kernel.fn("over_wakes_at");
    this.table.restored();
    if (this.#kinds.chains) this.table.join();
    // What was said of them was said before the watermark was known
    dues.clear();
    this.table.eachAside((row, group, hash) => {
      const time = wakesAt(this.#over, row);
      if (time < Infinity) dues.add(time, group, hash);
      else if (this.#kinds.keys === 0) woken.push(hash);
    });
    // The only chain that there is stays in memory
    this.#shelf.bringBack(Uint32Array.from(woken), true);
  }

  close(): void {
    this.#shelf.close();
  }
}
