import { RdxError } from "../core/errors.ts";
import { TOP_K_MAX } from "../core/limits.ts";
import {
  type DataType,
  decimal,
  DECIMAL_DIGITS_MAX,
  DOUBLE,
  formatType,
  INT64,
  isDecimal,
  isText,
  isVariable,
  kindCode,
  STRING,
} from "../core/schema.ts";
import type { Kernel } from "./module.ts";

/** One aggregate of a group aggregation. Columns are those of the pushed batch. */
export interface GroupCallSpec {
  readonly fn: string;
  /** None for count(*). */
  readonly args: readonly number[];
  readonly distinct: boolean;
  /** A bool column; −1 = all rows count. */
  readonly filter: number;
  /** Constants: a separator, a quantile, a number of values. */
  readonly params: readonly (number | string)[];
}

/** What a group aggregation computes. */
export interface GroupSpec {
  readonly types: readonly DataType[];
  /** Columns of the keys. */
  readonly keys: readonly number[];
  readonly calls: readonly GroupCallSpec[];
  /** Rows may be taken back. */
  readonly retracts: boolean;
  /** Position among the keys of the end of a window, with which the group is forgotten; null = there is none. */
  readonly end: number | null;
  /** Results come when the watermark has passed the end, and then what late rows change for `latenessMs`. Else each change comes. */
  readonly final: boolean;
  readonly latenessMs: number;
  /** What has changed comes at ticks; with `final`, also at the end of the window. */
  readonly ticks?: boolean;
  /** An update is +U alone: nobody needs the row before it. */
  readonly upsert: boolean;
  /** With `upsert`: row i of what comes out is the result after row i of the input; kind 4 in the input changes nothing. */
  readonly dense?: boolean;
  /** Rows that nothing has changed for so long are forgotten; 0 = never. */
  readonly ttlMs: number;
  /** Rows may leave memory for a working file, where the kernel has one. */
  readonly cold?: boolean;
}

/** A call as the kernel has it (asm/group/spec.ts). */
export interface KernelCall {
  readonly op: number;
  /** Column of the argument, −1 = none. */
  readonly arg: number;
  readonly filter: number;
  readonly out: DataType;
  /** Number of the set from 1, 0 = none, and the counter in it. */
  readonly set: number;
  readonly counter: number;
  readonly text: string;
  readonly param: number;
}

/** The calls, and the columns whose different values are kept, with how many calls count them. */
export interface KernelCalls {
  readonly calls: readonly KernelCall[];
  readonly sets: readonly { readonly column: number; readonly counters: number }[];
}

const VARIANCES = ["var_pop", "var_samp", "stddev_pop", "stddev_samp"];
const LIST_JOINED = 0, LIST_FIRST = 1, LIST_LAST = 2, LIST_JSON = 3;
/** Sketches as asm/group/sketch.ts numbers them. */
const SKETCHES = ["approx_count_distinct", "percentile", "approx_top_k"];
/** Quantiles are told in millionths. */
const QUANTILE_PARTS = 1_000_000;
/** What different values come to, as asm/group/values.ts numbers it. */
const VALUES = ["percentile_cont", "percentile_disc", "mode", "histogram", "top_k"];
/** Counters of one set: heaps have a bit each. */
const COUNTERS_MAX = 32;

/** Operations as asm/group/spec.ts numbers them. */
export const OP = {
  count: 1,
  sumInt: 2,
  sumDouble: 3,
  avgInt: 4,
  avgDouble: 5,
  min: 6,
  max: 7,
  minBytes: 8,
  maxBytes: 9,
  first: 10,
  last: 11,
  firstBytes: 12,
  lastBytes: 13,
  variance: 14,
  boolAnd: 15,
  boolOr: 16,
  heapMin: 17,
  heapMax: 18,
  list: 19,
  sketch: 20,
  sumWide: 21,
  avgWide: 22,
  values: 23,
} as const;

interface Operation {
  readonly op: number;
  readonly out: DataType;
  readonly text?: string;
  readonly param?: number;
  /** It needs the different values: it counts each once, or comes back to them. */
  readonly set?: boolean;
}

function numbers(type: DataType, refuse: () => never): { double: boolean } {
  if (type.kind !== "int64" && type.kind !== "double" && !isDecimal(type)) return refuse();
  return { double: type.kind === "double" };
}

/** How a sum or an average is kept: as doubles, as integers, or as wide decimals; and what a sum gives. */
function summed(type: DataType, refuse: () => never): { sum: number; avg: number; out: DataType } {
  if (numbers(type, refuse).double) return { sum: OP.sumDouble, avg: OP.avgDouble, out: DOUBLE };
  if (!isDecimal(type)) return { sum: OP.sumInt, avg: OP.avgInt, out: INT64 };
  const out = decimal(DECIMAL_DIGITS_MAX, type.scale ?? 0);
  return type.kind === "decimal128"
    ? { sum: OP.sumWide, avg: OP.avgWide, out }
    : { sum: OP.sumInt, avg: OP.avgInt, out };
}

