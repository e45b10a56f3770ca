import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { type Column, TIMESTAMP } from "../../src/core/schema.ts";
import type { Expression } from "../../src/expr/mod.ts";
import { valuesOf } from "./expr_run.ts";
import { datePart, dateTrunc } from "./reference/expr_time.ts";

const COLUMNS: readonly Column[] = [{ name: "t", type: TIMESTAMP, nullable: false }];
const UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"];
const PARTS = [...UNITS, "dow", "isodow", "doy", "isoyear", "epoch", "epoch_ms"];

const call = (name: string, part: string): Expression => ({ call: name, args: [{ literal: part }, { column: "t" }] });
const times = fc.array(fc.bigInt(-62_135_596_800_000n, 253_402_300_799_999n), { minLength: 70, maxLength: 140 });

/** The last and the first day of every year from 1900 to 2100, where weeks change their year. */
const NEW_YEARS = Array.from({ length: 201 }, (_, i) => BigInt(Date.UTC(1900 + i, 0, 1)))
  .flatMap((start) => [start - 1n, start, start + 3n * 86_400_000n]);

for (const part of PARTS) {
  Deno.test(`date_part ${part} is what Date says, from year 1 to 9999`, () => {
    const same = (values: bigint[]) =>
      assert.deepEqual(
        valuesOf(call("date_part", part), COLUMNS, values.map((t) => [t])),
        values.map((t) => datePart(part, t)),
      );
    same(NEW_YEARS);
    fc.assert(fc.property(times, same), { numRuns: 10 });
  });
}

for (const unit of UNITS) {
  Deno.test(`date_trunc ${unit} is what Date says, from year 1 to 9999`, () => {
    const same = (values: bigint[]) =>
      assert.deepEqual(
        valuesOf(call("date_trunc", unit), COLUMNS, values.map((t) => [t])),
        values.map((t) => dateTrunc(unit, t)),
      );
    same(NEW_YEARS);
    fc.assert(fc.property(times, same), { numRuns: 10 });
  });
}

Deno.test("date functions take every int64: the calendar repeats each 400 years, and what falls below int64 is NULL", () => {
  const cycle = 146_097n * 86_400_000n, anyTime = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
  fc.assert(fc.property(fc.array(anyTime, { minLength: 1 }), (values) => {
    const cycles = values.map((t) => (t - ((t % cycle) + cycle) % cycle) / cycle);
    const years = values.map((t, i) => datePart("year", t - cycles[i] * cycle) + 400n * cycles[i]);
    const days = values.map((t, i) => datePart("doy", t - cycles[i] * cycle));
    const rows = values.map((t) => [t]);
    assert.deepEqual(valuesOf(call("date_part", "year"), COLUMNS, rows), years);
    assert.deepEqual(valuesOf(call("date_part", "doy"), COLUMNS, rows), days);
  }));
  for (const unit of UNITS.slice(0, 8)) {
    assert.deepEqual(valuesOf(call("date_trunc", unit), COLUMNS, [[-(2n ** 63n)]]), [null]);
  }
});

Deno.test("timestamps become ISO 8601 as Date writes it, and NULL where it cannot", () => {
  const limit = 8_640_000_000_000_000n, anyTime = fc.bigInt(-limit - 10n, limit + 10n);
  const edges = [
    limit,
    limit + 1n,
    -limit,
    -limit - 1n,
    0n,
    -1n,
    -62_167_219_200_000n,
    -62_167_219_200_001n,
    2n ** 63n - 1n,
  ];
  const text: Expression = { call: "cast", args: [{ column: "t" }], type: "string" };
  const iso = (t: bigint) => t > limit || t < -limit ? null : new Date(Number(t)).toISOString();
  const same = (values: bigint[]) => assert.deepEqual(valuesOf(text, COLUMNS, values.map((t) => [t])), values.map(iso));
  same(edges);
  fc.assert(fc.property(fc.array(anyTime, { minLength: 1 }), same));
});
