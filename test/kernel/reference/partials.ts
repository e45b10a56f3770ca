import type { Value } from "../../../src/core/value.ts";
import type { AggregateSpec } from "../../../src/kernel/aggregate.ts";
import { keyText, type LogRow } from "./aggregate.ts";

/** A row of a chunk. Rows that are filtered out have a part in the running times only. */
export interface PartialRow extends LogRow {
  readonly selected: boolean;
}

/** What a row's watermark is told by: the greatest time before it in the chunk, its own time, or nothing. */
export type RunningKind = "before" | "own" | "none";

const TIME_MS_MAX = 8_640_000_000_000_000n;
const EPOCH_NONE = -(2n ** 63n);

const gcd = (a: bigint, b: bigint): bigint => b === 0n ? a : gcd(b, a % b);
const floorDiv = (a: bigint, b: bigint) => a / b - (a % b < 0n ? 1n : 0n);

/** Keys, slice start, epoch, rows and states of counts and sums of int64, by (epoch, slice, first occurrence). */
export function partialsReference(
  spec: AggregateSpec,
  rows: readonly PartialRow[],
  delayMs: number,
  kind: RunningKind,
): Value[][] {
  const width = gcd(BigInt(spec.sizeMs), BigInt(spec.slideMs)), offset = BigInt(spec.offsetMs);
  const sliceOf = (time: bigint) => floorDiv(time - offset, width);
  const groups = new Map<string, { slice: bigint; epoch: bigint; rows: PartialRow[] }>();
  let greatest: bigint | null = null;
  for (const row of rows) {
    const { time } = row;
    if (time === null || time > TIME_MS_MAX || time < -TIME_MS_MAX) continue;
    const running = kind === "own" ? time : kind === "none" ? null : greatest;
    if (greatest === null || time > greatest) greatest = time;
    if (!row.selected) continue;
    const slice = sliceOf(time), epoch = running === null ? EPOCH_NONE : sliceOf(running - BigInt(delayMs) + 1n);
    const name = `${slice} ${epoch} ${keyText(row.keys)}`, group = groups.get(name);
    if (group) group.rows.push(row);
    else groups.set(name, { slice, epoch, rows: [row] });
  }
  const compare = (a: bigint, b: bigint) => a < b ? -1 : a > b ? 1 : 0;
  return [...groups.values()]
    .sort((a, b) => compare(a.epoch, b.epoch) || compare(a.slice, b.slice))
    .map(({ slice, epoch, rows }) => [
      ...rows[0].keys,
      slice * width + offset,
      epoch,
      BigInt(rows.length),
      ...spec.aggregates.flatMap((_, i) => stateOf(spec, i, rows)),
    ]);
}

function stateOf({ aggregates }: AggregateSpec, i: number, rows: readonly PartialRow[]): Value[] {
  const { fn, type } = aggregates[i];
  if (type === null) return [BigInt(rows.length)];
  const values = rows.map(({ args }) => args[i]).filter((value) => value !== null) as bigint[];
  if (fn === "count") return [BigInt(values.length)];
  const sum = values.reduce((all, value) => all + value, 0n), low = BigInt.asIntN(64, sum);
  return [values.length === 0 ? null : low, (sum - low) >> 64n];
}
