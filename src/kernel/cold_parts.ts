import type { ColdFacts, OpenColdFile } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import {
  COLD_ASKED_SLICES_MAX,
  COLD_CHUNK_BYTES,
  COLD_FILL_SHARE_MAX,
  COLD_LEAVE_BYTES,
  COLD_PIECES_A_PART_MAX,
  COLD_SEGMENT_BYTES,
} from "../core/limits.ts";
import { ColdExtents, damagedFile } from "./cold_extents.ts";
import { BY_MARKS, CHANGED, IN_PLACE, type Piece, PieceList, STORED } from "./cold_lists.ts";
import { Neighbour, UNBOUND } from "./cold_neighbours.ts";
import type { Kernel, KernelFunction } from "./module.ts";

/** Of a piece (asm/aggregate/cold.ts). */
const BYTES = 0, SLICE = 8, GROUP = 16, ROWS = 20, CHANGED_AT = 24;
/** Answers of the kernel, and how rows are put together (asm/aggregate/cold_merge.ts). */
const DAMAGED = 1, NO_MEMORY = 2, AS_STORED = 1, AS_IN_PLACE = 2, MADE = 4, STORES = 8, AS_CHANGED = 16, KEYS = 32;
/** Powers of two that parts are told by, and those of which some has left already. */
const SIZES = 32, COLD_ALONE = 255;
/** Bytes beside its row that a new key may take, and those of pages that may have to be begun with it. */
const KEY_BYTES = 24, PAGES_BYTES = 1 << 17;

/** A part of state, by the number of its slice and its key group. */
type Part = { readonly slice: number; readonly group: number };

/** How rows of parts are put together. */
interface Merge {
  /** For this window, absent: as they are in their slice. */
  readonly window?: number;
  /** The rows in memory count as handed out from now on. */
  readonly stores?: boolean;
  /** Only the row of the key in the first row of these COLUMNs. */
  readonly key?: number;
  /** Rows in memory are left out. */
  readonly alone?: boolean;
  /** Their keys alone, without what they have. */
  readonly keys?: boolean;
  /** They are added to this table, which is given back, and not to one of their own. */
  readonly into?: number;
}

/**
 * Parts of a window aggregation's state (the rows of a slice in one key group) that have left memory for a working file when it came to its
 * bound, the largest first. No row is looked for there: rows that come later begin anew, and a part is put together, one key group at a time, when
 * a window fires, when its changes are drained, or when somebody looks at it. Parts of which much has left several times are written anew as one.
 * Where sums go by the order in which they are added, a part comes back before something is added to it.
 */
export class ColdParts extends Neighbour {
  readonly #aggregation: number;
  readonly #open: OpenColdFile;
  readonly #rowBytes: number;
  readonly #inOrder: boolean;
  readonly #room: KernelFunction;
  #file: ColdExtents | null = null;
  #slices = new Map<number, PieceList>();
  #rows = 0;
  #reads = 0;
  #round = 0;
  #restoring = false;
  /** The part whose changes are handed out. */
  #listed: Part | null = null;

