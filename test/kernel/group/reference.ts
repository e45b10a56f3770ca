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

function jsonOf(value: Value): string {
  // Control characters are written by their numbers
  const text = typeof value === "bigint" ? String(value) : JSON.stringify(Object.is(value, -0) ? 0 : value);
  return text.replaceAll("\\n", "\\u000a");
}

const LIMIT = 2n ** 63n;

/** The result of one call over all values that are there, in the order in which they came. */
function resultOf(
  { fn, params, distinct }: GroupSpec["calls"][number],
  all: readonly Value[],
  rows: number,
  scale: number,
): Value {
  let values = all.filter((value) => value !== null);
  if (distinct) values = [...new Map(values.map((value) => [textOf(value), value] as const)).values()];
  if (fn === "count") return BigInt(rows >= 0 ? rows : values.length);
  if (values.length === 0) return null;
  const sum = () => {
    if (typeof values[0] === "number") return (values as number[]).reduce((total, value) => total + value, 0);
    return (values as bigint[]).reduce((total, value) => total + value, 0n);
  };
  switch (fn) {
    case "sum": {
      const total = sum();
      return typeof total === "bigint" && (total >= LIMIT || total < -LIMIT) ? null : total;
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
      return `[${values.map(jsonOf).join(",")}]`;
    case "string_agg":
      return values.join(String(params[0] ?? ","));
  }
  const factor = 10 ** scale, mean = Number(sum()) / values.length / factor, sample = fn.endsWith("samp") ? 1 : 0;
  if (values.length <= sample) return null;
  const squares = values.reduce((total: number, value) => total + (Number(value) / factor - mean) ** 2, 0);
  const variance = squares / (values.length - sample);
  return fn.startsWith("stddev") ? Math.sqrt(variance) : variance;
}

interface Group {
  readonly key: readonly Value[];
  rows: (readonly Value[])[];
}

/** Groups as plain lists of rows: every result is computed anew from all of them. */
export class ReferenceGroups {
  readonly groups = new Map<string, Group>();

  constructor(readonly spec: GroupSpec) {}

  results({ key, rows }: Group): Value[] {
    const calls = this.spec.calls.map((call) => {
      const kept = rows.filter((row) => call.filter < 0 || row[call.filter] === true);
      const star = call.args.length === 0;
      const scale = star ? 0 : this.spec.types[call.args[0]].scale ?? 0;
      return resultOf(call, kept.map((row) => star ? null : row[call.args[0]]), star ? kept.length : -1, scale);
    });
    return [...key, ...calls];
  }

  /** What a row changes, with the row before an update where the specification asks for it. */
  push({ kind, values }: Change): Change[] {
    const key = this.spec.keys.map((column) => values[column]), text = key.map(textOf).join("|");
    const group = this.groups.get(text) ?? { key, rows: [] };
    const before = group.rows.length > 0 ? this.results(group) : null;
    if (kind === INSERT || kind === AFTER) group.rows.push(values);
    else {
      const wanted = values.map(textOf).join("|");
      const at = group.rows.findIndex((row) => row.map(textOf).join("|") === wanted);
      if (at >= 0) group.rows.splice(at, 1);
    }
    this.groups.set(text, group);
    if (group.rows.length === 0) {
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
