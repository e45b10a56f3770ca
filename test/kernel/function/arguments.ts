import fc from "../../deps/fast_check.ts";
import { BYTES, DOUBLE, INT64, STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import type { Argument } from "./differential.ts";

/** Texts of few letters, so that they meet, with characters of one to four bytes. */
export const shortText = (letters = "abAB é漢🙂", maxLength = 8) =>
  fc.string({ unit: fc.constantFrom(...letters), maxLength });
export const anyText = fc.oneof(
  shortText(),
  fc.string({ unit: "grapheme", maxLength: 24 }).map((text) => text.toWellFormed()),
  fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 90 }),
  fc.constantFrom("", " ", "hello wORLD foo-bar 12ab", "a b\tc\nd"),
);

const int64Edges = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 31n, 2n ** 32n];
export const anyInt64 = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.bigInt(-100n, 100n),
  fc.constantFrom(...int64Edges),
);

export const text: Argument = { type: STRING, values: anyText };
export const part: Argument = { type: STRING, values: fc.oneof(shortText("abé/", 3), shortText("ab", 1), anyText) };
export const int64: Argument = { type: INT64, values: anyInt64 };
/** Counts and places around what texts have. */
export const count: Argument = {
  type: INT64,
  values: fc.oneof(fc.bigInt(-4n, 12n), fc.bigInt(-4n, 12n), fc.constantFrom(...int64Edges)),
};
export const double: Argument = { type: DOUBLE, values: fc.oneof(fc.double(), fc.integer({ min: -9, max: 9 })) };
export const bytes: Argument = { type: BYTES, values: fc.uint8Array({ maxLength: 24 }) };
export const timestamp: Argument = {
  type: TIMESTAMP,
  values: fc.bigInt(-62_135_596_800_000n, 253_402_300_799_999n),
};