  /** `inOrder`: a part comes back before something is added to it. */
  constructor(kernel: Kernel, aggregation: number, open: OpenColdFile, inOrder: boolean) {
    super(kernel);
    this.#aggregation = aggregation;
    this.#open = open;
    this.#inOrder = inOrder;
    this.#rowBytes = (kernel.fn("agg_row_bytes")(aggregation) >>> 0) + KEY_BYTES;
    this.#room = kernel.fn("agg_cold_room");
    kernel.fn("agg_cold_on")(aggregation, this.#wish, Number(inOrder));
  }

  get stateBytes(): number {
    return this.kernel.fn("agg_state_bytes")(this.#aggregation) >>> 0;
  }

  get facts(): ColdFacts {
    return { rows: this.#rows, bytes: this.#file?.bytes ?? 0, reads: this.#reads };
  }

  /** Room that there should be; 0 without a bound. */
  get #wish(): number {
    const bound = this.kernel.stateBytesMax;
    return bound < UNBOUND ? Math.floor(bound * (1 - COLD_FILL_SHARE_MAX)) : 0;
  }

  /** Makes room in front of so many rows when there is little. Throws RdxError("no_space"). */
  prepare(rows: number): void {
    const wish = this.#wish;
    this.kernel.neighbours.begin(this, rows * this.#rowBytes);
    if (wish > 0 && this.#room() < rows * this.#rowBytes + wish) this.makeRoom(rows);
  }

  /** Lets parts leave, about twice what so many rows may need. Throws RdxError("no_space"). */
  makeRoom(rows: number): void {
    const need = Math.max(rows * this.#rowBytes, this.#wish), before = this.#room();
    const most = Math.max(2 * rows * this.#rowBytes, Math.min(COLD_LEAVE_BYTES, need));
    const enough = () => this.#room() >= need + this.#wish || this.#room() >= before + most;
    if (this.#leave(this.#sizeFor(need), enough)) this.#tidy();
    if (rows > 1) this.kernel.neighbours.help(this, rows * this.#rowBytes);
    else this.kernel.neighbours.insist(this, this.#rowBytes + PAGES_BYTES);
  }

  giveRoom(bytes: number): void {
    while (this.#room() < bytes && this.#leave(this.#sizeFor(bytes - this.#room()), () => this.#room() >= bytes)) {
      this.#tidy();
    }
  }

  /** Brings back the part for which a push has stopped, with room for so many rows; false: it has stopped for another reason. */
  bringBack(rows: number): boolean {
    const kernel = this.kernel, aggregation = this.#aggregation, mark = kernel.mark(), to = kernel.arena(16);
    const wanted = kernel.fn("agg_cold_wanted")(aggregation, to) !== 0;
    const [slice, group] = [0, 8].map((at) => kernel.data.getFloat64(to + at, true));
    kernel.release(mark);
    if (!wanted) return false;
    const count = this.#listOf(slice).of(group).reduce((sum, piece) => sum + piece.rows, 0);
    this.prepare(rows + count);
    const merged = this.#merge([slice], group, {});
    this.#forget(slice, (piece) => piece.group === group);
    kernel.fn("agg_cold_back")(aggregation, merged, slice, group);
    return true;
  }

  /** The power of two that parts reach which come to so many bytes. */
  #sizeFor(bytes: number): number {
    const kernel = this.kernel, mark = kernel.mark(), at = kernel.arena(SIZES * 8);
    kernel.fn("agg_cold_sizes")(this.#aggregation, at);
    let size = SIZES - 1;
    for (let sum = 0; size > 0; size--) {
      sum += kernel.data.getFloat64(at + size * 8, true);
      if (sum >= bytes) break;
    }
    kernel.release(mark);
    return size;
  }

  /** Lets parts of a size leave until it is enough; false when none has. */
  #leave(size: number, enough: () => boolean, room = COLD_CHUNK_BYTES): boolean {
    const kernel = this.kernel, aggregation = this.#aggregation;
    if (kernel.fn("agg_cold_begin")(aggregation, size) === 0) return false;
    const mark = kernel.mark(), chunk = kernel.arena(room), leave = kernel.fn("agg_cold_leave");
    const flags = this.#restoring ? STORED | IN_PLACE : BY_MARKS, parts = new Map<string, Part>();
    this.#round++;
    for (let bytes; (bytes = leave(aggregation, chunk, room)) > 0;) {
      this.#append(chunk, bytes, flags, parts);
      if (kernel.fn("agg_cold_inside")(aggregation) === 0 && enough()) break;
    }
    kernel.release(mark);
    for (const part of parts.values()) if (!this.#restoring && this.#isLoose(part)) this.#compact(part);
    return parts.size > 0;
  }

  /** Writes the pieces of a chunk, and notes the parts that they are of. */
  #append(chunk: number, bytes: number, flags: number, parts: Map<string, Part>): void {
    const { data, bytes: memory } = this.kernel, file = this.#file ??= new ColdExtents(this.#open());
    const start = file.write(memory.subarray(chunk, chunk + bytes));
    for (let at = 0; at < bytes;) {
      const size = data.getUint32(chunk + at + BYTES, true), slice = Number(data.getBigInt64(chunk + at + SLICE, true));
      const group = data.getUint32(chunk + at + GROUP, true), rows = data.getUint32(chunk + at + ROWS, true);
      const state = flags === BY_MARKS && data.getUint32(chunk + at + CHANGED_AT, true) === 0 ? STORED : flags;
      this.#listOf(slice).add({ group, at: start + at, bytes: size, rows, flags: state, round: this.#round });
      parts.set(`${slice} ${group}`, { slice, group });
      this.#rows += rows;
      at += size;
    }
  }

  #listOf(slice: number): PieceList {
    let list = this.#slices.get(slice);
    if (!list) this.#slices.set(slice, list = new PieceList());
    return list;
  }

  /** What has left since the part was written as one is much of what there is. */
  #isLoose({ slice, group }: Part): boolean {
    const pieces = this.#listOf(slice).of(group), first = pieces[0].round;
    let bytes = 0, base = 0;
    for (const piece of pieces) {
      bytes += piece.bytes;
      if (piece.round === first) base += piece.bytes;
    }
    return bytes > COLD_PIECES_A_PART_MAX * base && bytes - base > COLD_CHUNK_BYTES;
  }

  /** Writes what has left of a part anew, each key once. */
  #compact({ slice, group }: Part): void {
    const kernel = this.kernel, aggregation = this.#aggregation, merged = this.#merge([slice], group, { alone: true });
    this.#forget(slice, (piece) => piece.group === group);
    const mark = kernel.mark(), rows = kernel.arena(8), write = kernel.fn("agg_merge_write");
    const longest = kernel.fn("agg_merge_longest")(aggregation, merged) >>> 0,
      room = Math.max(COLD_CHUNK_BYTES, longest);
    const chunk = kernel.arena(room), parts = new Map<string, Part>();
    this.#round++;
    for (let first = 0, bytes; (bytes = write(aggregation, merged, slice, group, first, chunk, room, rows)) > 0;) {
      this.#append(chunk, bytes, BY_MARKS, parts);
      first += kernel.data.getUint32(rows, true);
    }
    kernel.release(mark);
    kernel.fn("agg_merge_end")(aggregation, merged);
  }

  /** Forgets pieces of a slice. */
  #forget(slice: number, which: (piece: Piece) => boolean): void {
    const list = this.#listOf(slice), groups = new Set<number>();
    for (let i = 0; i < list.count; i++) {
      const piece = list.at(i);
      if (!which(piece)) continue;
      groups.add(piece.group);
      this.#rows -= piece.rows;
      this.#file!.release(piece.at, piece.bytes);
    }
    for (const group of groups) list.remove(group);
  }

  /** A merged table of slices; the state's bound does not hold for it. */
  #merge(slices: readonly number[], group: number, merge: Merge): number {
    const { window, stores = false, key = 0, alone = false, keys = false, into } = merge;
    const kernel = this.kernel, aggregation = this.#aggregation, add = kernel.fn("agg_merge_rows");
    const how = (window === undefined ? 0 : MADE) | (stores ? STORES : 0) | (keys ? KEYS : 0);
    kernel.fn("state_limit")(UNBOUND);
    try {
      const pieces = slices.map((slice) => this.#slices.get(slice)?.of(group) ?? []);
      const most = Math.max(...pieces.flat().map(({ rows }) => rows), 0);
      const merged = into ?? this.#got(kernel.fn("agg_merge_begin")(aggregation, key === 0 ? most : 1) >>> 0);
      try {
        slices.forEach((slice, i) => {
          for (const piece of pieces[i]) this.#add(merged, piece, how, key);
          if (!alone) this.#check(add(aggregation, merged, slice, group, how, window ?? 0, key));
        });
      } catch (thrown) {
        kernel.fn("agg_merge_end")(aggregation, merged);
        throw thrown;
      }
      return merged;
    } finally {
      kernel.fn("state_limit")(Math.min(UNBOUND, kernel.stateBytesMax));
    }
  }

  #add(merged: number, { at, bytes, rows, group, flags }: Piece, how: number, key: number): void {
    const kernel = this.kernel, mark = kernel.mark(), buffer = kernel.arena(bytes);
    this.#file!.read(at, kernel.bytes.subarray(buffer, buffer + bytes));
    const state = flags & STORED ? AS_STORED : flags & CHANGED ? AS_CHANGED : 0;
    const whole = how | state | (flags & IN_PLACE ? AS_IN_PLACE : 0);
    const status = kernel.fn("agg_merge_piece")(this.#aggregation, merged, buffer, bytes, group, whole, key);
    kernel.release(mark);
    this.#reads += rows;
    this.#check(status);
  }

  #check(status: number): void {
    if (status === DAMAGED) throw damagedFile("the checksum of rows is wrong");
    if (status === NO_MEMORY) this.#got(0);
  }

  #got(address: number): number {
    if (address === 0) throw new RdxError("no_space", "Cannot get kernel memory for rows that come back");
    return address;
  }

  /**
   * Rows of a window that hops fold from two sides of a boundary (asm/aggregate/hop_fold.ts): doubles are added as they are there, in front of the
   * boundary from it on backwards, behind it onwards, and then both sides. Keys stand where they came first.
   */
  #fold(slices: readonly number[], boundary: number, group: number, window: number): number {
    const kernel = this.kernel, aggregation = this.#aggregation, end = kernel.fn("agg_merge_end");
    const into = this.#merge(slices, group, { window, keys: true });
    this.#merge(slices.filter((slice) => slice < boundary).reverse(), group, { window, into });
    try {
      const behind = this.#merge(slices.filter((slice) => slice >= boundary), group, { window });
      kernel.fn("state_limit")(UNBOUND);
      const added = kernel.fn("agg_merge_table")(aggregation, into, behind);
      kernel.fn("state_limit")(Math.min(UNBOUND, kernel.stateBytesMax));
      end(aggregation, behind);
      this.#got(added);
    } catch (thrown) {
      end(aggregation, into);
      throw thrown;
    }
    return into;
  }

  /** Puts together what the drain of fired windows, or with `peeks` the listing of open ones, waits for. */
  give(peeks: boolean): void {
    const kernel = this.kernel, aggregation = this.#aggregation, mark = kernel.mark(), to = kernel.arena(40);
    kernel.fn("agg_cold_wants")(aggregation, Number(peeks), to);
    const words = [0, 8, 16, 24, 32].map((at) => kernel.data.getFloat64(to + at, true));
    const [first, count, group, window, boundary] = words;
    const slices: number[] = [], out = kernel.arena(COLD_ASKED_SLICES_MAX * 8);
    for (
      let from = first, more = COLD_ASKED_SLICES_MAX;
      more === COLD_ASKED_SLICES_MAX;
      from = slices[slices.length - 1] + 1
    ) {
      more = kernel.fn("agg_cold_slices")(aggregation, from, first + count, out, COLD_ASKED_SLICES_MAX);
      for (let i = 0; i < more; i++) slices.push(kernel.data.getFloat64(out + i * 8, true));
    }
    kernel.release(mark);
    const folds = this.#inOrder && count > 1;
    const merged = folds ? this.#fold(slices, boundary, group, window) : this.#merge(slices, group, { window });
    kernel.fn("agg_cold_give")(aggregation, Number(peeks), merged);
  }

  /** Gives the listing of changes the rows of the part that it waits for. `takes`: they count as handed out; `whole`: all are. */
  giveChanges(takes: boolean, whole: boolean): void {
    const kernel = this.kernel, aggregation = this.#aggregation, mark = kernel.mark(), to = kernel.arena(24);
    kernel.fn("agg_changes_wants")(aggregation, to);
    const [slice, group, newer] = [0, 8, 16].map((at) => kernel.data.getFloat64(to + at, true));
    kernel.release(mark);
    const pieces = this.#listOf(slice).of(group),
      changed = whole || newer !== 0 || pieces.some(({ flags }) => !(flags & STORED));
    const merged = changed ? this.#merge([slice], group, { stores: takes }) : 0;
    if (changed && takes) {
      this.#listed = { slice, group };
      this.#mark(this.#listed, STORED);
    }
    kernel.fn("agg_changes_give")(aggregation, merged);
  }

  /** Says of the pieces of a part what they are since the last cut. */
  #mark({ slice, group }: Part, flags: number): void {
    this.#slices.get(slice)?.update((piece) => piece.group === group ? { ...piece, flags } : piece);
  }

