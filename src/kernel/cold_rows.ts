import type { ColdFacts, OpenColdFile } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import {
  COLD_ADMIT_BYTES,
  COLD_CHUNK_BYTES,
  COLD_EVICT_BYTES,
  COLD_FILL_SHARE_MAX,
  COLD_GAP_BYTES,
} from "../core/limits.ts";
import { ColdSegments, damagedFile, UNIT } from "./cold_segments.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import type { FoundRows } from "./row_look.ts";

/** Flags of a row (asm/group/spec.ts), and answers of the kernel. */
const CHANGED = 1, DAMAGED = 1, NO_MEMORY = 2;
/** A place and a size in one double: the size has 16 bits. */
const SIZES = 65_536;

/** The keys of a batch: their COLUMNs, those of the arguments (0: none), and which rows are selected (0: all). */
export interface AskedKeys {
  readonly keys: number;
  readonly args: number;
  readonly selection: number;
  readonly selected: number;
}

/**
 * The rows of a group aggregation that have left the kernel's memory for a working file. In front of each batch `prepare` brings back those
 * that it asks for, so that the aggregation finds every row that it ever had, and makes room when there is little: rows that nothing has
 * asked for since the hand of a clock went by leave first. A drain hands out those that have changed since the last cut like the others.
 */
export class ColdRows {
  readonly #kernel: Kernel;
  readonly #group: number;
  readonly #open: OpenColdFile;
  readonly #room: KernelFunction;
  #cold: ColdSegments | null = null;
  #cuts = 0;
  #reads = 0;
  #whole = false;

  constructor(kernel: Kernel, group: number, open: OpenColdFile) {
    this.#kernel = kernel;
    this.#group = group;
    this.#open = open;
    this.#room = kernel.fn("group_room");
  }

