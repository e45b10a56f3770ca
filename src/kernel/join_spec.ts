import { RdxError } from "../core/errors.ts";
import { KEY_COLUMNS_MAX } from "../core/limits.ts";
import { type DataType, formatType } from "../core/schema.ts";
import type { Kernel } from "./module.ts";
import type { Program } from "./program.ts";
import { hashSeed, storeSpecBytes, writeStoreSpec } from "./rows.ts";

export type JoinType = "inner" | "left" | "right" | "full" | "semi" | "anti";

/** Which rows with equal keys meet, and when. Times are milliseconds; columns count within their side. */
export type JoinMode =
  /**
   * Every row meets every other. A row is dropped when the watermark has gone on by `ttlMs` since it came (0 = never);
   * what it made stays.
   */
  | { readonly mode: "regular"; readonly ttlMs: number }
  /** `leftEnd` and `rightEnd`: the columns of window_end, which are among the keys. */
  | { readonly mode: "window"; readonly leftEnd: number; readonly rightEnd: number }
  /** left.time + lowerMs ≤ right.time ≤ left.time + upperMs */
  | {
    readonly mode: "interval";
    readonly leftTime: number;
    readonly rightTime: number;
    readonly lowerMs: number;
    readonly upperMs: number;
  }
  /** A row of the left meets the newest row of the right that is not after it; `temporal`: the right is a changelog. */
  | { readonly mode: "temporal" | "asof"; readonly leftTime: number; readonly rightTime: number };

/** What a join is, whatever its columns are. */
export interface JoinRules {
  readonly type: JoinType;
  readonly mode: JoinMode;
  /** Positions of the keys, in pairs of equal types. */
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  /** Residual condition over left's columns, then right's. */
  readonly where: Program | null;
  /** Of an anti join: it is NOT IN of the first key, for which NULL may equal anything. */
  readonly nullAware: boolean;
  /** The side may take rows back. */
  readonly leftChanges: boolean;
  readonly rightChanges: boolean;
  /** There is one row a key at most; one that comes takes the place of the one that is there. */
  readonly leftUnique: boolean;
  readonly rightUnique: boolean;
}

export interface JoinSpec extends JoinRules {
  /** Types of the columns of each side. */
  readonly left: readonly DataType[];
  readonly right: readonly DataType[];
}

const TYPES: readonly JoinType[] = ["inner", "left", "right", "full", "semi", "anti"];
const MODES = ["regular", "window", "interval", "temporal"];
const SPEC_BYTES = 80;
const CHANGES = 1;
const UNIQUE = 2;

function refuse(reason: string): never {
  throw new RdxError("invalid_plan", reason);
}

function checkKeys({ left, right, leftKeys, rightKeys }: JoinSpec): void {
  if (leftKeys.length !== rightKeys.length) refuse(`Cannot join by ${leftKeys.length} keys and ${rightKeys.length}`);
  if (leftKeys.length > KEY_COLUMNS_MAX) refuse(`Cannot join by ${leftKeys.length} keys: at most ${KEY_COLUMNS_MAX}`);
  for (const [i, key] of leftKeys.entries()) {
    const a = left[key], b = right[rightKeys[i]];
    if (a.kind === b.kind && a.scale === b.scale) continue;
    refuse(`Cannot join ${formatType(a)} with ${formatType(b)}: cast one of the keys to the other's type`);
  }
}

function checkTime(types: readonly DataType[], column: number, what: string): void {
  const type = types[column];
  if (type?.kind !== "timestamp") {
    refuse(`Cannot take ${what} from ${type ? formatType(type) : "no column"}: expected timestamp`);
  }
}

/** Refuses what no join can be made of with RdxError("invalid_plan"). */
export function checkJoin(spec: JoinSpec): void {
  const { type, mode, nullAware, leftChanges, rightChanges } = spec;
  checkKeys(spec);
  if (nullAware && (type !== "anti" || mode.mode !== "regular" || spec.leftKeys.length === 0)) {
    refuse("Cannot compare with NOT IN: expected a regular anti join with a key");
  }
  if (spec.where !== null && spec.where.type.kind !== "bool") {
    refuse(`Cannot join where ${spec.where.type.kind} is true`);
  }
  if (mode.mode === "regular") return;
  const [leftTime, rightTime] = timesOf(mode);
  checkTime(spec.left, leftTime, "the left's time");
  checkTime(spec.right, rightTime, "the right's time");
  if (mode.mode === "interval") {
    if (leftChanges || rightChanges) refuse("Cannot join by an interval of time: an input takes rows back");
    if (!(mode.lowerMs <= mode.upperMs)) {
      refuse(`Cannot join from ${mode.lowerMs} to ${mode.upperMs} ms: the interval is empty`);
    }
  }
  if (mode.mode !== "temporal" && mode.mode !== "asof") return;
  if (type !== "inner" && type !== "left") refuse(`Cannot join ${type} as of a time: only inner and left`);
  if (mode.mode === "asof" && rightChanges) refuse("Cannot join ASOF: the right takes rows back; a temporal join can");
}

