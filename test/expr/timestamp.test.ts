import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { type Column, STRING } from "../../src/core/schema.ts";
import { parseIsoTimestamp } from "../../src/expr/timestamp.ts";
import { valuesOf } from "../kernel/expr_run.ts";

const digits = (length: number, max: number) =>
  fc.tuple(fc.nat(max), fc.boolean()).map(([x, short]) => String(x).padStart(short && length === 2 ? 1 : length, "0"));
const anyIso = fc.tuple(
  digits(4, 9999),
  digits(2, 13),
  digits(2, 32),
  fc.constantFrom("", "T", " "),
  digits(2, 24),
  digits(2, 60),
  fc.constantFrom("", ":00", ":59.9", ":07.123456", ":60", ":1", ":00.", ":5.25"),
  fc.constantFrom("", "Z", "+01:00", "-0930", "+24:00", "+1", "z"),
).map(([y, m, d, t, h, min, s, zone]) => `${y}-${m}-${d}${t === "" ? "" : `${t}${h}:${min}${s}${zone}`}`);

Deno.test("literals read the same timestamps as casts of strings", () => {
  const columns: Column[] = [{ name: "a", type: STRING, nullable: false }];
  fc.assert(fc.property(fc.array(anyIso, { minLength: 50, maxLength: 100 }), (texts) => {
    const cast = valuesOf(
      { call: "cast", args: [{ column: "a" }], type: "timestamp" },
      columns,
      texts.map((text) => [text]),
    );
    const read = texts.map(parseIsoTimestamp).map((ms) => ms === null ? null : BigInt(ms));
    assert.deepEqual(cast, read, JSON.stringify(texts));
  }));
});