  get facts(): ColdFacts {
    return { rows: this.#cold?.index.rows ?? 0, bytes: this.#cold?.bytes ?? 0, reads: this.#reads };
  }

  /** Bytes of the working file. */
  get fileBytes(): number {
    return this.#cold?.writtenBytes ?? 0;
  }

  /** Brings back the rows that these keys ask for, and makes room for those that are new. Throws RdxError: "no_space", "invalid" for damage. */
  prepare(asked: AskedKeys): void {
    const { keys, args, selection, selected } = asked, bound = this.#kernel.stateBytesMax;
    if (!this.#cold?.index.rows && this.#room(this.#group) > bound / 2) return;
    const need = this.#kernel.fn("group_need")(this.#group, keys, args, selection, selected);
    this.#makeRoom(need + bound * (1 - COLD_FILL_SHARE_MAX), need);
    // What has left just now may be asked for, too
    if (this.#cold?.index.rows) this.#admit(this.#cold, asked);
  }

  #admit(cold: ColdSegments, { keys, selection, selected }: AskedKeys): void {
    const kernel = this.#kernel, mark = kernel.mark(), out = kernel.arena(selected * 8);
    const absent = kernel.fn("group_absent")(this.#group, keys, selection, selected, out);
    const hashes = new Uint32Array(kernel.bytes.buffer, out, absent * 2), wanted: number[] = [];
    for (let i = 0; i < absent; i++) {
      cold.index.take(hashes[2 * i], hashes[2 * i + 1], (at, size) => wanted.push(at * SIZES + size));
    }
    kernel.release(mark);
    this.#reads += wanted.length;
    const sorted = Float64Array.from(wanted).sort();
    for (let from = 0; from < sorted.length;) from = this.#admitSome(cold, sorted, from);
    for (const one of wanted) cold.drop(Math.floor(one / SIZES), one % SIZES);
  }

  /** Reads records from the one at `from` on, those that lie together at once; returns where the next begin. */
  #admitSome(cold: ColdSegments, wanted: Float64Array, from: number): number {
    const kernel = this.#kernel, mark = kernel.mark(), buffer = kernel.arena(COLD_ADMIT_BYTES), records: number[] = [];
    let next = from, used = 0;
    while (next < wanted.length) {
      const start = Math.floor(wanted[next] / SIZES) * UNIT, first = records.length;
      let end = start;
      for (; next < wanted.length; next++) {
        const at = Math.floor(wanted[next] / SIZES) * UNIT, behind = at + wanted[next] % SIZES * UNIT;
        if (at - end > COLD_GAP_BYTES || used + behind - start > COLD_ADMIT_BYTES) break;
        records.push(buffer + used + at - start);
        end = behind;
      }
      if (records.length === first) break;
      cold.read(start, kernel.bytes.subarray(buffer + used, buffer + used + end - start));
      used += end - start;
    }
    const status = kernel.fn("group_admit")(this.#group, this.#list(records), records.length, this.#cuts);
    kernel.release(mark);
    this.#check(status);
    return next;
  }

  #list(addresses: readonly number[]): number {
    const list = this.#kernel.arena(Math.max(1, addresses.length) * 4);
    new Uint32Array(this.#kernel.bytes.buffer, list, addresses.length).set(addresses);
    return list;
  }

  #check(status: number): void {
    if (status === DAMAGED) throw damagedFile("the checksum of a row is wrong");
    if (status === NO_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory for rows that come back");
  }

  /** Lets rows leave when there is less room than `wish`, about COLD_EVICT_BYTES of them and twice `need`, but until `need` is there. */
  #makeRoom(wish: number, need: number): void {
    const kernel = this.#kernel, group = this.#group, before = this.#room(group);
    if (before >= wish) return;
    const cold = this.#cold ??= new ColdSegments(this.#open()),
      mark = kernel.mark(),
      enough = COLD_EVICT_BYTES + 2 * need;
    const buffer = kernel.arena(COLD_CHUNK_BYTES), evict = kernel.fn("group_evict");
    let written = 0;
    // After two rounds of the hand, whatever could leave has left
    for (let left = 4 + kernel.fn("group_rounds")(group); left > 0;) {
      const room = this.#room(group);
      if (room >= need && (room >= wish + need || written >= enough)) break;
      const bytes = evict(group, buffer, COLD_CHUNK_BYTES, this.#cuts);
      if (bytes > 0) cold.append(kernel.bytes.subarray(buffer, buffer + bytes));
      else left--;
      written += bytes;
    }
    kernel.release(mark);
    cold.tidy(4 * written);
  }

  /** A cut begins. `whole`: the drain hands out every row. */
  cut(whole: boolean): void {
    this.#whole = whole;
    this.#cold?.cut(whole);
    this.#cuts++;
  }

  /** Addresses (u32 each) of the next rows that the drain hands out, in the batch arena; none is no end, null is. */
  drain(): { readonly list: number; readonly rows: number } | null {
    const kernel = this.#kernel, cold = this.#cold;
    if (!cold) return null;
    const chunk = kernel.arena(COLD_CHUNK_BYTES),
      found = cold.scan(kernel.bytes.subarray(chunk, chunk + COLD_CHUNK_BYTES));
    if (found === null) return null;
    const wanted = found.filter(({ epoch, state }) =>
      this.#whole || (epoch === this.#cuts - 1 && (state & CHANGED) !== 0)
    );
    const list = this.#list(wanted.map(({ at }) => chunk + at));
    this.#check(kernel.fn("group_thaw")(this.#group, list, wanted.length));
    return { list, rows: wanted.length };
  }

  /** The row of a key that has left, by the address of the COLUMNs of one row: read into the batch arena, while it stays where it is. */
  look(keys: number): FoundRows {
    const kernel = this.#kernel, cold = this.#cold, out = kernel.arena(8), records: number[] = [];
    if (!cold?.index.rows || kernel.fn("group_absent")(this.#group, keys, 0, 1, out) === 0) return { list: 0, rows: 0 };
    const [low, high] = new Uint32Array(kernel.bytes.buffer, out, 2);
    cold.index.each(low, high, (at, size) => {
      const record = kernel.arena(size * UNIT);
      cold.read(at * UNIT, kernel.bytes.subarray(record, record + size * UNIT));
      records.push(record);
    });
    const list = this.#list(records);
    this.#check(kernel.fn("group_thaw")(this.#group, list, records.length));
    return { list, rows: kernel.fn("group_look_same")(this.#group, keys, list, records.length) };
  }

  /** No row is there any more. */
  clear(): void {
    this.#cold?.clear();
  }

  close(): void {
    this.#cold?.close();
    this.#cold = null;
  }
}
