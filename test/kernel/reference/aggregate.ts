import type { DataType } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import type { AggregateCall, AggregateSpec } from "../../../src/kernel/aggregate.ts";
import { groupOf } from "./groups.ts";

/** A row of the log; `args` has a value for each aggregate (anything for count(*)). */
export interface LogRow {
  readonly time: bigint | null;
  readonly keys: readonly Value[];
  readonly args: readonly Value[];
}

/** A row that a window hands out. */
export interface ResultRow {
  readonly start: number;
  readonly end: number;
  readonly group: number;
  readonly values: readonly Value[];
}

export interface ReferenceResult {
  readonly rows: ResultRow[];
  /** Positions in the log of late rows, and of rows without a usable time. */
  readonly late: number[];
  readonly nullTime: number[];
}

/** The values of one key in one slice, as one window sees them, in log order. */
interface Member {
  readonly keys: readonly Value[];
  readonly slice: number;
  readonly first: number;
  readonly rows: { at: number; args: readonly Value[] }[];
}

const TIME_MS_MAX = 8_640_000_000_000_000n;
const gcd = (a: number, b: number): number => b === 0 ? a : gcd(b, a % b);

export function keyText(keys: readonly Value[]): string {
  return JSON.stringify(keys.map((key) => {
    if (typeof key === "bigint") return `i${key}`;
    if (typeof key === "number") return Number.isNaN(key) ? "nan" : `d${key === 0 ? 0 : key}`;
    return key instanceof Uint8Array ? `b${[...key]}` : key;
  }));
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Order of two values of one type that are not NULL; doubles with −0 below 0 and NaN above all. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === "string") return compareBytes(new TextEncoder().encode(a), new TextEncoder().encode(b as string));
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array);
  if (typeof a === "number") {
    const x = a, y = b as number;
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    if (x === 0 && y === 0) return Number(Object.is(y, -0)) - Number(Object.is(x, -0));
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

/** Where a window is divided for sums of doubles: the first boundary of its key group behind its first slice. */
function boundaryOf({ sizeMs, slideMs, offsetMs }: AggregateSpec, start: number, group: number): number {
  const width = gcd(sizeMs, slideMs), slices = sizeMs / width, phase = Math.floor(group * slices / 128);
  return (Math.floor(((start - offsetMs) / width - phase) / slices) + 1) * slices + phase;
}

/**
 * Values by slice, ascending: doubles are added inside each slice first, then slice to slice away from the boundary on either
 * side, then the two sides.
 */
function sumDoubles(slices: readonly { slice: number; values: readonly number[] }[], boundary: number): number {
  const sums = slices.map(({ slice, values }) => ({ slice, sum: values.reduce((sum, x) => sum + x, 0) }));
  const before = sums.filter(({ slice }) => slice < boundary).map(({ sum }) => sum);
  const after = sums.filter(({ slice }) => slice >= boundary).map(({ sum }) => sum);
  const sides = [before.reverse(), after].filter((side) => side.length > 0);
  return sides.map((side) => side.reduce((sum, x) => sum + x)).reduce((sum, x) => sum + x);
}

function fitSum(type: DataType, sum: bigint): Value {
  const bound = type.kind === "decimal" ? 10n ** 38n : 2n ** 63n;
  const fits = type.kind === "decimal" ? sum < bound && sum > -bound : sum < bound && sum >= -bound;
  return fits ? sum : null;
}

function resultOf({ fn, type }: AggregateCall, index: number, members: readonly Member[], boundary: number): Value {
  if (type === null) return members.reduce((count, { rows }) => count + BigInt(rows.length), 0n);
  const slices = members.map(({ slice, rows }) => ({ slice, rows: rows.filter(({ args }) => args[index] !== null) }))
    .filter(({ rows }) => rows.length > 0);
  const rows = slices.flatMap(({ rows }) => rows), values = rows.map(({ args }) => args[index]);
  if (fn === "count") return BigInt(values.length);
  if (values.length === 0) return null;
  const byLog = rows.toSorted((a, b) => a.at - b.at).map(({ args }) => args[index]);
  switch (fn) {
    case "first":
      return byLog[0];
    case "last":
      return byLog.at(-1)!;
    case "min":
      return values.reduce((least, value) => compareValues(value, least) < 0 ? value : least);
    case "max":
      return values.reduce((most, value) => compareValues(value, most) > 0 ? value : most);
  }
  if (type.kind === "double") {
    const bySlice = slices.map(({ slice, rows }) => ({ slice, values: rows.map(({ args }) => args[index] as number) }));
    const sum = sumDoubles(bySlice, boundary);
    return fn === "sum" ? sum : sum / values.length;
  }
  const sum = values.reduce((all: bigint, value) => all + (value as bigint), 0n);
  if (fn === "sum") return fitSum(type, sum);
  return Number(sum) / (values.length * 10 ** (type.scale ?? 0));
}

/**
 * Row by row: each row meets the watermark that the rows before it have made, and goes into every window of its time that has
 * not fired by then. `delayMs` behind the greatest time so far is the watermark; `others` bounds it.
 */
export function aggregateReference(
  spec: AggregateSpec,
  log: readonly LogRow[],
  delayMs: number,
  others = Infinity,
): ReferenceResult {
  const { sizeMs, slideMs, offsetMs } = spec, width = gcd(sizeMs, slideMs);
  const windows = new Map<number, Map<string, Map<number, Member>>>();
  const late: number[] = [], nullTime: number[] = [], insertions = new Map<string, number>();
  let greatest = -Infinity;
  log.forEach(({ time, keys, args }, at) => {
    if (time === null || time > TIME_MS_MAX || time < -TIME_MS_MAX) {
      nullTime.push(at);
      return;
    }
    const t = Number(time), watermark = Math.min(others, greatest - delayMs);
    greatest = Math.max(greatest, t);
    const slice = Math.floor((t - offsetMs) / width), last = Math.floor((t - offsetMs) / slideMs) * slideMs + offsetMs;
    if (last + sizeMs - 1 <= watermark) {
      late.push(at);
      return;
    }
    const key = keyText(keys), inserted = `${slice} ${key}`;
    if (!insertions.has(inserted)) insertions.set(inserted, at);
    for (let start = last; start + sizeMs > t && start + sizeMs - 1 > watermark; start -= slideMs) {
      const window = windows.get(start) ?? new Map<string, Map<number, Member>>();
      windows.set(start, window);
      const members = window.get(key) ?? new Map<number, Member>();
      window.set(key, members);
      const member = members.get(slice) ?? { keys, slice, first: insertions.get(inserted)!, rows: [] };
      members.set(slice, member);
      member.rows.push({ at, args });
    }
  });
  const rows = [...windows].sort(([a], [b]) => a - b).flatMap(([start, window]) => windowRows(spec, start, window));
  return { rows, late, nullTime };
}

function windowRows(spec: AggregateSpec, start: number, window: Map<string, Map<number, Member>>): ResultRow[] {
  const found = [...window.values()].map((bySlice) => {
    const members = [...bySlice.values()].sort((a, b) => a.slice - b.slice), { keys, slice, first } = members[0];
    const group = spec.keys.length === 0 ? 0 : groupOf(spec.keys, keys);
    const boundary = boundaryOf(spec, start, group);
    const values = [...keys, ...spec.aggregates.map((call, i) => resultOf(call, i, members, boundary))];
    return { slice, first, row: { start, end: start + spec.sizeMs, group, values } };
  });
  found.sort((a, b) => a.row.group - b.row.group || a.slice - b.slice || a.first - b.first);
  return found.map(({ row }) => row);
}
