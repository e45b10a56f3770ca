import type { Value } from "../../../src/core/value.ts";
import type { RowKind } from "../../../src/core/batch.ts";
import { isBack, type JoinRow, Reference, sameRows } from "./join.ts";

/** Times that a row may have. */
const TIME_MS_MAX = 8_640_000_000_000_000;

interface Waiting {
  readonly input: number;
  readonly values: readonly Value[];
  readonly kind: RowKind;
  readonly time: number;
  readonly group: number;
  readonly at: number;
  met: boolean;
}

/** Joins in which the watermark decides: references keep every row for ever, and look at times alone. */
abstract class TimeReference extends Reference {
  protected watermark = -Infinity;

  /** The row's time; null, and counted, without one. */
  protected timeOf({ input, values }: JoinRow, columns: readonly [number, number]): number | null {
    const time = values[columns[input]] as bigint | null;
    if (time !== null && Math.abs(Number(time)) <= TIME_MS_MAX) return Number(time);
    this.nullTime++;
    return null;
  }

  protected waiting({ input, kind, values }: JoinRow, at: number, time: number): Waiting {
    return { input, kind, values, time, at, group: this.groupOf(input, values), met: false };
  }
}

export class IntervalReference extends TimeReference {
  readonly #rows: Waiting[] = [];
  readonly #gone = new Set<Waiting>();

  get #mode() {
    if (this.spec.mode.mode !== "interval") throw new TypeError("Not an interval join");
    return this.spec.mode;
  }

  take(row: JoinRow, at: number, watermark: number): void {
    const { leftTime, rightTime, lowerMs, upperMs } = this.#mode, time = this.timeOf(row, [leftTime, rightTime]);
    if (time === null) return;
    if (time < watermark) {
      this.late++;
      return;
    }
    const own = this.waiting(row, at, time);
    for (const other of this.#rows) {
      const [left, right] = row.input === 0 ? [own, other] : [other, own];
      if (other.input === row.input || !this.meets(left.values, right.values)) continue;
      if (right.time < left.time + lowerMs || right.time > left.time + upperMs) continue;
      if (!this.half) this.emit(left.values, right.values, "+I", at);
      else if (this.spec.type === "semi" && !left.met) this.emit(left.values, null, "+I", at);
      left.met = true;
      right.met = true;
    }
    this.#rows.push(own);
    if (this.#leaves(own) < watermark) this.#leave(own, at);
  }

  #leave(row: Waiting, cause: number): void {
    const { input, values, met } = row, comesOut = this.outer[input] || (input === 0 && this.spec.type === "anti");
    if (comesOut && !met) this.emitOf(input, values, null, "+I", cause);
    this.#gone.add(row);
  }

  /** When no row that is not late can meet it any more. */
  #leaves({ input, time }: Waiting): number {
    return input === 0 ? time + this.#mode.upperMs : time - this.#mode.lowerMs;
  }

  advance(watermark: number): void {
    this.watermark = Math.max(this.watermark, watermark);
    const gone = this.#rows.filter((row) => !this.#gone.has(row) && this.#leaves(row) < this.watermark);
    gone.sort((a, b) => this.#leaves(a) - this.#leaves(b) || a.group - b.group || a.at - b.at);
    for (const row of gone) this.#leave(row, -1);
  }
}

export class WindowReference extends TimeReference {
  #rows: Waiting[] = [];

  take(row: JoinRow, at: number, watermark: number): void {
    if (this.spec.mode.mode !== "window") throw new TypeError("Not a window join");
    const end = this.timeOf(row, [this.spec.mode.leftEnd, this.spec.mode.rightEnd]);
    if (end === null) return;
    if (end - 1 <= watermark) {
      this.late++;
    } else if (!isBack(row.kind)) {
      this.#rows.push(this.waiting(row, at, end));
    } else {
      const old = this.#rows.findIndex(({ input, values }) => input === row.input && sameRows(values, row.values));
      if (old >= 0) this.#rows.splice(old, 1);
    }
  }

  advance(watermark: number): void {
    this.watermark = Math.max(this.watermark, watermark);
    const closed = this.#rows.filter(({ time }) => time - 1 <= this.watermark);
    this.#rows = this.#rows.filter((row) => !closed.includes(row));
    closed.sort((a, b) => a.time - b.time || a.group - b.group || a.input - b.input || a.at - b.at);
    for (const { input, values, time, met } of closed) {
      if (input === 1) {
        if (this.outer[1] && !met) this.emit(null, values, "+I", -1);
        continue;
      }
      const partners = closed.filter((other) =>
        other.input === 1 && other.time === time && this.meets(values, other.values)
      );
      if (!this.half) { for (const partner of partners) this.emit(values, partner.values, "+I", -1); }
      for (const partner of partners) partner.met = true;
      const alone = partners.length === 0;
      if (this.half ? alone === (this.spec.type === "anti") : alone && this.outer[0]) this.emit(values, null, "+I", -1);
    }
  }
}

/** Temporal and ASOF joins. */
export class TemporalReference extends TimeReference {
  /** Versions with the time from which they are in force. */
  readonly #versions: (Waiting & { readonly since: number })[] = [];
  #left: Waiting[] = [];

  take(row: JoinRow, at: number, watermark: number): void {
    const { mode } = this.spec;
    if (mode.mode !== "temporal" && mode.mode !== "asof") throw new TypeError("Not a temporal join");
    const time = this.timeOf(row, [mode.leftTime, mode.rightTime]);
    if (time === null) return;
    if (row.input === 1) {
      if (row.kind !== "-U") this.#version(row, at, time, watermark);
    } else if (time < watermark) {
      this.late++;
    } else {
      this.#left.push(this.waiting(row, at, time));
    }
  }

  #version(row: JoinRow, at: number, time: number, watermark: number): void {
    const key = this.keyOf(1, row.values);
    if (key === null) return;
    if (time < watermark) {
      const current = this.#inForce(key, watermark);
      if (current && current.kind !== "-D" && current.time > time) {
        this.late++;
        return;
      }
    }
    this.#versions.push({ ...this.waiting(row, at, time), since: Math.max(time, watermark) });
  }

  /** The newest version of each key that was not deleted. */
  override get kept(): number {
    const keys = new Set(this.#versions.map(({ values }) => this.keyOf(1, values)));
    return [...keys].filter((key) => this.#inForce(key, Infinity)!.kind !== "-D").length;
  }

  #inForce(key: string | null, time: number) {
    const versions = this.#versions.filter(({ values, since }) => key === this.keyOf(1, values) && since <= time);
    return versions.sort((a, b) => a.since - b.since || a.at - b.at).at(-1);
  }

  advance(watermark: number): void {
    this.watermark = Math.max(this.watermark, watermark);
    const due = this.#left.filter(({ time }) => time < this.watermark);
    this.#left = this.#left.filter((row) => !due.includes(row));
    due.sort((a, b) => a.time - b.time || a.group - b.group || a.at - b.at);
    for (const { values, time, kind } of due) {
      const key = this.keyOf(0, values), version = key === null ? undefined : this.#inForce(key, time);
      if (version && version.kind !== "-D" && this.condition(values, version.values)) {
        this.emit(values, version.values, kind, -1);
      } else if (this.outer[0]) {
        this.emit(values, null, kind, -1);
      }
    }
  }
}
