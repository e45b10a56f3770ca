import { RdxError } from "../core/errors.ts";
import { AGGREGATES_MAX, KEY_COLUMNS_MAX, KEY_GROUPS, OPEN_SLICES_MAX, WINDOWS_PER_ROW_MAX } from "../core/limits.ts";
import { type DataType, decimal, DECIMAL_DIGITS_MAX, DOUBLE, formatType, INT64, kindCode } from "../core/schema.ts";
import type { Kernel } from "./module.ts";

export type AggregateFunction = "count" | "sum" | "min" | "max" | "avg" | "first" | "last";

export interface AggregateCall {
  readonly fn: AggregateFunction;
  /** Type of the argument; null = count(*). */
  readonly type: DataType | null;
}

/** What an aggregation computes. Times and lengths are milliseconds. */
export interface AggregateSpec {
  /** Key columns, 0 (one row for each window) to KEY_COLUMNS_MAX. */
  readonly keys: readonly DataType[];
  /** 0 (distinct keys) to AGGREGATES_MAX. */
  readonly aggregates: readonly AggregateCall[];
  readonly sizeMs: number;
  /** Tumbling: the same as the size. At most the size. */
  readonly slideMs: number;
  /** Windows start at offset + k × slide. */
  readonly offsetMs: number;
  /** Key groups that the task owns, [from, to). Without keys everything is in group 0. */
  readonly groupFrom: number;
  readonly groupTo: number;
}

/** Functions as kernels number them, from 1. */
const FUNCTIONS: readonly AggregateFunction[] = ["count", "sum", "min", "max", "avg", "first", "last"];
/** Times and lengths that arithmetic is done with (asm/aggregate/window.ts). */
const TIME_MS_MAX = 8.64e15;

/** Type of a call's result; refuses calls that have none with RdxError("invalid_plan"). */
export function resultType(call: AggregateCall): DataType {
  const { fn, type } = call;
  if (fn === "count") return INT64;
  if (type === null) throw new RdxError("invalid_plan", `Cannot use ${fn}(*): only count takes no argument`);
  if (fn !== "sum" && fn !== "avg") return type;
  if (type.kind !== "int64" && type.kind !== "double" && type.kind !== "decimal") {
    throw new RdxError(
      "invalid_plan",
      `Cannot use ${fn} of ${formatType(type)}: it takes int64, double or decimals of up to 18 digits`,
    );
  }
  if (fn === "avg" || type.kind === "double") return DOUBLE;
  return type.kind === "decimal" ? decimal(DECIMAL_DIGITS_MAX, type.scale ?? 0) : INT64;
}

/** Types of the columns that the state of a call takes in partial aggregates and change listings. */
export function stateTypes(call: AggregateCall): DataType[] {
  const { fn, type } = call;
  const double = type?.kind === "double";
  if (fn === "count" || type === null) return [INT64];
  if (fn === "sum") return double ? [DOUBLE] : [INT64, INT64];
  if (fn === "avg") return double ? [DOUBLE, INT64] : [INT64, INT64, INT64];
  if (fn === "min" || fn === "max") return [type];
  return [type, INT64];
}

/** Positive, or at least `least`, whole milliseconds that windows can be computed with. */
function checkMs(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= TIME_MS_MAX) return;
  throw new RdxError("invalid_plan", `Cannot use ${name} ${value}: expected whole milliseconds, at least ${least}`);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Refuses what no aggregation can be made of with RdxError("invalid_plan"). */
export function checkSpec(spec: AggregateSpec): void {
  const { keys, aggregates, sizeMs, slideMs, offsetMs, groupFrom, groupTo } = spec;
  checkMs("window size", sizeMs, 1);
  checkMs("window slide", slideMs, 1);
  checkMs("window offset", offsetMs, -TIME_MS_MAX);
  const refuse = (reason: string) => {
    throw new RdxError("invalid_plan", reason);
  };
  if (slideMs > sizeMs) refuse(`Cannot slide by ${slideMs} ms: the window is only ${sizeMs} ms long`);
  if (sizeMs / slideMs > WINDOWS_PER_ROW_MAX) {
    refuse(`Cannot keep each row in ${Math.ceil(sizeMs / slideMs)} windows: at most ${WINDOWS_PER_ROW_MAX}`);
  }
  const slices = sizeMs / gcd(sizeMs, slideMs);
  if (slices > OPEN_SLICES_MAX) {
    refuse(
      `Cannot divide a window into ${slices} slices, at most ${OPEN_SLICES_MAX}: make the size a multiple of the slide`,
    );
  }
  if (keys.length > KEY_COLUMNS_MAX) refuse(`Cannot group by ${keys.length} columns: at most ${KEY_COLUMNS_MAX}`);
  if (aggregates.length > AGGREGATES_MAX) {
    refuse(`Cannot compute ${aggregates.length} aggregates: at most ${AGGREGATES_MAX}`);
  }
  const whole = Number.isInteger(groupFrom) && Number.isInteger(groupTo);
  if (!whole || groupFrom < 0 || groupTo <= groupFrom || groupTo > KEY_GROUPS) {
    refuse(`Cannot own the key groups ${groupFrom} to ${groupTo}: there are 0 to ${KEY_GROUPS}`);
  }
  for (const call of aggregates) resultType(call);
}

export const MODE_WINDOW = 0;
export const MODE_PARTIAL = 1;

const SPEC_HEADER_BYTES = 56;

/** Makes an aggregation in the kernel from `spec` (asm/aggregate/spec.ts draws SPEC) and returns its address. */
export function createAggregation(kernel: Kernel, spec: AggregateSpec, mode: number): number {
  const { keys, aggregates } = spec;
  const bytes = SPEC_HEADER_BYTES + keys.length * 8 + aggregates.length * 12;
  const at = kernel.alloc(bytes), data = kernel.data;
  for (const [i, n] of [keys.length, aggregates.length, spec.groupFrom, spec.groupTo, mode, 0].entries()) {
    data.setUint32(at + i * 4, n, true);
  }
  for (const [i, ms] of [spec.sizeMs, spec.slideMs, spec.offsetMs].entries()) {
    data.setFloat64(at + 24 + i * 8, ms, true);
  }
  const seed = crypto.getRandomValues(new Uint32Array(2));
  data.setUint32(at + 48, seed[0], true);
  data.setUint32(at + 52, seed[1], true);
  const typed = (address: number, type: DataType | null) => {
    data.setUint32(address, type === null ? 0 : kindCode(type.kind), true);
    data.setUint32(address + 4, type?.scale ?? 0, true);
  };
  const calls = at + SPEC_HEADER_BYTES + keys.length * 8;
  for (const [i, type] of keys.entries()) typed(at + SPEC_HEADER_BYTES + i * 8, type);
  for (const [i, { fn, type }] of aggregates.entries()) {
    data.setUint32(calls + i * 12, FUNCTIONS.indexOf(fn) + 1, true);
    typed(calls + i * 12 + 4, type);
    data.setUint32(calls + i * 12 + 8, (type?.scale ?? 0) | (type?.precision ?? 0) << 8, true);
  }
  const aggregation = kernel.fn("agg_create")(at) >>> 0;
  kernel.free(at, bytes);
  if (aggregation === 0) throw new RdxError("no_space", "Cannot get kernel memory for an aggregation");
  return aggregation;
}
