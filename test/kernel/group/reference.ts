import { withPoint } from "../../../src/core/cell_text.ts";
import { type DataType, INT64, isDecimal } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import type { GroupSpec } from "../../../src/kernel/group.ts";

/** A row of a changelog: its kind as ROW_KINDS numbers it, and its values. */
export interface Change {
  readonly kind: number;
  readonly values: readonly Value[];
}

const INSERT = 0, BEFORE = 1, AFTER = 2, DELETE = 3;

/** A text by which values are the same: −0 is 0, and NULL is NULL. */
export function textOf(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "number") return `double ${Object.is(value, -0) ? 0 : value}`;
  return `${typeof value} ${value}`;
}

function compare(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    if (a === 0 && b === 0) return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
  }
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

function jsonOf(value: Value, type: DataType): string {
  if (isDecimal(type)) return withPoint(String(value), type.scale ?? 0);
  return typeof value === "bigint" ? String(value) : JSON.stringify(Object.is(value, -0) ? 0 : value);
}

/** Whether a sum is a value of its type. */
function isSum(type: DataType, sum: bigint): boolean {
  return isDecimal(type) ? sum < 10n ** 38n && sum > -(10n ** 38n) : sum === BigInt.asIntN(64, sum);
}

/** Different values in their order, each with how often it is there. */
function counted(values: readonly Value[]): [Value, number][] {
  const counts = new Map<string, [Value, number]>();
  for (const value of values) {
    const known = counts.get(textOf(value));
    if (known) known[1]++;
    else counts.set(textOf(value), [value, 1]);
  }
  return [...counts.values()].sort(([a], [b]) => compare(a, b));
}

function listed(values: readonly [Value, number][], type: DataType): string {
  return `[${values.map(([value, count]) => `{"value":${jsonOf(value, type)},"count":${count}}`).join(",")}]`;
}

/** What the different values come to; undefined for other aggregates. */
function ofValues(fn: string, parameter: number, values: readonly Value[], type: DataType): Value | undefined {
  const scale = type.scale ?? 0;
  const all = counted(values), often = all.toSorted(([, a], [, b]) => b - a);
  const sorted = all.flatMap(([value, count]) => Array.from({ length: count }, () => value));
  switch (fn) {
    case "percentile_cont": {
      const place = parameter * (sorted.length - 1), low = Math.floor(place), part = place - low;
      const [a, b] = [low, Math.min(low + 1, sorted.length - 1)].map((i) => Number(sorted[i]) / 10 ** scale);
      return part === 0 || a === b ? a : a + (b - a) * part;
    }
    case "percentile_disc":
      return sorted[Math.max(Math.ceil(parameter * sorted.length), 1) - 1];
    case "mode":
      return often[0][0];
    case "histogram":
      return listed(all, type);
    case "top_k":
      return listed(often.slice(0, parameter), type);
  }
}

/** The result of one call over the values that count for it, in the order in which they came. */
function resultOf({ fn, params }: GroupSpec["calls"][number], values: readonly Value[], type: DataType): Value {
  const scale = type.scale ?? 0;
  if (fn === "count") return BigInt(values.length);
  if (values.length === 0) return null;
  const sum = () => {
    if (typeof values[0] === "number") return (values as number[]).reduce((total, value) => total + value, 0);
    return (values as bigint[]).reduce((total, value) => total + value, 0n);
  };
  switch (fn) {
    case "sum": {
      const total = sum();
      return typeof total === "bigint" && !isSum(type, total) ? null : total;
    }
    case "avg":
      return Number(sum()) / (values.length * 10 ** scale);
    case "min":
      return values.reduce((least, value) => compare(value, least) < 0 ? value : least);
    case "max":
      return values.reduce((most, value) => compare(value, most) > 0 ? value : most);
    case "first":
      return values[0];
    case "last":
      return values[values.length - 1];
    case "bool_and":
      return values.every((value) => value === true);
    case "bool_or":
      return values.includes(true);
    case "array_agg":
      return `[${values.map((value) => jsonOf(value, type)).join(",")}]`;
    case "string_agg":
      return values.join(String(params[0] ?? ","));
  }
  const made = ofValues(fn, Number(params[0] ?? 0), values, type);
  if (made !== undefined) return made;
  const factor = 10 ** scale, mean = Number(sum()) / values.length / factor, sample = fn.endsWith("samp") ? 1 : 0;
  if (values.length <= sample) return null;
  const squares = values.reduce((total: number, value) => total + (Number(value) / factor - mean) ** 2, 0);
  const variance = squares / (values.length - sample);
  return fn.startsWith("stddev") ? Math.sqrt(variance) : variance;
}

/** What counts for one call. A value that is taken back is the first of its equals; of distinct ones all have to go. */
class Values {
  readonly list: Value[] = [];
  readonly #times = new Map<string, number>();

  constructor(readonly distinct: boolean) {}

  add(value: Value): void {
    const text = textOf(value), times = this.#times.get(text) ?? 0;
    this.#times.set(text, times + 1);
    if (!this.distinct || times === 0) this.list.push(value);
  }

  remove(value: Value): void {
    const text = textOf(value), times = this.#times.get(text) ?? 0;
    if (times === 0) return;
    this.#times.set(text, times - 1);
    if (!this.distinct || times === 1) this.list.splice(this.list.findIndex((one) => textOf(one) === text), 1);
  }
}

interface Group {
  readonly key: readonly Value[];
  rows: number;
  readonly values: readonly Values[];
}

/** Groups as plain lists of values: every result is computed anew from all of them. */
export class ReferenceGroups {
  readonly groups = new Map<string, Group>();

  constructor(readonly spec: GroupSpec) {}

  results({ key, values }: Group): Value[] {
    const calls = this.spec.calls.map((call, i) => {
      const type = call.args.length === 0 ? INT64 : this.spec.types[call.args[0]];
      return resultOf(call, values[i].list, type);
    });
    return [...key, ...calls];
  }

  /** What a row changes, with the row before an update where the specification asks for it. */
  push({ kind, values }: Change): Change[] {
    const key = this.spec.keys.map((column) => values[column]), text = key.map(textOf).join("|");
    const made = () => ({ key, rows: 0, values: this.spec.calls.map(({ distinct }) => new Values(distinct)) });
    const group = this.groups.get(text) ?? made(), before = group.rows > 0 ? this.results(group) : null;
    this.groups.set(text, group);
    const comes = kind === INSERT || kind === AFTER;
    if (comes || group.rows > 0) {
      group.rows += comes ? 1 : -1;
      this.spec.calls.forEach(({ args, filter }, i) => {
        const value = args.length === 0 ? true : values[args[0]];
        if (value === null || (filter >= 0 && values[filter] !== true)) return;
        if (comes) group.values[i].add(value);
        else group.values[i].remove(value);
      });
    }
    if (group.rows === 0) {
      this.groups.delete(text);
      return before ? [{ kind: DELETE, values: before }] : [];
    }
    const after = this.results(group);
    if (!before) return [{ kind: INSERT, values: after }];
    if (before.map(textOf).join("|") === after.map(textOf).join("|")) return [];
    const update = { kind: AFTER, values: after };
    return this.spec.upsert ? [update] : [{ kind: BEFORE, values: before }, update];
  }
}
