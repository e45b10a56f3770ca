// Splitting a batch's selected rows over tasks. Who owns a row is written as one byte a row; then one pass counts
// and one scatters, so that each task gets its rows as a selection, ascending as they were.
import { COLUMN_DATA, COLUMN_VALIDITY } from "../layout";

/** Tasks at most: an owner is one of as many as there are key groups. */
const TASKS_MAX: usize = 128;
/** Up to here a pass over the rows for each task is faster than counting and scattering. */
const FEW_TASKS: u32 = 3;
// Where the next row of each task goes
const NEXT: usize = memory.data(512, 16);

/** Key groups → owners, in place: task `group * tasks >> 7`, so that each task owns a range of groups. */
export function partition_owners(groups: usize, count: u32, tasks: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u8>(groups + i, (<u32>load<u8>(groups + i) * tasks) >> 7);
}

/** Owners by turns: row r of the batch goes to task (first + r) mod tasks, whichever rows are selected. */
export function partition_round_robin(selection: usize, selected: u32, first: u32, tasks: u32, owners: usize): void {
  const start = first % tasks;
  for (let i: u32 = 0; i < selected; i++) {
    const row = selection ? load<u32>(selection + (i << 2)) : i;
    store<u8>(owners + i, (start + row) % tasks);
  }
}

/** The remainder of a division that rounds down: 0 to n − 1 for negative values too. */
@inline function floorMod(value: i64, n: u32): u32 {
  if (<u64>value <= <u64>u32.MAX_VALUE) return <u32>value % n; // a 32-bit division takes a third of the time
  const rest = value % <i64>n;
  return <u32>(rest < 0 ? rest + n : rest);
}

/** Owners by an int64 column: value mod tasks, rounded down; NULL belongs to task 0. */
export function partition_by_value(column: usize, selection: usize, selected: u32, tasks: u32, owners: usize): void {
  const data = <usize>load<u32>(column, COLUMN_DATA), validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  for (let i: u32 = 0; i < selected; i++) {
    const row = selection ? load<u32>(selection + (i << 2)) : i;
    const there = !validity || ((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1) != 0;
    store<u8>(owners + i, there ? floorMod(load<i64>(data + (<usize>row << 3)), tasks) : 0);
  }
}

/** Appends the rows of one task at `out`, without a branch, and returns the end. Overwrites 4 bytes behind it. */
function compact(owners: usize, selection: usize, selected: u32, task: u32, out: usize): usize {
  if (selection) {
    for (let i: u32 = 0; i < selected; i++) {
      store<u32>(out, load<u32>(selection + (<usize>i << 2)));
      out += <usize>(<u32>load<u8>(owners + i) == task) << 2;
    }
  } else {
    for (let i: u32 = 0; i < selected; i++) {
      store<u32>(out, i);
      out += <usize>(<u32>load<u8>(owners + i) == task) << 2;
    }
  }
  return out;
}

/** For a few tasks: a pass for each is cheaper than counters, which wait for each other. */
function selectFew(owners: usize, selection: usize, selected: u32, tasks: u32, out: usize, bounds: usize): void {
  let end = out;
  store<u32>(bounds, 0);
  for (let task: u32 = 0; task < tasks; task++) {
    end = compact(owners, selection, selected, task, end);
    store<u32>(bounds + (task << 2), <u32>(end - out) >> 2, 4);
  }
}

/**
 * Splits the selected rows by their owners: row numbers go to `out` (`selected` i32), task by task; `bounds` gets
 * `tasks + 1` u32, where the rows of task t are out[bounds[t]] to out[bounds[t + 1]]. At most 128 tasks.
 * 4 bytes behind `out` may be overwritten.
 */
export function partition_select(
  owners: usize, selection: usize, selected: u32, tasks: u32, out: usize, bounds: usize,
): void {
  if (tasks <= FEW_TASKS) {
    selectFew(owners, selection, selected, tasks, out, bounds);
    return;
  }
  memory.fill(NEXT, 0, TASKS_MAX << 2);
  for (let i: u32 = 0; i < selected; i++) {
    const next = NEXT + (<usize>load<u8>(owners + i) << 2);
    store<u32>(next, load<u32>(next) + 1);
  }
  let sum: u32 = 0;
  for (let task: u32 = 0; task < tasks; task++) {
    const next = NEXT + (task << 2);
    const count = load<u32>(next);
    store<u32>(bounds + (task << 2), sum);
    store<u32>(next, sum);
    sum += count;
  }
  store<u32>(bounds + (tasks << 2), sum);
  for (let i: u32 = 0; i < selected; i++) {
    const next = NEXT + (<usize>load<u8>(owners + i) << 2);
    const at = load<u32>(next);
    store<u32>(next, at + 1);
    store<u32>(out + (at << 2), selection ? load<u32>(selection + (i << 2)) : i);
  }
}
