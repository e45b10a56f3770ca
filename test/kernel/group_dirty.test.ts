import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { FrameView } from "../../src/core/frame.ts";
import { INT64 } from "../../src/core/schema.ts";
import { GroupAggregate } from "../../src/kernel/group.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { StateTables } from "../../src/kernel/state_tables.ts";
import { textOf } from "../runtime/rows.ts";
import { extensionModule, loadKernel } from "./load.ts";
import { drainSteps, restoreSteps, type TableStep, takeSteps } from "./state_steps.ts";

/** As ROW_KINDS numbers them. */
const INSERT = 0, DELETE = 3;
const KEYS = 9000, STEP_ROWS = 500;

/** A count and a sum by key, with its tables. */
class Counts {
  readonly state: StateTables;
  readonly #kernel: Kernel;
  readonly #groups: GroupAggregate;

  constructor() {
    const kernel = this.#kernel = loadKernel();
    kernel.extend("operators", extensionModule("operators"));
    const call = { filter: -1, distinct: false, params: [] };
    this.#groups = new GroupAggregate(kernel, {
      types: [INT64, INT64],
      keys: [0],
      calls: [{ ...call, fn: "count", args: [] }, { ...call, fn: "sum", args: [1] }],
      ...{ retracts: true, end: null, final: false, ticks: false, latenessMs: 0, upsert: true, ttlMs: 0 },
    });
    this.state = new StateTables(this.#groups.tables(["k", "n", "s"], "scalars"), () => this.#groups.restored());
  }

  /** Rows of `count` keys from a first one on, this far apart. */
  push(first: number, count: number, apart: number, kind: number): void {
    const kernel = this.#kernel, room = Math.ceil(count / 64) * 512;
    const [keys, values, kinds] = [kernel.arena(room), kernel.arena(room), kernel.arena(room)];
    for (let i = 0; i < count; i++) {
      kernel.data.setBigInt64(keys + i * 8, BigInt((first + i * apart) % KEYS), true);
      kernel.data.setBigInt64(values + i * 8, 7n, true);
    }
    kernel.bytes.fill(kind, kinds, kinds + count);
    const columns = [keys, values].map((data) => ({ type: INT64, data, validity: 0 }));
    this.#groups.push({ rows: count, columns, selection: 0, selected: count, kinds });
    const full = () => new Error("There is no room");
    while (this.#groups.pull(full)) { /* nobody reads it */ }
    kernel.reset();
  }

  drain(whole: boolean, ahead: boolean): TableStep[] {
    return drainSteps(this.#kernel, this.state, whole, STEP_ROWS, ahead);
  }

  ahead(whole: boolean, upserts: number): TableStep[] {
    assert.ok(this.state.ahead(whole));
    return takeSteps(this.#kernel, this.state, STEP_ROWS, upserts);
  }

  /** More of the round at hand. */
  more(upserts: number): TableStep[] {
    return takeSteps(this.#kernel, this.state, STEP_ROWS, upserts);
  }

  restore(steps: readonly TableStep[]): void {
    restoreSteps(this.#kernel, this.state, steps);
  }

  close(): void {
    this.#groups.close();
  }
}

function rowsOf(steps: readonly TableStep[]): string[] {
  return steps.flatMap(({ kind, table, frame }) => {
    if (kind !== "upsert") return [];
    const view = new FrameView(frame!), columns = view.types.map((_, column) => column);
    return Array.from({ length: view.rows }, (_, row) => `${table} ${textOf(columns.map((c) => view.value(row, c)))}`);
  }).sort();
}

Deno.test("many groups come back as they are, however many changed and went between the rounds in front of a cut", () => {
  const push = fc.record({
    first: fc.nat({ max: KEYS - 1 }),
    count: fc.constantFrom(3, 700, 4000, 8000),
    apart: fc.constantFrom(1, 7),
    kind: fc.constantFrom(INSERT, INSERT, DELETE),
  });
  const act = fc.oneof(
    { weight: 4, arbitrary: push },
    { weight: 3, arbitrary: fc.constantFrom("round", "some", "more", "more", "cut") },
    { weight: 1, arbitrary: fc.constant("abandon" as const) },
  );
  fc.assert(
    fc.property(fc.array(act, { minLength: 4, maxLength: 24 }), (acts) => {
      const counts = new Counts(), twin = new Counts();
      let steps: TableStep[] = [], ahead: TableStep[] = [], begun = false, whole = false;
      const cut = () => {
        const drained = [...ahead, ...counts.drain(whole, begun)];
        steps = whole ? drained : [...steps, ...drained];
        ahead = [];
        begun = whole = false;
      };
      for (const one of acts) {
        if (typeof one === "object") counts.push(one.first, one.count, one.apart, one.kind);
        else if (one === "cut") cut();
        else if (one === "abandon") {
          ahead = [];
          [begun, whole] = [false, true];
        } else if (one === "more") {
          if (begun) ahead.push(...counts.more(2));
        } else {
          ahead.push(...counts.ahead(whole && !begun, one === "round" ? Infinity : 2));
          begun = true;
        }
      }
      cut();
      twin.restore(steps);
      const all = rowsOf(counts.drain(true, false));
      assert.deepEqual(rowsOf(twin.drain(true, false)), all);
      counts.close();
      twin.close();
    }),
    { numRuns: 60 },
  );
});

Deno.test("a key that goes and comes back in the middle of a round is there", () => {
  const counts = new Counts(), twin = new Counts();
  counts.push(0, 4000, 1, INSERT);
  const steps = [...counts.drain(true, false)];
  counts.push(0, 400, 1, INSERT);
  counts.push(1000, 3000, 1, INSERT);
  steps.push(...counts.ahead(false, 1));
  for (let twice = 0; twice < 2; twice++) counts.push(0, 400, 1, DELETE);
  counts.push(4500, 1, 1, INSERT);
  counts.push(0, 400, 1, INSERT);
  steps.push(...counts.more(Infinity), ...counts.ahead(false, Infinity), ...counts.drain(false, true));
  twin.restore(steps);
  assert.deepEqual(rowsOf(twin.drain(true, false)), rowsOf(counts.drain(true, false)));
  counts.close();
  twin.close();
});

Deno.test("a cut behind a round has what has changed since, and no more", () => {
  const counts = new Counts();
  counts.push(0, 8000, 1, INSERT);
  counts.ahead(true, Infinity);
  counts.push(5, 3, 1, INSERT);
  assert.equal(rowsOf(counts.drain(true, true)).length, 3 + 1);
  counts.push(0, 2000, 1, INSERT);
  assert.equal(rowsOf(counts.drain(false, false)).length, 2000 + 1);
  assert.equal(rowsOf(counts.drain(false, false)).length, 1);
  counts.close();
});
