import { type DataType, DOUBLE, INT64 } from "../core/schema.ts";
import { OP } from "./group_spec.ts";

type Part = readonly [name: string, type: DataType];

const COUNT: Part = ["count", INT64], THERE: Part = ["there", INT64];
/** A sum of more than 64 bits, the lowest first. */
const WIDE_SUM: readonly Part[] = [["sum", INT64], ["wraps", INT64], COUNT];
/** What rounding has cut off of a sum from which values are taken. */
const DOUBLE_SUM: readonly Part[] = [["sum", DOUBLE], COUNT, ["rest", DOUBLE]];
/** Doubles as integers of the same order. */
const EXTREME: readonly Part[] = [["value", INT64], THERE];
const BOOLS: readonly Part[] = [["trues", INT64], ["falses", INT64]];
const SUM_128: readonly Part[] = [["sum", INT64], ["middle", INT64], ["high", INT64], COUNT];

/** Cells of numbers,  by its operation, as asm/group/spec.ts has them. */
const CELLS: ReadonlyMap<number, readonly Part[]> = new Map([
  [OP.count, [COUNT]],
  [OP.sumInt, WIDE_SUM],
  [OP.avgInt, WIDE_SUM],
  [OP.sumDouble, DOUBLE_SUM],
  [OP.avgDouble, DOUBLE_SUM],
  [OP.min, EXTREME],
  [OP.max, EXTREME],
  [OP.first, EXTREME],
  [OP.last, EXTREME],
  [OP.variance, [COUNT, ["mean", DOUBLE], ["squares", DOUBLE], ["rest", DOUBLE], ["squares_rest", DOUBLE]]],
  [OP.boolAnd, BOOLS],
  [OP.boolOr, BOOLS],
  [OP.sumWide, SUM_128],
  [OP.avgWide, SUM_128],
]);

/** Names and types of the cells of a call that are numbers. What it knows beside them is in texts, or in tables of their own. */
export function cellNames(op: number): readonly Part[] {
  return CELLS.get(op) ?? [];
}

/** The call keeps a text, or that there is none. */
export function keepsText(op: number): boolean {
  return op === OP.minBytes || op === OP.maxBytes || op === OP.firstBytes || op === OP.lastBytes;
}
