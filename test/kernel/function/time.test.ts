import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { RdxError } from "../../../src/core/errors.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { compileExpression, type Expression } from "../../../src/expr/mod.ts";
import { datePart } from "../reference/expr_time.ts";
import * as plain from "../reference/time.ts";
import { timestamp } from "./arguments.ts";
import { check } from "./differential.ts";
import { valuesOf } from "./run.ts";

const UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"];
/** Times whose days are often the first or last of a month. */
const nearMonths = {
  type: TIMESTAMP,
  values: fc.oneof(
    timestamp.values,
    fc.tuple(fc.nat(2400), fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 1, 43_200_000)).map(([month, day, ms]) =>
      BigInt(Date.UTC(1900, month, day) + ms)
    ),
  ),
};
const steps = { type: INT64, values: fc.bigInt(-500n, 500n) };
const first = (literal: string) => (call: string, args: readonly Expression[]): Expression => ({
  call,
  args: [{ literal }, ...args],
});

for (const unit of UNITS) {
  Deno.test(`timestampadd, timestampdiff and ceil_to by ${unit} are what Date says`, () => {
    check("timestampadd", {
      args: [steps, nearMonths],
      reference: (n: bigint, t: bigint) => plain.timestampAdd(unit, n, t),
      expression: first(unit),
      runs: 30,
    });
    check("timestampdiff", {
      args: [nearMonths, nearMonths],
      reference: (a: bigint, b: bigint) => plain.timestampDiff(unit, a, b),
      expression: first(unit),
      runs: 30,
    });
    check("ceil_to", {
      args: [nearMonths],
      reference: (t: bigint) => plain.ceilTo(unit, t),
      expression: first(unit),
      runs: 30,
    });
  });
}

Deno.test("short forms, decades, centuries and last days are what Date says", () => {
  const parts = { year: "year", quarter: "quarter", month: "month", week: "week", dayofyear: "doy", dayofmonth: "day" };
  const more = { dayofweek: "dow", hour: "hour", minute: "minute", second: "second", millisecond: "millisecond" };
  for (const [name, part] of Object.entries({ ...parts, ...more })) {
    check(name, { args: [timestamp], reference: (t: bigint) => datePart(part, t), runs: 10 });
  }
  check("last_day", { args: [nearMonths], reference: plain.lastDay });
  for (const [part, years] of Object.entries({ decade: 10, century: 100, millennium: 1000 })) {
    check("date_part", {
      args: [timestamp],
      reference: (t: bigint) => {
        const year = new Date(Number(t)).getUTCFullYear();
        return BigInt(part === "decade" ? Math.floor(year / years) : Math.ceil(year / years));
      },
      expression: first(part),
      runs: 10,
    });
  }
});

Deno.test("make_timestamp knows which times there are", () => {
  const part = (min: bigint, max: bigint) => ({ type: INT64, values: fc.bigInt(min, max) });
  const date = [part(1n, 9999n), part(0n, 13n), part(-1n, 32n)],
    time = [part(-1n, 24n), part(-1n, 60n), part(-1n, 60n)];
  check("make_timestamp", { args: date, reference: plain.makeTimestamp, runs: 100 });
  check("make_timestamp", { args: [...date, ...time, part(-1n, 1000n)], reference: plain.makeTimestamp, runs: 100 });
});

const LETTERS =
  "y yy yyyy u uuuu M MM MMM MMMM L d dd D DDD EEE EEEE a H HH k kk K KK h hh m mm s ss S SS SSS SSSSSS Q QQ X XX XXX x xx xxx Z z"
    .split(" ");
const anyPattern = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...LETTERS) }, {
    weight: 2,
    arbitrary: fc.constantFrom("-", " ", ":", "'T'", "''", "'o''clock'", ", é", "."),
  }),
  { minLength: 1, maxLength: 8 },
).map((parts) => parts.reduce((all, part) => all + (all.endsWith(part[0]) ? ` ${part}` : part), ""));

Deno.test("date_format writes times by any pattern as the reference does", () => {
  const columns: Column[] = [{ name: "a", type: TIMESTAMP, nullable: true }];
  const cells = fc.array(fc.option(nearMonths.values, { nil: null, freq: 8 }), {
    minLength: 1,
    maxLength: 140,
    size: "max",
  });
  // Rows in order, so that neighbours are in one stretch of the pattern
  const sorted = cells.map((values) => values.toSorted((x, y) => Number((x as bigint ?? 0n) - (y as bigint ?? 0n))));
  fc.assert(fc.property(anyPattern, fc.oneof(cells, sorted), (pattern, values) => {
    const expression: Expression = { call: "date_format", args: [{ column: "a" }, { literal: pattern }] };
    const expected = values.map((t) => t === null ? null : plain.format(t as bigint, pattern));
    assert.deepEqual(valuesOf(expression, columns, values.map((t) => [t])), expected, pattern);
  }));
});

