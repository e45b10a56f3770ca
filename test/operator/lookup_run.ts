import assert from "node:assert/strict";
import { FrameBuilder, FrameView } from "../../src/core/frame.ts";
import { type Column, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { compileExpression } from "../../src/expr/mod.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { KEY_NUMBER, placeOf } from "../../src/lookup.ts";
import { LookupOperator, type LookupPlan } from "../../src/operator/lookup.ts";
import fc from "../deps/fast_check.ts";
import { changesOf } from "../kernel/group/run.ts";
import { selectionOf, vectorOf } from "../kernel/vectors.ts";

export const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });
export const INPUT = [column("k", INT64), column("s", STRING), column("v", INT64)];
export const ID = column("id", INT64),
  TEXT = column("text", STRING),
  FOUND = column("found", INT64),
  LABEL = column("label", STRING);
const NO_TIME = -(2n ** 62n);

/** Rows of the table: id, text, found, label. */
const TABLE: readonly (readonly Value[])[] = Array.from({ length: 40 }, (_, i) => [
  BigInt(i * i % 11 - 2),
  ["a", "b", null][i % 3],
  i % 5 === 0 ? null : BigInt(i),
  i % 4 === 0 ? null : `label ${i}`.padEnd(8 + i, "."),
]);

interface Row {
  readonly k: bigint | null;
  readonly s: string | null;
  readonly v: bigint | null;
  readonly selected: boolean;
  /** The running time that the row met, 0 for none yet. */
  readonly at: number;
}

export interface Settings {
  readonly left: boolean;
  readonly two: boolean;
  readonly where: boolean;
  readonly onError: "null" | "dead_letter";
  readonly cacheRows: number;
  readonly batchRows: number;
  readonly concurrency: number;
  /** Keys that are not answered: these numbers modulo 4. */
  readonly failing: number;
  /** A question is answered but for its keys that are not; else all of its keys are not. */
  readonly partial: boolean;
  readonly releaseRows: number;
}

export type Event = { readonly line: string } | { readonly watermark: number };

export function planOf({ left, two, where, ...bounds }: Settings): LookupPlan {
  const columns = [...INPUT, FOUND, LABEL];
  const condition = { call: "gt", args: [{ column: "found" }, { literal: 12 }] };
  return {
    id: "l",
    columns,
    inputColumns: INPUT,
    type: left ? "left" : "inner",
    keys: two ? [0, 1] : [0],
    tableKeys: two ? [ID, TEXT] : [ID],
    picks: [FOUND, LABEL],
    where: where ? compileExpression(condition, columns).program : null,
    cacheTtlMs: 0,
    ...bounds,
  };
}

function isFailing({ failing }: Settings, id: bigint): boolean {
  return failing < 4 && (Number(id) + 8) % 4 === failing;
}

/** What must come of rows and watermarks in their order. */
export function reference(steps: readonly Step[], settings: Settings): { events: Event[]; lost: string[] } {
  const { left, two, where, onError } = settings, events: Event[] = [], lost: string[] = [];
  let advanced = -Infinity, before = -Infinity;
  for (const { rows, timed, others, watermark } of steps) {
    for (const { k, s, v, selected, at } of rows) {
      const own = timed ? Math.min(Math.max(at, before) - 5, others) : advanced;
      if (!selected) continue;
      const met = own === -Infinity ? NO_TIME : BigInt(own);
      const key = two ? [k, s] : [k], isNull = key.includes(null);
      if (!isNull && isFailing(settings, k!) && onError === "dead_letter") {
        lost.push([k, s, v, `No answer to ${k}`].join(" "));
        continue;
      }
      const known = isNull || isFailing(settings, k!)
        ? []
        : TABLE.filter(([id, text]) => id === k && (!two || text === s));
      const kept = known.filter(([, , found]) => !where || (found !== null && (found as bigint) > 12n));
      const pairs = kept.length === 0 && left ? [[null, null, null, null]] : kept;
      for (const [, , found, label] of pairs) events.push({ line: [k, s, v, found, label, `@${met}`].join(" ") });
    }
    if (timed) before = Math.max(before, ...rows.map(({ at }) => at));
    if (watermark > advanced) events.push({ watermark: advanced = watermark });
  }
  return { events: coalesced(events), lost };
}

/** Of watermarks with nothing between them the last counts. */
export function coalesced(events: readonly Event[]): Event[] {
  return events.filter((event, i) => "line" in event || !(i + 1 < events.length && "watermark" in events[i + 1]));
}

export interface Step {
  readonly rows: readonly Row[];
  /** Rows come with the times that they met; else a watermark made them. */
  readonly timed: boolean;
  readonly others: number;
  readonly watermark: number;
  /** Answers that come behind it. */
  readonly answers: number;
}

export class Driver {
  readonly events: Event[];
  readonly lost: string[];
  readonly operator: LookupOperator;
  #open: { readonly request: number; readonly keys: ArrayBuffer }[] = [];
  #before: number;

  /** With `from`, goes on behind that one, whose questions that are open it asks again. */
  constructor(readonly kernel: Kernel, readonly settings: Settings, from: Driver | null = null) {
    this.operator = new LookupOperator(kernel, planOf(settings));
    this.events = from?.events ?? [];
    this.lost = from?.lost ?? [];
    this.#before = from === null ? -Infinity : from.#before;
  }

  /** Those that wait for an answer. */
  get questions(): readonly { readonly request: number; readonly keys: ArrayBuffer }[] {
    return this.#open;
  }

  /** Takes the questions that are open, as they are reported. */
  ask(): void {
    this.#drain();
  }

