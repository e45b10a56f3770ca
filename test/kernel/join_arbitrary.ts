import type { RowKind } from "../../src/core/batch.ts";
import { type Column, type DataType, INT64, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression } from "../../src/expr/mod.ts";
import type { JoinMode, JoinSpec, JoinType } from "../../src/kernel/join.ts";
import type { JoinCase, JoinChunk } from "./join_run.ts";
import { ALL_TYPES, type Random } from "./random.ts";
import { type JoinRow, sameRows, textOf } from "./reference/join.ts";

export const JOIN_TYPES: readonly JoinType[] = ["inner", "left", "right", "full", "semi", "anti"];

/** Where the columns of a side are: keys, a number that conditions compare, event time, a window's end, and more. */
interface Layout {
  readonly types: DataType[];
  readonly keys: number[];
  readonly number: number;
  readonly time: number;
  readonly end: number;
}

function layout(random: Random, keyTypes: readonly DataType[]): Layout {
  const more = Array.from({ length: random.below(3) }, () => random.of(ALL_TYPES));
  const given = [...keyTypes, INT64, TIMESTAMP, TIMESTAMP, ...more], order = [...given.keys()];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const place = (i: number) => order.indexOf(i), n = keyTypes.length;
  return {
    types: order.map((i) => given[i]),
    keys: keyTypes.map((_, i) => place(i)),
    number: place(n),
    time: place(n + 1),
    end: place(n + 2),
  };
}

export interface Wishes {
  readonly mode: JoinMode["mode"];
  readonly type?: JoinType;
  /** Rows that are taken back, on either side; `strict`: none that is not there. */
  readonly changes?: boolean | "strict";
  readonly nullAware?: boolean;
  readonly ttlMs?: number;
  readonly rows?: number;
}

const WINDOW_MS = 10;

function modeOf(wishes: Wishes, random: Random, left: Layout, right: Layout): JoinMode {
  switch (wishes.mode) {
    case "regular":
      return { mode: "regular", ttlMs: wishes.ttlMs ?? 0 };
    case "window":
      return { mode: "window", leftEnd: left.end, rightEnd: right.end };
    case "interval": {
      const lowerMs = random.below(40) - 20;
      return {
        mode: "interval",
        leftTime: left.time,
        rightTime: right.time,
        lowerMs,
        upperMs: lowerMs + random.below(30),
      };
    }
    default:
      return { mode: wishes.mode, leftTime: left.time, rightTime: right.time };
  }
}

/** Rows of one side as a stream of changes makes them: what is there can be taken back, or replaced where keys are unique. */
class Changes {
  readonly #rows: (readonly Value[])[] = [];
  readonly #pending: JoinRow[] = [];

  constructor(
    readonly random: Random,
    readonly input: number,
    readonly keys: readonly number[],
    readonly back: boolean,
    readonly unique: boolean,
    readonly strict: boolean,
  ) {}

  #keyOf(values: readonly Value[]): string | null {
    const key = this.keys.map((key) => values[key]);
    return key.includes(null) ? null : key.map(textOf).join("|");
  }

  #row(kind: RowKind, values: readonly Value[]): JoinRow {
    return { input: this.input, kind, values };
  }

  #remove(values: readonly Value[]): void {
    this.#rows.splice(this.#rows.findIndex((row) => sameRows(row, values)), 1);
  }

  /** The next change; `values` are those that a new row has. */
  next(values: readonly Value[]): JoinRow {
    const pending = this.#pending.shift(), { random } = this;
    if (pending) return pending;
    if (!this.back) return this.#row("+I", values);
    if (!this.strict && random.chance(0.03)) return this.#row("-D", values); // of a row that nobody has seen
    if (this.#rows.length > 0 && random.chance(0.3)) {
      const old = random.of(this.#rows);
      this.#remove(old);
      if (random.chance(0.5)) return this.#row("-D", old);
      // An update keeps the key, as changelogs of keyed tables do.
      const updated = values.map((value, i) => this.keys.includes(i) ? old[i] : value);
      this.#rows.push(updated);
      this.#pending.push(this.#row("+U", updated));
      return this.#row("-U", old);
    }
    if (this.unique) {
      const key = this.#keyOf(values), same = this.#rows.findIndex((row) => key !== null && this.#keyOf(row) === key);
      if (same >= 0) this.#rows.splice(same, 1); // an upsert: it takes the place of what is there
    }
    this.#rows.push(values);
    return this.#row(random.chance(0.2) ? "+U" : "+I", values);
  }
}