  /** The listing of changes was left in the midst of a part. */
  leftChanges(): void {
    if (this.#listed) this.#mark(this.#listed, CHANGED);
  }

  /** The rows of a part of the key in the first row of COLUMNs, or, `key` 0, of all. `use` has them as a table while it runs. */
  look(slice: number, group: number, key: number, use: (merged: number) => void): void {
    const merged = this.#merge([slice], group, { key });
    try {
      use(merged);
    } finally {
      this.kernel.fn("agg_merge_end")(this.#aggregation, merged);
    }
  }

  /** Rows are taken in, each in place of the one of its key. */
  restoring(): void {
    this.#restoring = true;
  }

  /** All rows have been taken in: what comes from now on is added to what they say. */
  restored(): void {
    // No row of these may stay, however long it is
    this.#leave(COLD_ALONE, () => false, COLD_SEGMENT_BYTES);
    this.#restoring = false;
    for (const [slice, list] of this.#slices) {
      const rounds = new Map<number, Set<number>>();
      for (let i = 0; i < list.count; i++) {
        const { group, round } = list.at(i), known = rounds.get(group);
        if (known) known.add(round);
        else rounds.set(group, new Set([round]));
      }
      for (const [group, { size }] of rounds) if (size > 1) this.#compact({ slice, group });
      list.update((piece) => ({ ...piece, flags: piece.flags & ~IN_PLACE }));
    }
  }

  /** Slices below this number are gone. */
  drop(below: number): void {
    for (const slice of this.#slices.keys()) {
      if (slice >= below) continue;
      this.#forget(slice, () => true);
      this.#slices.delete(slice);
    }
  }

  /** Writes what counts of a segment anew, of which little does. */
  #tidy(): void {
    const file = this.#file, stretch = file?.loose();
    if (!file || !stretch) return;
    for (const list of this.#slices.values()) {
      list.update((piece) => {
        if (piece.at < stretch.start || piece.at >= stretch.end) return piece;
        const bytes = new Uint8Array(piece.bytes);
        file.read(piece.at, bytes);
        const at = file.write(bytes);
        file.release(piece.at, piece.bytes);
        return { ...piece, at };
      });
    }
  }

  override close(): void {
    super.close();
    this.#file?.close();
    this.#file = null;
    this.#slices.clear();
  }
}
