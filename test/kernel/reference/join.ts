import type { Value } from "../../../src/core/value.ts";
import type { RowKind } from "../../../src/core/batch.ts";
import type { DataType } from "../../../src/core/schema.ts";
import type { JoinSpec } from "../../../src/kernel/join.ts";
import { groupOf } from "./groups.ts";

/** One row of the log: `input` 0 is the left. */
export interface JoinRow {
  readonly input: number;
  readonly kind: RowKind;
  readonly values: readonly Value[];
}

/** One row of output; `cause` is the position in the log of the row that made it, −1 the watermark. */
export interface JoinOutput {
  readonly kind: RowKind;
  readonly values: readonly Value[];
  readonly cause: number;
}

export interface JoinReference {
  /** Takes the row at position `at` of the log, which meets `watermark`. */
  take(row: JoinRow, at: number, watermark: number): void;
  advance(watermark: number): void;
  readonly out: JoinOutput[];
  readonly late: number;
  readonly nullTime: number;
  /** Rows that are left in state. */
  readonly kept: number;
}

/** Residual conditions as tests write them, over a left and a right row. */
export type Condition = (left: readonly Value[], right: readonly Value[]) => boolean;

/** Equal for keys that are equal: −0 is 0, and every NaN is one. Bytes of tests are told apart by their length and start. */
export function textOf(value: Value): string {
  if (value instanceof Uint8Array) return `bytes ${value.length} ${value.subarray(0, 16)}`;
  return typeof value === "number" ? `double ${value === 0 ? 0 : value}` : `${typeof value} ${value}`;
}

export const isBack = (kind: RowKind) => kind === "-U" || kind === "-D";

/** What all references know: who meets whom, and what rows look like when they come out. */
export abstract class Reference implements JoinReference {
  readonly out: JoinOutput[] = [];
  late = 0;
  nullTime = 0;
  protected readonly half: boolean;
  protected readonly outer: readonly [boolean, boolean];

  constructor(protected readonly spec: JoinSpec, protected readonly condition: Condition) {
    this.half = spec.type === "semi" || spec.type === "anti";
    this.outer = [spec.type === "left" || spec.type === "full", spec.type === "right" || spec.type === "full"];
  }

  /** What waits for the watermark is gone at the end of time. */
  get kept(): number {
    return 0;
  }

  abstract take(row: JoinRow, at: number, watermark: number): void;
  abstract advance(watermark: number): void;

  protected keysOf(input: number): readonly number[] {
    return input === 0 ? this.spec.leftKeys : this.spec.rightKeys;
  }

  protected typesOf(input: number): readonly DataType[] {
    return input === 0 ? this.spec.left : this.spec.right;
  }

  protected keyOf(input: number, values: readonly Value[]): string | null {
    const key = this.keysOf(input).map((column) => values[column]);
    return key.includes(null) ? null : key.map(textOf).join("|");
  }

  protected groupOf(input: number, values: readonly Value[]): number {
    const keys = this.keysOf(input), types = this.typesOf(input);
    return groupOf(keys.map((key) => types[key]), keys.map((key) => values[key]));
  }

  /** Keys are equal, which NULL never is, and the condition holds. */
  protected meets(left: readonly Value[], right: readonly Value[]): boolean {
    const key = this.spec.nullAware ? this.keysMayEqual(left, right) : this.keysEqual(left, right);
    return key && this.condition(left, right);
  }

  private keysEqual(left: readonly Value[], right: readonly Value[]): boolean {
    const key = this.keyOf(0, left);
    return key !== null && key === this.keyOf(1, right);
  }

  /** NOT IN: nobody can say that the first keys differ. */
  private keysMayEqual(left: readonly Value[], right: readonly Value[]): boolean {
    return this.spec.leftKeys.every((key, i) => {
      const a = left[key], b = right[this.spec.rightKeys[i]];
      if (a === null || b === null) return i === 0;
      return textOf(a) === textOf(b);
    });
  }

  protected emit(left: readonly Value[] | null, right: readonly Value[] | null, kind: RowKind, cause: number): void {
    const nulls = (types: readonly DataType[]) => types.map(() => null);
    const values = [...left ?? nulls(this.spec.left)];
    if (!this.half) values.push(...right ?? nulls(this.spec.right));
    this.out.push({ kind, values, cause });
  }

  /** The same, of a row of the input at hand and one of the other. */
  protected emitOf(
    input: number,
    own: readonly Value[] | null,
    other: readonly Value[] | null,
    kind: RowKind,
    cause: number,
  ): void {
    if (input === 0) this.emit(own, other, kind, cause);
    else this.emit(other, own, kind, cause);
  }
}

interface Kept {
  readonly values: readonly Value[];
  /** Rows of the other side that it has met. */
  met: number;
  /** The watermark at which it came. */
  readonly stamp: number;
}

/**
 * Joins of changelogs, after Flink's StreamingJoinOperator and StreamingSemiAntiJoinOperator, but that what takes back a row that is not there
 * has no effect (there: it takes back pairs that never came). Rows that are not kept, and those that had their time to live, may have been there.
 */