function anyValues(random: Random, { types, keys, time, end }: Layout, distinct: number, at: number): Value[] {
  const values: Value[] = types.map((type, i) =>
    keys.includes(i) ? random.nullable(type, distinct, 12) : random.nullable(type)
  );
  const ms = Math.floor(at / 2) + random.below(25) - 12;
  values[time] = random.chance(0.03) ? null : BigInt(ms);
  values[end] = random.chance(0.03) ? null : BigInt((Math.floor(ms / WINDOW_MS) + 1) * WINDOW_MS);
  return values;
}

/** Cuts the changes of both sides into chunks of one side each. */
function anyChunks(
  random: Random,
  sides: readonly [Changes, Changes],
  layouts: readonly [Layout, Layout],
  rows: number,
): JoinChunk[] {
  const chunks: JoinChunk[] = [], distinct = random.of([1, 3, 8, 12, 40]);
  for (let at = 0; at < rows;) {
    const input = random.below(2), count = 1 + random.below(50);
    const made = Array.from(
      { length: count },
      (_, i) => sides[input].next(anyValues(random, layouts[input], distinct, at + i)),
    );
    chunks.push({ input, rows: made });
    at += count;
  }
  return chunks;
}

/** Window ends that are keys too: a window join's rows meet within their window. */
function withEnd(mode: JoinMode["mode"], side: Layout): number[] {
  return mode === "window" ? [...side.keys, side.end] : side.keys;
}

/** A random join with a random log. */
export function anyCase(random: Random, wishes: Wishes): JoinCase {
  const keyTypes = Array.from({ length: (wishes.nullAware ? 1 : 0) + random.below(4) }, () => random.of(ALL_TYPES));
  const left = layout(random, keyTypes), right = layout(random, keyTypes), regular = wishes.mode === "regular";
  const back = (chance: number) => wishes.changes !== undefined && random.chance(chance);
  const [leftChanges, rightChanges] = [back(0.8), back(0.8)];
  const unique = (changes: boolean) => regular && changes && random.chance(0.4);
  const [leftUnique, rightUnique] = [unique(leftChanges), unique(rightChanges)];
  const where = random.chance(0.5),
    names = (side: Layout, prefix: string): Column[] =>
      side.types.map((type, i) => ({ name: `${prefix}${i}`, type, nullable: true }));
  const less = { call: "lt", args: [{ column: `l${left.number}` }, { column: `r${right.number}` }] };
  const spec: JoinSpec = {
    type: wishes.type ??
      (wishes.mode === "temporal" || wishes.mode === "asof" ? random.of(["inner", "left"]) : random.of(JOIN_TYPES)),
    mode: modeOf(wishes, random, left, right),
    left: left.types,
    right: right.types,
    leftKeys: withEnd(wishes.mode, left),
    rightKeys: withEnd(wishes.mode, right),
    where: where ? compileExpression(less, [...names(left, "l"), ...names(right, "r")]).program : null,
    nullAware: wishes.nullAware ?? false,
    leftChanges,
    rightChanges,
    leftUnique,
    rightUnique,
  };
  const isLess = (a: Value, b: Value) => a !== null && b !== null && a < b;
  const condition = where
    ? (l: readonly Value[], r: readonly Value[]) => isLess(l[left.number], r[right.number])
    : () => true;
  const strict = wishes.changes === "strict",
    changes = [
      new Changes(random, 0, left.keys, leftChanges, leftUnique, strict),
      new Changes(random, 1, right.keys, rightChanges, rightUnique, strict),
    ] as const;
  const chunks = anyChunks(random, changes, [left, right], wishes.rows ?? 200);
  return { spec, condition, chunks, times: [left.time, right.time], delays: [random.below(20), random.below(20)] };
}