/** A sketch: its kind and its own parameter in one number. */
function sketchOf(
  fn: string,
  kind: number,
  type: DataType,
  parameter: number | string | undefined,
  refuse: () => never,
): Operation {
  if (fn === "approx_count_distinct") return { op: OP.sketch, out: INT64, param: kind };
  const own = Number(parameter);
  if (fn === "percentile") {
    numbers(type, refuse);
    if (!(own >= 0 && own <= 1)) {
      throw new RdxError("invalid_plan", `Cannot take the percentile ${parameter}: expected a number from 0 to 1`);
    }
    return { op: OP.sketch, out: DOUBLE, param: kind + 4 * Math.round(own * QUANTILE_PARTS) };
  }
  if (type.kind === "bytes") return refuse();
  if (!(Number.isInteger(own) && own >= 1 && own <= TOP_K_MAX)) {
    throw new RdxError(
      "invalid_plan",
      `Cannot list the top ${parameter}: expected a whole number from 1 to ${TOP_K_MAX}`,
    );
  }
  return { op: OP.sketch, out: STRING, param: kind + 4 * own };
}

/** What is computed of all different values: its kind and its own parameter in one number. */
function valuesOf(
  fn: string,
  kind: number,
  type: DataType,
  parameter: number | string | undefined,
  refuse: () => never,
): Operation {
  if (fn === "percentile_cont") numbers(type, refuse);
  if (type.kind === "bytes") return refuse();
  const own = Number(parameter ?? 0), quantile = fn.startsWith("percentile");
  if (quantile ? !(own >= 0 && own <= 1) : !(Number.isInteger(own) && own >= 0 && own <= TOP_K_MAX)) return refuse();
  const out = fn === "percentile_cont" ? DOUBLE : fn === "histogram" || fn === "top_k" ? STRING : type;
  return { op: OP.values, out, param: kind + 8 * (quantile ? Math.round(own * QUANTILE_PARTS) : own), set: true };
}

/** What `call` does, by its function and the type of its argument. Throws RdxError("invalid_plan") for what there is none of. */
function operation(call: GroupCallSpec, type: DataType | null, retracts: boolean): Operation {
  const { fn, params, distinct: set } = call;
  const refuse = (): never => {
    throw new RdxError("invalid_plan", `Cannot use ${fn} of ${type === null ? "*" : formatType(type)}`);
  };
  if (fn === "count") return { op: OP.count, out: INT64, set };
  if (type === null) return refuse();
  const bytes = isVariable(type),
    retracted = (least: boolean): Operation => ({
      op: least ? OP.heapMin : OP.heapMax,
      out: type,
      set: true,
    });
  const listed = (param: number): Operation => ({ op: OP.list, out: type, param, set });
  switch (fn) {
    case "sum":
      return { op: summed(type, refuse).sum, out: summed(type, refuse).out, set };
    case "avg":
      return { op: summed(type, refuse).avg, out: DOUBLE, set };
    case "min":
      return retracts ? retracted(true) : { op: bytes ? OP.minBytes : OP.min, out: type };
    case "max":
      return retracts ? retracted(false) : { op: bytes ? OP.maxBytes : OP.max, out: type };
    case "first":
    case "any_value":
      return retracts ? listed(LIST_FIRST) : { op: bytes ? OP.firstBytes : OP.first, out: type };
    case "last":
      return retracts ? listed(LIST_LAST) : { op: bytes ? OP.lastBytes : OP.last, out: type };
    case "bool_and":
    case "bool_or":
      return type.kind === "bool" ? { op: fn === "bool_and" ? OP.boolAnd : OP.boolOr, out: type, set } : refuse();
    case "array_agg":
      return type.kind === "bytes" ? refuse() : { ...listed(LIST_JSON), out: STRING };
    case "string_agg":
      return isText(type) ? { ...listed(LIST_JOINED), text: String(params[0] ?? ",") } : refuse();
  }
  const values = VALUES.indexOf(fn);
  if (values >= 0) return valuesOf(fn, values, type, params[0], refuse);
  const variance = VARIANCES.indexOf(fn), sketch = SKETCHES.indexOf(fn);
  if (variance >= 0) return numbers(type, refuse), { op: OP.variance, out: DOUBLE, param: variance, set };
  if (sketch < 0) return refuse();
  if (retracts) {
    throw new RdxError(
      "invalid_plan",
      `Cannot use ${fn} over a changelog: what a sketch has seen cannot be taken back`,
    );
  }
  return sketchOf(fn, sketch, type, params[0], refuse);
}