  run({ rows, timed, others, watermark, answers }: Step): void {
    const { kernel, operator } = this;
    const columns = INPUT.map(({ type }, i) => vectorOf(kernel, type, rows.map(({ k, s, v }) => [k, s, v][i])));
    const chosen = rows.flatMap(({ selected }, i) => selected ? [i] : []), all = chosen.length === rows.length;
    const running = timed ? kernel.arena(rows.length * 8 + 8) : 0;
    if (timed) rows.forEach(({ at }, i) => kernel.data.setBigInt64(running + i * 8, BigInt(at), true));
    const selection = all ? 0 : selectionOf(kernel, chosen);
    const batch = { rows: rows.length, columns, selection, selected: chosen.length, kinds: 0 };
    assert.equal(operator.push(batch, { running, before: this.#before, delayMs: 5, others }), null);
    if (timed) this.#before = Math.max(this.#before, ...rows.map(({ at }) => at));
    this.#drain();
    operator.advance(watermark);
    this.#drain();
    for (let i = 0; i < answers; i++) this.answer(i * 7);
  }

  #drain(): void {
    const { kernel, operator, settings: { concurrency, batchRows } } = this;
    for (let next = operator.next(); next !== null; next = operator.next()) {
      if (next === "watermark") this.events.push({ watermark: operator.reached });
      for (
        let out = next === "rows" ? operator.release(this.settings.releaseRows) : null;
        out;
        out = operator.release(this.settings.releaseRows)
      ) {
        const rows = Array.from(
          { length: out.selected },
          (_, i) => out!.selection === 0 ? i : kernel.data.getUint32(out!.selection + i * 4, true),
        );
        const times = rows.map((row) => kernel.data.getBigInt64(out!.times + row * 8, true));
        changesOf(kernel, out).forEach(({ values }, i) =>
          this.events.push({ line: [...values, `@${times[i]}`].join(" ") })
        );
      }
    }
    const { questions, lost } = operator.report();
    this.#open.push(...questions);
    assert.ok(this.#open.length <= concurrency);
    for (const { rows } of questions) assert.ok(rows <= batchRows);
    for (const { frame, rows, reason } of lost) {
      const view = new FrameView(frame);
      for (let row = 0; row < rows; row++) {
        this.lost.push([...INPUT.map((_, i) => view.value(row, i)), reason].join(" "));
      }
    }
    kernel.reset();
  }

  /** Answers one of the open questions; false when there is none. */
  answer(which: number): boolean {
    if (this.#open.length === 0) return false;
    const [{ request, keys }] = this.#open.splice(which % this.#open.length, 1), view = new FrameView(keys);
    const wanted = Array.from({ length: view.rows }, (_, row) => view.types.map((_, i) => view.value(row, i)));
    assert.equal(new Set(wanted.map(String)).size, wanted.length, "no key twice");
    assert.ok(wanted.every((key) => !key.includes(null)), "no key is NULL");
    const misfits = wanted.flatMap(([id], number) => isFailing(this.settings, id as bigint) ? [number] : []);
    const failed = misfits.length > 0 && !this.settings.partial;
    const builder = new FrameBuilder([{ name: KEY_NUMBER, type: INT64, nullable: false }, FOUND, LABEL]),
      frames: ArrayBuffer[] = [];
    wanted.forEach((key, number) => {
      if (misfits.includes(number)) return;
      for (const [id, text, found, label] of TABLE) {
        if (id === key[0] && (key.length === 1 || text === key[1])) builder.append([number, found, label]);
        if (builder.rows === 5) frames.push(builder.finish());
      }
    });
    if (builder.rows > 0) frames.push(builder.finish());
    const reasons = new FrameBuilder([{ name: KEY_NUMBER, type: INT64, nullable: false }, column("reason", STRING)]);
    for (const number of misfits) reasons.append([placeOf(number), `No answer to ${wanted[number][0]}`]);
    if (misfits.length > 0) frames.push(reasons.finish());
    const failure = failed ? `No answer to ${wanted[0][0]}` : null;
    this.operator.answer({
      request,
      frames: failed ? null : frames,
      failure,
      nowMs: request,
    });
    this.#drain();
    return true;
  }
}

const anyRow: fc.Arbitrary<Row> = fc.record({
  k: fc.option(fc.bigInt({ min: -4n, max: 9n }), { freq: 8 }),
  s: fc.constantFrom("a", "b", "c", null),
  v: fc.option(fc.bigInt({ min: -9n, max: 9n })),
  selected: fc.boolean().map((one) => one),
  at: fc.integer({ min: 0, max: 200 }),
});
export const anyStep: fc.Arbitrary<Step> = fc.record({
  rows: fc.array(anyRow, { minLength: 1, maxLength: 30 }),
  timed: fc.boolean(),
  others: fc.constantFrom(Infinity, 50),
  watermark: fc.integer({ min: 0, max: 100 }),
  answers: fc.nat({ max: 3 }),
});
export const anySettings: fc.Arbitrary<Settings> = fc.record({
  left: fc.boolean(),
  two: fc.boolean(),
  where: fc.boolean(),
  onError: fc.constantFrom("null", "dead_letter"),
  cacheRows: fc.constantFrom(0, 2, 1000),
  // A question of one key alone fails for this key alone.
  batchRows: fc.constantFrom(1, 4),
  concurrency: fc.constantFrom(1, 3),
  failing: fc.constantFrom(0, 4, 4),
  partial: fc.boolean(),
  releaseRows: fc.constantFrom(1, 3, 1000),
});