export class RegularReference extends Reference {
  readonly #sides: [Kept[], Kept[]] = [[], []];
  #watermark = -Infinity;
  #begun = -Infinity;

  take({ input, kind, values }: JoinRow, at: number, watermark: number): void {
    this.#forget(watermark);
    const changes = input === 0 ? this.spec.leftChanges : this.spec.rightChanges;
    const unique = (input === 0 ? this.spec.leftUnique : this.spec.rightUnique) && changes && !this.spec.nullAware;
    const rows = this.#sides[input], key = this.keyOf(input, values);
    if (isBack(kind)) {
      const found = rows.findIndex((row) =>
        unique ? key !== null && this.keyOf(input, row.values) === key : sameRows(row.values, values)
      );
      const isKept = key !== null || this.spec.nullAware;
      if (found < 0 && isKept && !this.#forgets) return;
      const [old] = found < 0 ? [] : rows.splice(found, 1);
      this.#back(input, unique && old ? old.values : values, kind, at);
      return;
    }
    const found = unique && key !== null ? rows.findIndex((row) => this.keyOf(input, row.values) === key) : -1;
    if (found >= 0) this.#back(input, rows.splice(found, 1)[0].values, "-U", at);
    this.#add(input, values, kind, at);
  }

  get #forgets(): boolean {
    const { mode } = this.spec;
    return mode.mode === "regular" && mode.ttlMs > 0;
  }

  #partners(input: number, values: readonly Value[]): Kept[] {
    return this.#sides[1 - input].filter((other) =>
      input === 0 ? this.meets(values, other.values) : this.meets(other.values, values)
    );
  }

  #add(input: number, values: readonly Value[], kind: RowKind, at: number): void {
    const partners = this.#partners(input, values), [own, other] = [this.outer[input], this.outer[1 - input]];
    for (const partner of partners) {
      partner.met++;
      if (this.half) {
        if (input === 1 && partner.met === 1) {
          this.emit(partner.values, null, this.spec.type === "semi" ? kind : "-D", at);
        }
        continue;
      }
      if (other && partner.met === 1) this.emitOf(input, null, partner.values, "-D", at);
      this.emitOf(input, values, partner.values, own || other ? "+I" : kind, at);
    }
    this.#alone(input, values, partners.length, kind, "+I", at);
    this.#sides[input].push({ values, met: partners.length, stamp: this.#watermark });
  }

  #back(input: number, values: readonly Value[], kind: RowKind, at: number): void {
    const partners = this.#partners(input, values), [own, other] = [this.outer[input], this.outer[1 - input]];
    for (const partner of partners) {
      const last = partner.met === 1;
      partner.met = Math.max(0, partner.met - 1);
      if (this.half) {
        if (input === 1 && last) this.emit(partner.values, null, this.spec.type === "semi" ? kind : "+I", at);
        continue;
      }
      this.emitOf(input, values, partner.values, own ? "-D" : kind, at);
      if (other && last) this.emitOf(input, null, partner.values, "+I", at);
    }
    this.#alone(input, values, partners.length, kind, "-D", at);
  }

  /** What a row comes to that has no partner, or for a semi join has one. */
  #alone(input: number, values: readonly Value[], partners: number, kind: RowKind, padded: RowKind, at: number): void {
    if (this.outer[input] && partners === 0) this.emitOf(input, values, null, padded, at);
    if (this.half && input === 0 && (partners === 0) === (this.spec.type === "anti")) this.emit(values, null, kind, at);
  }

  advance(watermark: number): void {
    this.#forget(watermark);
  }

  /** Rows that a join has to keep: those that may meet another one; where only that there is one counts, one a key. */
  override get kept(): number {
    const { spec } = this, once = this.half && spec.where === null && !spec.rightChanges && !spec.nullAware;
    const counts = this.#sides.map((rows, input) => {
      const keys = rows.map(({ values }) => this.keyOf(input, values)).filter((key) => spec.nullAware || key !== null);
      return once && input === 1 ? new Set(keys).size : keys.length;
    });
    return counts[0] + counts[1];
  }

  /** Drops the rows whose time to live has passed; rows that came before any watermark live from the first one on. */
  #forget(watermark: number): void {
    const { mode } = this.spec;
    if (watermark === -Infinity || mode.mode !== "regular") return;
    if (this.#watermark === -Infinity) this.#begun = watermark;
    this.#watermark = Math.max(this.#watermark, watermark);
    if (mode.ttlMs === 0) return;
    for (const rows of this.#sides) {
      const alive = rows.filter(({ stamp }) => Math.max(stamp, this.#begun) + mode.ttlMs > this.#watermark);
      rows.splice(0, rows.length, ...alive);
    }
  }
}

/** Equal in all columns. */
export function sameRows(a: readonly Value[], b: readonly Value[]): boolean {
  return a.every((value, i) => textOf(value) === textOf(b[i]));
}
