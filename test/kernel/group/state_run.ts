import assert from "node:assert/strict";
import { TIMESTAMP } from "../../../src/core/schema.ts";
import { GroupAggregate, type GroupCallSpec, type GroupSpec } from "../../../src/kernel/group.ts";
import type { Value } from "../../../src/core/value.ts";
import type { Kernel } from "../../../src/kernel/module.ts";
import { StateTables } from "../../../src/kernel/state_tables.ts";
import fc from "../../deps/fast_check.ts";
import { drainSteps, type TableStep } from "../state_steps.ts";
import { call, TYPES } from "./arbitrary.ts";
import type { Change } from "./reference.ts";
import { batchOf, changesOf } from "./run.ts";

const full = () => new Error("full");
export const SPAN_MS = 1000;

/** Sketches, texts and first values of whatever is never taken back. */
export const kept: fc.Arbitrary<GroupCallSpec> = fc.oneof(
  fc.tuple(fc.constant("approx_count_distinct"), fc.constantFrom(2, 3, 6, 7), fc.constant([])),
  fc.tuple(fc.constant("percentile"), fc.constantFrom(2, 3, 4, 7), fc.constantFrom([0], [0.5], [0.99])),
  fc.tuple(fc.constant("approx_top_k"), fc.constantFrom(2, 3, 5, 6, 7), fc.constantFrom([1], [3], [20])),
  fc.tuple(fc.constantFrom("first", "last", "any_value"), fc.constantFrom(2, 3, 5, 6, 7), fc.constant([])),
  fc.tuple(fc.constantFrom("var_pop", "stddev_samp"), fc.constantFrom(2, 3, 4), fc.constant([])),
).map(([fn, arg, params]) => ({ ...call(fn, arg, false, false), params }));

export type Form = Pick<GroupSpec, "end" | "final" | "latenessMs" | "ticks" | "ttlMs">;
export const PLAIN: Form = { end: null, final: false, latenessMs: 0, ttlMs: 0 };
export const FORMS: readonly Form[] = [
  PLAIN,
  { ...PLAIN, ttlMs: 2 * SPAN_MS },
  { ...PLAIN, ticks: true },
  { ...PLAIN, ticks: true, ttlMs: 2 * SPAN_MS },
  { ...PLAIN, end: 0 },
  { ...PLAIN, end: 0, final: true },
  { ...PLAIN, end: 0, final: true, latenessMs: SPAN_MS },
  { ...PLAIN, end: 0, final: true, ticks: true },
];

/** Calls and keys count from the second column: the first is the end of a window. */
export function specOf(
  form: Form,
  list: readonly GroupCallSpec[],
  keys: readonly number[],
  retracts: boolean,
): GroupSpec {
  const behind = (column: number) => column < 0 ? -1 : column + 1;
  return {
    ...form,
    types: [TIMESTAMP, ...TYPES],
    keys: [...(form.end === null ? [] : [0]), ...keys.map(behind)],
    calls: list.map((one) => ({ ...one, args: one.args.map(behind), filter: behind(one.filter) })),
    retracts,
    upsert: false,
  };
}

/** What comes between two pulls of a log: its changes with the ends of their windows, whether an interval ends, and the watermark behind them. */
export interface Part {
  readonly changes: readonly Change[];
  readonly tick: boolean;
  readonly watermark: number;
}

/** Cuts changes into random parts of up to `rowsMax`, with ends of windows around the watermark, which moves now and then. */
export function partsOf(
  changes: readonly Change[],
  spec: GroupSpec,
  random: () => number,
  rowsMax: number,
): Part[] {
  const ends = new Map<readonly Value[], bigint>(), parts: Part[] = [];
  let watermark = -Infinity;
  for (let from = 0; from < changes.length;) {
    const part = changes.slice(from, from += 1 + Math.floor(random() * rowsMax)).map(({ kind, values }): Change => {
      const fresh = BigInt(SPAN_MS * (Math.max(0, Math.floor(watermark / SPAN_MS)) + Math.floor(random() * 4)));
      const end = ends.get(values) ?? fresh;
      ends.set(values, end);
      return { kind, values: [end, ...values] };
    });
    const tick = spec.ticks === true && random() < 0.4;
    if (random() < 0.4) watermark = Math.max(0, watermark) + Math.floor(random() * SPAN_MS);
    parts.push({ changes: part, tick, watermark });
  }
  return parts;
}

/** An aggregation with its tables. */
export class Run {
  readonly state: StateTables;
  readonly group: GroupAggregate;

  constructor(readonly kernel: Kernel, readonly spec: GroupSpec) {
    this.group = new GroupAggregate(kernel, spec);
    const names = [...spec.keys.map((_, i) => `k${i}`), ...spec.calls.map((_, i) => `c${i}`)];
    this.state = new StateTables(this.group.tables(names, "scalars"), () => this.group.restored());
  }

  /** Rows come, an interval may end, and the watermark moves: what comes out, in its order. */
  go(changes: readonly Change[], tick: boolean, watermark: number): string[] {
    const { kernel, group, spec } = this, got: string[] = [];
    const put = (out: Parameters<typeof changesOf>[1]) =>
      got.push(
        ...changesOf(kernel, out).map(({ kind, values }) => {
          const told = kind === 3 ? values.slice(0, spec.keys.length) : values;
          return `${kind} ${told.map((value) => Object.is(value, -0) ? "0" : String(value)).join(" ")}`;
        }),
      );
    group.push(batchOf(kernel, spec, changes));
    for (let out = group.pull(full); out; out = group.pull(full)) put(out);
    if (tick) {
      group.tick();
      for (let out = group.ticked(); out; out = group.ticked()) put(out);
    }
    group.advance(watermark);
    for (let out = group.fire(); out; out = group.fire()) put(out);
    kernel.reset();
    return [...got, `late ${group.lateRows} unknown ${group.unknownRows} rows ${group.stateRows}`];
  }

  drain(whole: boolean, rowsMax: number, ahead = false): TableStep[] {
    return drainSteps(this.kernel, this.state, whole, rowsMax, ahead);
  }

  close(): void {
    this.group.close();
    assert.equal(this.kernel.fn("state_bytes")(), 0);
  }
}