Deno.test("neighbours of one minute and of many are written right, however coarse the pattern is", () => {
  const columns: Column[] = [{ name: "a", type: TIMESTAMP, nullable: false }];
  for (const pattern of ["yyyy-MM-dd", "HH", "a", "HH:mm", "HH:mm:ss", "ss.SSS"]) {
    for (const step of [1n, 999n, 59_999n, 3_599_999n, 43_200_000n, -86_399_999n]) {
      const times = Array.from({ length: 200 }, (_, i) => -5000n + BigInt(i) * step);
      const expression: Expression = { call: "date_format", args: [{ column: "a" }, { literal: pattern }] };
      const expected = times.map((t) => plain.format(t, pattern));
      assert.deepEqual(valuesOf(expression, columns, times.map((t) => [t])), expected, `${pattern} by ${step}`);
    }
  }
});

const COMPLETE = [
  "yyyy-MM-dd HH:mm:ss",
  "yyyyMMddHHmmssSSS",
  "d. MMMM yyyy, h:mm:ss.SSS a",
  "EEE, dd MMM yyyy HH:mm:ss Z",
  "yyyy-DDD'T'HH:mm:ss.SSSSSSXXX",
  "yy/M/d H:m:s",
  "dd.MM.uuuu kk:mm xxx",
  "EEEE, MMMM d uuuu K a z",
  "yyyy Q",
];

Deno.test("to_timestamp reads what date_format wrote, and what was changed in it as the reference does", () => {
  const columns: Column[] = [{ name: "a", type: STRING, nullable: true }];
  const change = fc.tuple(fc.nat(40), fc.constantFrom("", "0", "1", "9", "x", "-", "+", " ", ":"), fc.nat(2));
  fc.assert(
    fc.property(
      fc.constantFrom(...COMPLETE),
      fc.array(fc.tuple(nearMonths.values, fc.array(change, { maxLength: 2 })), { minLength: 1, maxLength: 70 }),
      (pattern, given) => {
        const texts = given.map(([t, changes]) =>
          changes.reduce(
            (text, [at, by, drop]) => text.slice(0, at) + by + text.slice(at + drop),
            plain.format(t as bigint, pattern),
          )
        );
        const expression: Expression = { call: "to_timestamp", args: [{ column: "a" }, { literal: pattern }] };
        const expected = texts.map((text) => plain.parse(text, pattern));
        assert.deepEqual(
          valuesOf(expression, columns, texts.map((text) => [text])),
          expected,
          JSON.stringify([pattern, texts]),
        );
      },
    ),
    { numRuns: 200 },
  );
});

const call = (name: string, ...args: (string | number | Expression)[]): Expression => ({
  call: name,
  args: args.map((arg) => typeof arg === "object" ? arg : { literal: arg }),
});
const a: Expression = { column: "a" };
const of = (expression: Expression, type: Column["type"], ...cells: Value[]) =>
  valuesOf(expression, [{ name: "a", type, nullable: true }], cells.map((cell) => [cell]));

Deno.test("times beyond int64 and years beyond four digits", () => {
  const last = 2n ** 63n - 1n, first = -(2n ** 63n);
  assert.deepEqual(of(call("timestampadd", "year", 1, a), TIMESTAMP, last, 0n), [null, 31_536_000_000n]);
  assert.deepEqual(of(call("timestampadd", "month", -1, a), TIMESTAMP, first), [null]);
  assert.deepEqual(of(call("timestampadd", "day", a, call("to_timestamp_ltz", 0)), INT64, last, 1n), [
    null,
    86_400_000n,
  ]);
  assert.deepEqual(of(call("timestampadd", "month", a, call("to_timestamp_ltz", 0)), INT64, last, first), [null, null]);
  assert.deepEqual(of(call("ceil_to", "year", a), TIMESTAMP, last, first), [null, null]);
  assert.deepEqual(of(call("last_day", a), TIMESTAMP, last), [null]);
  assert.deepEqual(of(call("timestampdiff", "year", a, call("to_timestamp_ltz", 0)), TIMESTAMP, last, first), [
    -292_277_024n,
    292_277_024n,
  ]);
  assert.deepEqual(of(call("date_format", a, "yyyy u"), TIMESTAMP, last, -62_198_755_200_000n, 253_402_300_800_000n), [
    "+292278994 292278994",
    "-0001 -1",
    "+10000 10000",
  ]);
  // The calendar repeats after 400 years: 292,278,994 is 730,692 times that behind 2194
  const far = BigInt(Date.UTC(2194, 0, 1)) + 730_692n * 146_097n * 86_400_000n,
    years = [292_278_994n, 300_000_001n, last, first];
  assert.deepEqual(of(call("make_timestamp", a, 1, 1), INT64, ...years), [far, null, null, null]);
});