function timesOf(mode: JoinMode): readonly [number, number] {
  if (mode.mode === "regular") return [0, 0];
  return mode.mode === "window" ? [mode.leftEnd, mode.rightEnd] : [mode.leftTime, mode.rightTime];
}

function writeLists(kernel: Kernel, at: number, { leftKeys, rightKeys }: JoinSpec): void {
  [...leftKeys, ...rightKeys].forEach((key, i) => kernel.data.setUint32(at + i * 4, key, true));
}

function ttlOf({ mode }: JoinSpec): number {
  return mode.mode === "regular" ? mode.ttlMs : 0;
}

// NOT IN takes rows back by all their values: a key with NULL tells none apart.
const isUnique = (unique: boolean, spec: JoinSpec) => unique && !spec.nullAware;

const RESUME_TTL = 1;
const RESUME_UNIQUE = 2;

/**
 * Goes on with the rows of a join in the kernel under `spec`, which differs from the one that it was made of in its condition,
 * time to live and unique keys at most. RdxError("invalid_plan"): its rows do not have what that needs.
 */
export function resumeJoin(kernel: Kernel, join: number, spec: JoinSpec): void {
  checkJoin(spec);
  const [left, right] = [isUnique(spec.leftUnique, spec), isUnique(spec.rightUnique, spec)];
  const status = kernel.fn("join_resume")(join, ttlOf(spec), Number(spec.where !== null), Number(left), Number(right));
  if (status === RESUME_TTL) {
    refuse("Cannot give the rows of a join a time to live that were kept without one: deploy with state=fresh");
  }
  if (status === RESUME_UNIQUE) {
    refuse(
      "Cannot go on with the rows of a join whose keys told them apart and do so no more: deploy with state=fresh",
    );
  }
}

/** Makes a join in the kernel (asm/join/spec.ts draws SPEC) and returns its address. `capacity`: records of a step. */
export function createJoin(kernel: Kernel, spec: JoinSpec, capacity: number): number {
  checkJoin(spec);
  const { left, right, mode, leftKeys } = spec, keys = leftKeys.length;
  const bytes = SPEC_BYTES + storeSpecBytes(left) + storeSpecBytes(right) + keys * 8 + 8;
  const at = kernel.alloc(bytes), seed = hashSeed(), leftSpec = at + SPEC_BYTES;
  const rightSpec = writeStoreSpec(kernel, leftSpec, left, 0, seed);
  const lists = writeStoreSpec(kernel, rightSpec, right, 0, seed), [leftTime, rightTime] = timesOf(mode);
  writeLists(kernel, lists, spec);
  const flags = (changes: boolean, unique: boolean) => (changes ? CHANGES : 0) + (isUnique(unique, spec) ? UNIQUE : 0);
  const code = mode.mode === "asof" ? MODES.indexOf("temporal") : MODES.indexOf(mode.mode), data = kernel.data;
  const words = [
    TYPES.indexOf(spec.type),
    code,
    Number(spec.nullAware),
    keys,
    leftSpec,
    rightSpec,
    lists,
    lists + keys * 4,
  ];
  words.push(flags(spec.leftChanges, spec.leftUnique), flags(spec.rightChanges, spec.rightUnique), leftTime, rightTime);
  words.forEach((word, i) => data.setUint32(at + i * 4, word, true));
  const [lower, upper] = mode.mode === "interval" ? [mode.lowerMs, mode.upperMs] : [0, 0];
  [lower, upper, ttlOf(spec)].forEach((ms, i) => data.setFloat64(at + 48 + i * 8, ms, true));
  data.setUint32(at + 72, capacity, true);
  data.setUint32(at + 76, Number(spec.where !== null), true);
  const join = kernel.fn("join_create")(at) >>> 0;
  kernel.free(at, bytes);
  if (join === 0) throw new RdxError("no_space", "Cannot get kernel memory for a join");
  return join;
}
