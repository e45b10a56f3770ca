import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import type { OperatorState, StateChange, StateTable } from "../../src/core/state.ts";
import { FrameReader, FrameWriter, NO_INFO } from "../../src/kernel/frame.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { textOf } from "../runtime/rows.ts";

/** A step of a drain, outside of a kernel. */
export interface TableStep {
  readonly kind: StateChange["kind"];
  readonly table: string;
  readonly frame: ArrayBuffer | null;
  readonly below: bigint;
}

/** What has changed since the last drain. */
export function drainSteps(
  kernel: Kernel,
  state: OperatorState,
  whole: boolean,
  rowsMax = BATCH_ROWS_MAX,
  ahead = false,
): TableStep[] {
  state.cut(whole, ahead);
  return takeSteps(kernel, state, rowsMax, Infinity);
}

/** The steps of the drain at hand, until so many upserts have come. */
export function takeSteps(kernel: Kernel, state: OperatorState, rowsMax: number, upsertsMax: number): TableStep[] {
  const steps: TableStep[] = [], writer = new FrameWriter(kernel);
  for (let change, upserts = 0; upserts < upsertsMax && (change = state.drain(rowsMax)) !== null; kernel.reset()) {
    if (change.kind === "upsert") upserts++;
    const frame = "rows" in change ? writer.write(change.rows, NO_INFO) : null, { kind, table } = change;
    steps.push({ kind, table, frame, below: kind === "expire" ? change.below : 0n });
  }
  kernel.reset();
  return steps;
}

/** Takes in what drains gave; of rows of keys those whose key group is among `groups`. */
export function restoreSteps(
  kernel: Kernel,
  state: OperatorState,
  steps: readonly TableStep[],
  groups: (group: number) => boolean = () => true,
): void {
  const reader = new FrameReader(kernel);
  // As a task has it
  kernel.neighbours.restoring = true;
  for (const { kind, table, frame, below } of steps) {
    const change: StateChange = kind === "clear"
      ? { kind, table }
      : kind === "expire"
      ? { kind, table, below }
      : { kind, table, rows: reader.read(frame!) };
    const keys = state.tables.find(({ name }) => name === table)?.keys ?? 0;
    if ("rows" in change && keys > 0) {
      const { rows } = change, own = rowsOf(frame!, groups);
      if (own.length < rows.rows) {
        const picked = pick(kernel, frame!, own);
        if (picked) state.restore({ ...change, rows: reader.read(picked) });
        kernel.reset();
        continue;
      }
    }
    state.restore(change);
    kernel.reset();
  }
  state.restored();
  kernel.neighbours.restoring = false;
  kernel.reset();
}

function rowsOf(frame: ArrayBuffer, groups: (group: number) => boolean): number[] {
  const view = new FrameView(frame);
  return Array.from({ length: view.rows }, (_, row) => row).filter((row) => groups(Number(view.int64(0, row))));
}

/** A frame of some rows of a frame; null: of none. */
function pick(kernel: Kernel, frame: ArrayBuffer, rows: readonly number[]): ArrayBuffer | null {
  if (rows.length === 0) return null;
  const batch = new FrameReader(kernel).read(frame), selection = kernel.arena(rows.length * 4);
  rows.forEach((row, i) => kernel.data.setUint32(selection + i * 4, row, true));
  return new FrameWriter(kernel).write({ ...batch, selection, selected: rows.length }, NO_INFO);
}

/** Bytes of the frames of steps. */
export function bytesOf(steps: readonly TableStep[]): number {
  return steps.reduce((sum, { frame }) => sum + (frame?.byteLength ?? 0), 0);
}

/** The rows of a whole drain as sorted text. */
export function stepsText(steps: readonly TableStep[]): string[] {
  return steps.flatMap(({ kind, table, frame }) => {
    if (kind !== "upsert") return [];
    const view = new FrameView(frame!), columns = view.types.map((_, column) => column);
    return Array.from(
      { length: view.rows },
      (_, row) => `${table} ${textOf(columns.map((column) => view.value(row, column)))}`,
    );
  }).sort();
}

/** Whole drains of the tasks of an operator as one: rows that are one a task become one, as their tables say. */
export function mergeSteps(tables: readonly StateTable[], drains: readonly (readonly TableStep[])[]): TableStep[] {
  const steps = drains.flat().filter(({ kind }, i) => kind !== "clear" || i < drains[0].length);
  const single = tables.filter(({ keys }) => keys === 0).flatMap((table) => {
    const rows = drains.flatMap((drain) => drain.filter((step) => step.table === table.name)).map(({ frame }) =>
      frame!
    );
    const values = rows.map((frame) => valuesOf(table, frame));
    const merged = table.columns.map((_, column) =>
      values.map((row) => row[column]).reduce((a, b) => table.merge?.[column] === "sum" ? a + b : a > b ? a : b)
    );
    return rows.length === 0 ? [] : [rowStep(table, merged)];
  });
  return [...steps.filter(({ table }) => tables.find(({ name }) => name === table)!.keys > 0), ...single];
}

/** The same for a task that is not the first: what is summed, the first has. */
export function withoutSums(tables: readonly StateTable[], steps: readonly TableStep[]): TableStep[] {
  return steps.map((step) => {
    const table = tables.find(({ name }) => name === step.table)!;
    if (table.keys > 0 || step.frame === null) return step;
    return rowStep(table, valuesOf(table, step.frame).map((value, i) => table.merge?.[i] === "sum" ? 0n : value));
  });
}

function valuesOf({ columns }: StateTable, frame: ArrayBuffer): bigint[] {
  const view = new FrameView(frame);
  return columns.map((_, column) => view.int64(column, 0));
}

function rowStep({ name, columns }: StateTable, values: readonly bigint[]): TableStep {
  const builder = new FrameBuilder(columns);
  builder.append(values);
  return { kind: "upsert", table: name, frame: builder.finish(), below: 0n };
}
