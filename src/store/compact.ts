import { RdxError } from "../core/errors.ts";
import { FrameView } from "../core/frame.ts";
import { gatherRows } from "../core/frame_gather.ts";
import { BATCH_ROWS_MAX, KEY_GROUPS } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { SavedStep, SavedTable } from "../store.ts";
import { GROUP_COLUMN, groupWords } from "./arrow_rows.ts";
import { KeySet } from "./key_set.ts";
import { sameColumns } from "./step_columns.ts";

/** A step of a chain of parts; its rows are read when they are needed. */
export type ChainStep =
  & { readonly node: string; readonly table: string }
  & (
    | { readonly kind: "clear" }
    | { readonly kind: "expire"; readonly below: bigint }
    | {
      readonly kind: "upsert" | "delete";
      readonly columns: readonly Column[];
      readonly bytes: number;
      /** Its lowest and highest key group, where its key has one. */
      readonly groups: readonly [number, number] | null;
      /** It is of the oldest part, in which no key comes twice. */
      readonly unique: boolean;
      read(): Promise<readonly ArrayBuffer[]>;
    }
  );

type RowsStep = Extract<ChainStep, { readonly read: unknown }>;

/** Key groups from the first to below the last. */
type Range = readonly [number, number];

const ALL: Range = [-Infinity, Infinity];

/**
 * Hands out what the tables have after all steps, oldest first: each row once, key group by key group. About `bytesMax` bytes of rows are in memory at a time as
 * long as key groups are of a size: steps are read again for each range of them. Throws RdxError("conflict") when rows of a table are of other columns.
 */
export async function compactSteps(
  steps: readonly ChainStep[],
  tables: readonly SavedTable[],
  bytesMax: number,
  add: (step: SavedStep) => Promise<void>,
): Promise<void> {
  for (const table of tables) {
    const own = steps.filter((step) => step.node === table.node && step.table === table.name);
    const since = own.slice(own.findLastIndex(({ kind }) => kind === "clear") + 1);
    for (const step of since) checkColumns(step, table);
    for (const range of rangesOf(since, table, bytesMax)) await compactRange(since, table, range, add);
  }
}

function checkColumns(step: ChainStep, { node, name, columns, keys }: SavedTable): void {
  if (!("columns" in step)) return;
  const expected = step.kind === "upsert" ? columns : columns.slice(0, keys);
  if (sameColumns(step.columns, expected)) return;
  throw new RdxError("conflict", `Rows of table ${name} of ${node} have had other columns before`);
}

function hasGroups({ keys, columns }: SavedTable): boolean {
  return keys > 0 && columns[0].name === GROUP_COLUMN;
}

/** Ranges of key groups, each with about as many bytes as there may be. */
function rangesOf(steps: readonly ChainStep[], table: SavedTable, bytesMax: number): Range[] {
  const bytes = steps.reduce((sum, step) => sum + ("bytes" in step ? step.bytes : 0), 0);
  const count = Math.min(KEY_GROUPS, Math.max(1, Math.ceil(bytes / bytesMax)));
  if (count === 1 || !hasGroups(table)) return [ALL];
  const start = (i: number) => Math.round(i * KEY_GROUPS / count);
  return Array.from({ length: count }, (_, i): Range => [start(i), start(i + 1)]);
}

/** Rows of a frame that are the last of their keys. */
interface Kept {
  readonly view: FrameView;
  readonly rows: Int32Array;
}

/**
 * Goes back from the newest step: a row stays when nothing newer was said of its key, and no range that went later had it. So only keys of what lies on a base
 * without doubles are in memory, and not its own.
 */
async function compactRange(
  steps: readonly ChainStep[],
  table: SavedTable,
  range: Range,
  add: (step: SavedStep) => Promise<void>,
): Promise<void> {
  const seen = new KeySet(), kept: Kept[] = [];
  let below: bigint | null = null;
  for (const step of steps.toReversed()) {
    if (step.kind === "clear") continue;
    if (step.kind === "expire") below = below === null || step.below > below ? step.below : below;
    else if (meets(step, range)) {
      for (const frame of (await step.read()).toReversed()) {
        const view = new FrameView(frame), rows = newRows(view, step, table, range, seen, below);
        if (rows.length > 0) kept.push(narrowed(view, rows));
      }
    }
  }
  await handOut(kept.reverse(), table, add);
}

function meets({ groups }: RowsStep, [first, end]: Range): boolean {
  return groups === null || (groups[0] < end && groups[1] >= first);
}

/** Rows that stay, from the last to the first of the frame turned around. */
function newRows(
  view: FrameView,
  step: RowsStep,
  { keys, expiry, ...table }: SavedTable,
  [first, end]: Range,
  seen: KeySet,
  below: bigint | null,
): Int32Array {
  const groups = hasGroups({ keys, expiry, ...table }) ? groupWords(view) : null, rows: number[] = [];
  seen.from(view, keys);
  for (let row = view.rows - 1; row >= 0; row--) {
    if (groups !== null && (groups[row * 2] < first || groups[row * 2] >= end)) continue;
    const isNew = step.unique ? !seen.has(row) : seen.add(row);
    if (!isNew || step.kind === "delete") continue;
    if (below !== null && expiry >= 0 && !view.isNull(expiry, row) && view.int64(expiry, row) < below) continue;
    rows.push(row);
  }
  return Int32Array.from(rows.reverse());
}

/** Of a frame of which little stays, no more than that is kept in memory. */
function narrowed(view: FrameView, rows: Int32Array): Kept {
  if (rows.length * 2 > view.rows) return { view, rows };
  const own = new FrameView(gatherRows([view], { frames: new Int32Array(rows.length), rows }, 0, rows.length));
  return { view: own, rows: Int32Array.from(rows, (_, i) => i) };
}

/** Hands rows out by key group, in batches. */
async function handOut(
  kept: readonly Kept[],
  table: SavedTable,
  add: (step: SavedStep) => Promise<void>,
): Promise<void> {
  const total = kept.reduce((sum, { rows }) => sum + rows.length, 0);
  const starts = new Int32Array(KEY_GROUPS + 1), grouped = hasGroups(table);
  const groupsOf = kept.map(({ view, rows }) => {
    const words = grouped ? groupWords(view) : null;
    return Int32Array.from(rows, (row) => words === null ? 0 : words[row * 2]);
  });
  for (const groups of groupsOf) {
    for (const group of groups) {
      if (group < 0 || group >= KEY_GROUPS) throw new RdxError("conflict", `There is no key group ${group}`);
      starts[group + 1]++;
    }
  }
  for (let group = 0; group < KEY_GROUPS; group++) starts[group + 1] += starts[group];
  const picks = { frames: new Int32Array(total), rows: new Int32Array(total) };
  kept.forEach(({ rows }, frame) =>
    rows.forEach((row, i) => {
      const at = starts[groupsOf[frame][i]]++;
      picks.frames[at] = frame;
      picks.rows[at] = row;
    })
  );
  const views = kept.map(({ view }) => view), { node, name, columns } = table;
  for (let from = 0; from < total; from += BATCH_ROWS_MAX) {
    const to = Math.min(total, from + BATCH_ROWS_MAX), frame = gatherRows(views, picks, from, to);
    await add({ kind: "upsert", node, table: name, columns, frame, rows: to - from });
  }
}
