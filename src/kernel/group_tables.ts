import { BYTES, type Column, type DataType } from "../core/schema.ts";
import type { ColdRows } from "./cold_rows.ts";
import { cellNames, keepsText } from "./group_cells.ts";
import { DETAIL, DetailTable } from "./group_detail.ts";
import { type GroupSpec, type KernelCalls, OP } from "./group_spec.ts";
import { type Cell, GroupTable } from "./group_table.ts";
import type { Kernel } from "./module.ts";
import { endsBelow, ScalarTable, type TablePart, valueColumns, wordColumn } from "./state_tables.ts";

/** Offsets of how many rows a group has, and of its last watermark (asm/group/spec.ts). */
const ALIVE_AT = 8, TOUCHED_AT = 32;
const WATERMARK = 2;
/** What a row takes, and a sketch that has seen a value. */
const ROW_BYTES = 256, SKETCH_BYTES = 4352;

/** The tables of a group aggregation. */
export interface GroupTables {
  readonly parts: readonly TablePart[];
  /** All steps have come. */
  restored(): void;
  close(): void;
}

/** `names` are those of the keys, then of the calls; `scalars`: the table of what it knows beside its keys. */
export function groupTables(
  kernel: Kernel,
  group: number,
  spec: GroupSpec,
  calls: KernelCalls,
  names: readonly string[],
  scalars: string,
  cold: ColdRows | null,
): GroupTables {
  const known = scalarsOf(kernel, group, scalars), { end } = spec;
  const below = end === null ? null : () => {
    const bound = endsBelow(known.value(WATERMARK));
    return bound === null ? null : bound - BigInt(spec.latenessMs);
  };
  const own = names.slice(spec.keys.length), details = detailsOf(kernel, group, spec, calls, own, below);
  const keys = valueColumns(spec.keys.map((key, i) => ({ name: names[i], type: spec.types[key], nullable: true })));
  const cells = [...rowCells(kernel, group, spec), ...callCells(kernel, group, spec, calls, own)];
  const rowBytes = ROW_BYTES + calls.calls.filter(({ op }) => op === OP.sketch).length * SKETCH_BYTES;
  const results = calls.calls.map(({ out: type }, i): Column => ({ name: own[i], type, nullable: true }));
  const table = new GroupTable(kernel, group, { keys, cells, results, end, below, details, rowBytes, cold });
  return { parts: [known, table], restored: () => table.restored(), close: () => table.close() };
}

function scalarsOf(kernel: Kernel, group: number, name: string): ScalarTable {
  return new ScalarTable(
    kernel,
    name,
    1,
    ["late", "unknown", "watermark", "begun", "numbers", "turns"],
    (to) => kernel.fn("group_scalars")(group, to),
    (from) => kernel.fn("group_put_scalars")(group, from) !== 0,
    ["sum", "sum", "max", "max", "max", "max"],
  );
}

/** What rows have beside their keys and the cells of calls. */
function rowCells(kernel: Kernel, group: number, { ttlMs, end }: GroupSpec): Cell[] {
  const mark = kernel.mark(), to = kernel.arena(8);
  kernel.fn("group_places")(group, to);
  const [numberAt, turnAt] = [0, 4].map((at) => kernel.data.getUint32(to + at, true));
  kernel.release(mark);
  const places: (readonly [string, number])[] = [["$rows", ALIVE_AT]];
  if (numberAt > 0) places.push(["$number", numberAt]);
  if (turnAt > 0) places.push(["$turn", turnAt]);
  if (ttlMs > 0 && end === null) places.push(["$touched", TOUCHED_AT]);
  return places.map(([name, at]) => ({ column: wordColumn(name), at, isText: false }));
}

function callCells(
  kernel: Kernel,
  group: number,
  { types }: GroupSpec,
  { calls }: KernelCalls,
  names: readonly string[],
): Cell[] {
  return calls.flatMap(({ op, arg }, i): Cell[] => {
    const at = kernel.fn("group_cell_at")(group, i);
    if (keepsText(op)) return [{ column: { name: names[i], type: types[arg], nullable: true }, at, isText: true }];
    return cellNames(op).map(([part, type], k) => {
      return { column: { name: `${names[i]}.${part}`, type, nullable: false }, at: at + k * 8, isText: false };
    });
  });
}

/** The tables of what rows hold beside their cells. */
function detailsOf(
  kernel: Kernel,
  group: number,
  { types }: GroupSpec,
  { calls, sets }: KernelCalls,
  names: readonly string[],
  below: (() => bigint | null) | null,
): DetailTable[] {
  const of = (name: string, type: DataType): Column => ({ name, type, nullable: false });
  const entries = sets.map(({ column }, which) => {
    const counting = calls.flatMap(({ set }, i) => set === which + 1 ? [i] : []);
    const counters = counting.toSorted((a, b) => calls[a].counter - calls[b].counter).map((i) => `${names[i]}.count`);
    const table = `${names[counting[0]]}.values`, value = of("value", types[column]);
    return new DetailTable(kernel, group, { table, kind: DETAIL.entries, which, value, counters, below });
  });
  const others = calls.flatMap(({ op, arg }, which): DetailTable[] => {
    if (op !== OP.list && op !== OP.sketch) return [];
    const spec = op === OP.list
      ? { table: `${names[which]}.list`, kind: DETAIL.nodes, value: of("value", types[arg]) }
      : { table: `${names[which]}.pages`, kind: DETAIL.pages, value: of("bytes", BYTES) };
    return [new DetailTable(kernel, group, { ...spec, which, counters: [], below })];
  });
  return [...entries, ...others];
}
