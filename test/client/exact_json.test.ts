import assert from "node:assert/strict";
import { parseExact, writeExact } from "../../src/client/rdx/exact_json.ts";
import fc from "../deps/fast_check.ts";

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

Deno.test("whole numbers come back as they went, wherever they stand", () => {
  const shape = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      int64,
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.constantFrom(null, true),
      tie("list"),
      tie("object"),
    ),
    list: fc.array(tie("value"), { maxLength: 4 }),
    object: fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), tie("value"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  })).value;
  /** As JSON has it: small whole numbers are numbers, NaN and infinities null, −0 is 0. */
  const inJson = (value: unknown): unknown => {
    if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    if (typeof value === "number") {
      if (!Number.isFinite(value)) return null;
      return Number.isInteger(value) && !Number.isSafeInteger(value) && !/e/.test(String(value))
        ? BigInt(String(value)) // The digits that JSON has, which are the shortest that mean the double
        : value + 0;
    }
    if (Array.isArray(value)) return value.map(inJson);
    if (typeof value !== "object" || value === null) return value;
    const copy = {};
    for (const [name, member] of Object.entries(value)) {
      Object.defineProperty(copy, name, {
        value: inJson(member),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return copy;
  };
  fc.assert(fc.property(shape, (value) => assert.deepEqual(parseExact(writeExact(value)), inJson(value))));
});

Deno.test("text without long numbers is read the usual way; fractions and digits in strings stay what they are", () => {
  const text = '{"x":0.1234567890123456789,"t":"12345678901234567890","n":[-9007199254740993,1234567890123456]}';
  assert.deepEqual(parseExact(text), {
    x: 0.1234567890123456789,
    t: "12345678901234567890",
    n: [-9007199254740993n, 1234567890123456],
  });
});

Deno.test("what has no JSON is a TypeError, whatever stands beside it", () => {
  const circle: Record<string, unknown> = { n: 1n };
  circle.self = circle;
  assert.throws(() => writeExact(circle), TypeError);
  assert.throws(() => writeExact(undefined), TypeError);
  assert.equal(
    writeExact({ at: new Date(0), n: 2n ** 60n, gone: undefined, f() {} }),
    '{"at":"1970-01-01T00:00:00.000Z","n":1152921504606846976}',
  );
});
