import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { groupOf } from "../kernel/reference/groups.ts";

/** An aggregation as plain as can be. Times and lengths are milliseconds. */
export interface WindowSpec {
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
  readonly delayMs: number;
  readonly keyTypes: readonly DataType[];
  readonly calls: readonly Call[];
}

export type Call = "count" | "sum" | "min" | "max" | "avg" | "first" | "last";

/** A row in front of the aggregation. */
export interface KeyedRow {
  readonly time: number;
  readonly keys: readonly Value[];
  /** One for each call; `true` for a call that takes none. */
  readonly args: readonly Value[];
  /** It passed what stands in front; a row that did not still moves the watermark. */
  readonly passed: boolean;
}

/** What one window knows of one key. */
interface Group {
  readonly end: number;
  readonly keys: readonly Value[];
  readonly group: number;
  /** The first slice in which the key occurs in this window, and its place there. */
  slice: number;
  place: number;
  readonly args: Value[][];
}

const gcd = (a: number, b: number): number => b === 0 ? a : gcd(b, a % b);
const nameOf = (keys: readonly Value[]) => keys.map((key) => `${typeof key} ${key}`).join("|");

/**
 * Rows one after the other: each meets the watermark that all rows before it have made. Results in canonical order: window end,
 * key group, first occurrence (slice by slice).
 */
export function windowsReference(spec: WindowSpec, rows: readonly KeyedRow[]): { rows: Value[][]; late: number } {
  const { sizeMs, slideMs, offsetMs } = spec, slices = gcd(sizeMs, slideMs);
  const groups = new Map<string, Group>(), places = new Map<string, number>();
  let late = 0, greatest = -Infinity;
  rows.forEach(({ time, keys, args, passed }, at) => {
    const watermark = greatest - spec.delayMs;
    greatest = Math.max(greatest, time);
    if (!passed) return;
    const last = time - ((((time - offsetMs) % slideMs) + slideMs) % slideMs);
    if (last + sizeMs - 1 <= watermark) {
      late++;
      return;
    }
    const slice = Math.floor((time - offsetMs) / slices), here = `${slice} ${nameOf(keys)}`;
    if (!places.has(here)) places.set(here, at);
    for (let start = last; start > time - sizeMs; start -= slideMs) {
      const end = start + sizeMs;
      if (end - 1 <= watermark) break;
      const id = `${end} ${nameOf(keys)}`, place = places.get(here)!;
      const group = groups.get(id) ?? { end, keys, group: groupNumber(spec, keys), slice, place, args: [] };
      groups.set(id, group);
      if (slice < group.slice) Object.assign(group, { slice, place });
      group.args.push([...args]);
    }
  });
  const found = [...groups.values()];
  found.sort((a, b) => a.end - b.end || a.group - b.group || a.slice - b.slice || a.place - b.place);
  return { late, rows: found.map((group) => resultRow(spec, group)) };
}

function groupNumber({ keyTypes }: WindowSpec, keys: readonly Value[]): number {
  return keyTypes.length === 0 ? 0 : groupOf(keyTypes, keys);
}

function resultRow({ sizeMs, calls }: WindowSpec, { end, keys, args }: Group): Value[] {
  const results = calls.map((call, i) => resultOf(call, args.map((row) => row[i])));
  return [BigInt(end - sizeMs), BigInt(end), ...keys, ...results];
}

/** Sums of doubles have to be exact in any order: these tests add small multiples of a quarter. */
function resultOf(call: Call, all: readonly Value[]): Value {
  const values = all.filter((value) => value !== null);
  if (call === "count") return BigInt(values.length);
  if (values.length === 0) return null;
  if (call === "first") return values[0];
  if (call === "last") return values[values.length - 1];
  if (call === "min") return values.reduce((least, value) => value < least ? value : least);
  if (call === "max") return values.reduce((most, value) => value > most ? value : most);
  const sum = values.reduce((total, value) =>
    typeof value === "bigint" ? (total as bigint) + value : (total as number) + (value as number)
  );
  return call === "sum" ? sum : Number(sum) / values.length;
}