Deno.test("unix times, local times and precisions", () => {
  assert.deepEqual(of(call("from_unixtime", a), INT64, 44n, -1n, 2n ** 62n, null), [
    "1970-01-01 00:00:44",
    "1969-12-31 23:59:59",
    null,
    null,
  ]);
  assert.deepEqual(of(call("from_unixtime", a, "HH:mm"), INT64, 3600n), ["01:00"]);
  assert.deepEqual(of(call("unix_timestamp", a), STRING, "1970-01-01 00:00:01.999", "1969-12-31 23:59:59.5", "x"), [
    1n,
    -1n,
    null,
  ]);
  assert.deepEqual(
    of(call("unix_timestamp", a, "yyyy-MM-dd HH:mm:ss.SSS X"), STRING, "1970-01-01 08:00:01.001 +0800"),
    [1n],
  );
  assert.deepEqual(of(call("to_timestamp_ltz", a, 0), INT64, 5n, 2n ** 62n), [5000n, null]);
  assert.deepEqual(of(call("to_timestamp_ltz", a, 3), INT64, 5n), [5n]);
  assert.deepEqual(of(call("convert_tz", a, "+05:30", "Z"), TIMESTAMP, 0n), [-19_800_000n]);
  assert.deepEqual(of(call("convert_tz", a, "UTC", "GMT-08:00"), STRING, "1970-01-01 00:00:00", "?"), [
    "1969-12-31 16:00:00",
    null,
  ]);
  assert.deepEqual(of(call("to_date", a, "d/M/yyyy"), STRING, "29/2/2024", "30/2/2024"), [
    BigInt(Date.UTC(2024, 1, 29)),
    null,
  ]);
  assert.deepEqual(of(call("to_date", a), STRING, "2024-2-9 1:2:3", "2024-02"), [BigInt(Date.UTC(2024, 1, 9)), null]);
});

function reasonOf(expression: Expression): string {
  try {
    compileExpression(expression, [{ name: "a", type: TIMESTAMP, nullable: true }]);
  } catch (thrown) {
    assert.ok(thrown instanceof RdxError);
    return `${thrown.details[0].reason} — ${thrown.details[0].hint}`;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(expression)} is taken` });
}

Deno.test("patterns and zones that are none are refused with the place and what fits", () => {
  assert.match(
    reasonOf(call("date_format", a, "yyyy-WW")),
    /^WW is no field: character 6 of the pattern "yyyy-WW" — What fits/,
  );
  assert.match(reasonOf(call("date_format", a, "MMMMM")), /^MMMMM is no field: character 1/);
  assert.match(reasonOf(call("date_format", a, "HH 'h")), /^There is a quote without its other: character 4/);
  assert.match(reasonOf(call("date_format", a, "XXXX")), /^XXXX is no field/);
  assert.match(reasonOf(call("date_format", a, "-".repeat(300))), /^The pattern has more than 256 characters/);
  assert.match(reasonOf(call("date_format", a, a)), /^date_format needs a literal string here/);
  assert.match(
    reasonOf(call("convert_tz", a, "UTC", "Europe/Zurich")),
    /^convert_tz knows no zone "Europe\/Zurich": rules of named zones/,
  );
  assert.match(
    reasonOf(call("timestampadd", "fortnight", 1, a)),
    /^timestampadd knows no "fortnight" — .*What fits: year/,
  );
  assert.match(reasonOf(call("to_timestamp_ltz", 1, 2)), /^to_timestamp_ltz knows no precision 2/);
});

Deno.test("functions of the clock and of chance are refused with what to use", () => {
  for (const name of ["current_timestamp", "NOW", "localtime", "proctime"]) {
    assert.match(
      reasonOf(call(name)),
      /reads the clock, so that a replay would give other rows — Use a timestamp column/,
    );
  }
  for (const name of ["rand", "uuid"]) assert.match(reasonOf(call(name)), /drawn by chance/);
  assert.match(reasonOf(call("current_watermark", a)), /depends on how the log was read/);
});