/** Type of a call's result. Throws RdxError("invalid_plan") for a function that does not take such an argument. */
export function groupResultType(call: GroupCallSpec, type: DataType | null, retracts: boolean): DataType {
  return operation(call, type, retracts).out;
}

/** The calls as the kernel has them; those that look at the different values of one column share a set. */
export function kernelCalls({ types, calls, retracts }: GroupSpec): KernelCalls {
  const sets: { column: number; counters: number }[] = [];
  const made = calls.map((call): KernelCall => {
    const arg = call.args[0] ?? -1,
      { op, out, text = "", param = 0, set } = operation(call, arg < 0 ? null : types[arg], retracts);
    const base = { op, arg, filter: call.filter, out, text, param, set: 0, counter: 0 };
    if (!set || arg < 0) return base;
    let at = sets.findIndex(({ column, counters }) => column === arg && counters < COUNTERS_MAX);
    if (at < 0) at = sets.push({ column: arg, counters: 0 }) - 1;
    return { ...base, set: at + 1, counter: sets[at].counters++ };
  });
  return { calls: made, sets };
}

const FLAG_RETRACTS = 1,
  FLAG_FINAL = 2,
  FLAG_UPSERT = 4,
  FLAG_EXPIRES = 8,
  FLAG_WINDOWED = 16,
  FLAG_LATENESS = 32,
  FLAG_DENSE = 64,
  FLAG_TICKS = 128;
/** Scale of calls whose texts are JSON, as asm/group/json_value.ts has it. */
const IS_JSON = 1;
const SPEC_BYTES = 32, CALL_BYTES = 44;

/** Makes a group aggregation in the kernel (asm/group/spec.ts draws SPEC). `texts` receives blocks that live as long as it does. */
export function createGroup(
  kernel: Kernel,
  spec: GroupSpec,
  { calls, sets }: KernelCalls,
  texts: { at: number; bytes: number }[],
): number {
  const bytes = SPEC_BYTES + spec.keys.length * 8 + sets.length * 8 + calls.length * CALL_BYTES;
  for (const { text } of calls) if (text !== "") texts.push(writeText(kernel, text));
  let next = 0;
  const spot = kernel.alloc(bytes), data = kernel.data;
  const flag = (wanted: boolean, bit: number) => wanted ? bit : 0;
  const flags = flag(spec.retracts, FLAG_RETRACTS) | flag(spec.final, FLAG_FINAL) | flag(spec.upsert, FLAG_UPSERT) |
    flag(spec.ttlMs > 0 && spec.end === null, FLAG_EXPIRES) | flag(spec.end !== null, FLAG_WINDOWED) |
    flag(spec.latenessMs > 0, FLAG_LATENESS) | flag(spec.dense === true, FLAG_DENSE) |
    flag(spec.ticks === true, FLAG_TICKS);
  const words = (at: number, ...values: number[]) =>
    values.forEach((value, i) => data.setUint32(at + i * 4, value, true));
  words(spot, spec.keys.length, calls.length, sets.length, flags, spec.end ?? 0, 0);
  words(spot + 24, ...crypto.getRandomValues(new Uint32Array(2)));
  let at = spot + SPEC_BYTES;
  for (const key of spec.keys) words(at, kindCode(spec.types[key].kind), spec.types[key].scale ?? 0), at += 8;
  for (const { column, counters } of sets) words(at, kindCode(spec.types[column].kind), counters), at += 8;
  for (const call of calls) {
    const type = call.arg < 0 ? null : spec.types[call.arg], text = call.text === "" ? null : texts[next++];
    const scale = type?.nested ? IS_JSON : type?.scale ?? 0;
    words(at, call.op, type ? kindCode(type.kind) : 0, scale, kindCode(call.out.kind), call.out.scale ?? 0);
    words(at + 20, call.set, call.counter, text?.at ?? 0, text?.bytes ?? 0);
    data.setFloat64(at + 36, call.param, true);
    at += CALL_BYTES;
  }
  const group = kernel.fn("group_create")(spot, spec.ttlMs, spec.latenessMs) >>> 0;
  kernel.free(spot, bytes);
  if (group === 0) throw new RdxError("no_space", "Cannot get kernel memory for a group aggregation");
  return group;
}

function writeText(kernel: Kernel, text: string): { at: number; bytes: number } {
  const encoded = new TextEncoder().encode(text), at = kernel.alloc(encoded.length);
  kernel.copyIn(encoded, at);
  return { at, bytes: encoded.length };
}
