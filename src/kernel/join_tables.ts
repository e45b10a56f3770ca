import type { Column } from "../core/schema.ts";
import type { ColdTable } from "./cold_table.ts";
import type { JoinMode } from "./join_spec.ts";
import type { Kernel } from "./module.ts";
import { RowLook } from "./row_look.ts";
import { RowTable, type RowWord } from "./row_table.ts";
import { endsBelow, ScalarTable, type TablePart } from "./state_tables.ts";

/** The greatest flags that a row may have (asm/join/spec.ts): a kind, and that it counts no more. */
const FLAGS_MAX = 7;
const WATERMARK = 1;
/** A watermark that stands for none. */
const TIME_START = -(1n << 62n);

/** Rows that came late and rows without a time, which are counted outside of the kernel. */
interface Counts {
  read(): readonly number[];
  write(late: number, nullTime: number): void;
}

/** The tables of a join: `left`, `right`, and what it knows beside them; `cold`: their rows that have left memory, where they do. */
export function joinTables(
  kernel: Kernel,
  join: number,
  mode: JoinMode,
  { left, right }: { readonly left: readonly Column[]; readonly right: readonly Column[] },
  keys: { readonly left: readonly number[]; readonly right: readonly number[] },
  counts: Counts,
  cold: readonly ColdTable[],
): TablePart[] {
  const names = ["arrivals", "watermark", "now", "begun", "late", "null_time"];
  const scalars = new ScalarTable(kernel, "scalars", 1, names, (to) => {
    kernel.fn("join_scalars")(join, to);
    counts.read().forEach((count, i) => kernel.data.setBigInt64(to + 32 + i * 8, BigInt(count), true));
  }, (from) => {
    const [late, nullTime] = [32, 40].map((at) => Number(kernel.data.getBigInt64(from + at, true)));
    counts.write(late, nullTime);
    return kernel.fn("join_put_scalars")(join, from) !== 0;
  }, ["max", "max", "max", "max", "sum", "sum"]);
  const side = (name: string, isRight: boolean, columns: readonly Column[]) => {
    const { store, words } = sideOf(kernel, join, isRight), bound = boundOf(mode, isRight);
    const below = bound === null ? null : () => bound(scalars.value(WATERMARK));
    const expiry = below === null ? {} : { expiry: { column: "$time", below } };
    const index = () => sideOf(kernel, join, isRight).index;
    const own = isRight ? keys.right : keys.left, away = cold[Number(isRight)] ?? null;
    const look = new RowLook(kernel, { store, columns, keys: own, index, nullsApart: true, cold: away });
    return new RowTable(kernel, { name, version: 1, store, columns, words, look, cold: away, ...expiry });
  };
  return [scalars, side("left", false, left), side("right", true, right)];
}

interface SideFacts {
  readonly store: number;
  readonly words: readonly RowWord[];
  readonly index: number;
}

function sideOf(kernel: Kernel, join: number, isRight: boolean): SideFacts {
  const mark = kernel.mark(), to = kernel.arena(20);
  kernel.fn("join_side")(join, Number(isRight), to);
  const [store, countAt, flagsAt, timeAt, index] = [0, 4, 8, 12, 16].map((at) => kernel.data.getUint32(to + at, true));
  kernel.release(mark);
  const words: RowWord[] = [];
  if (countAt > 0) words.push({ name: "$matches", at: countAt, wide: false });
  if (flagsAt > 0) words.push({ name: "$flags", at: flagsAt, wide: false, max: FLAGS_MAX });
  if (timeAt > 0) words.push({ name: "$time", at: timeAt, wide: true });
  return { store, words, index };
}

/** The time below which no row of the side is there at a watermark; null: rows go one by one. */
function boundOf(mode: JoinMode, isRight: boolean): ((watermark: bigint) => bigint | null) | null {
  const since = (lag: number) => (watermark: bigint) => watermark <= TIME_START ? null : watermark - BigInt(lag);
  switch (mode.mode) {
    case "window":
      return endsBelow;
    case "interval":
      return since(isRight ? -mode.lowerMs : mode.upperMs);
    case "regular":
      return null;
    default:
      return isRight ? null : since(0);
  }
}
