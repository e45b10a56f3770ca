import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { RdxError } from "../../src/core/errors.ts";
import { decodeEnvelope, encodeEnvelope, type Envelope } from "../../src/core/wire.ts";

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const numbered = fc.maxSafeNat(), orAbsent = fc.oneof(fc.constant(-1), fc.maxSafeNat());

const envelopes: fc.Arbitrary<Envelope> = fc.oneof(
  fc.record({
    kind: fc.constant("rows" as const),
    stream: fc.option(text),
    producer: fc.option(text),
    sequence: orAbsent,
    arrow: fc.uint8Array({ maxLength: 50 }),
  }),
  fc.record({ kind: fc.constant("end" as const), stream: fc.option(text) }),
  fc.record({
    kind: fc.constant("ack" as const),
    sequence: orAbsent,
    accepted: numbered,
    rejected: numbered,
    offset: orAbsent,
  }),
  fc.record({ kind: fc.constant("credit" as const), rows: numbered }),
  fc.record({ kind: fc.constant("error" as const), code: text, message: text, sequence: orAbsent, expected: orAbsent }),
);

Deno.test("envelopes come back from their bytes", () => {
  fc.assert(fc.property(envelopes, (envelope) => {
    const bytes = encodeEnvelope(envelope), shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    assert.deepEqual(decodeEnvelope(bytes), { ...envelope });
    assert.deepEqual(decodeEnvelope(shifted.subarray(3)), { ...envelope });
  }));
});

Deno.test("damaged envelopes give an error of ours or an envelope, never anything else", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 });
  fc.assert(
    fc.property(envelopes, damage, fc.nat(), (envelope, damage, end) => {
      const whole = encodeEnvelope(envelope), bytes = whole.slice(0, whole.length - end % whole.length);
      for (const [at, value] of damage) bytes[at % bytes.length] = value;
      try {
        decodeEnvelope(bytes);
      } catch (thrown) {
        assert.ok(thrown instanceof RdxError && thrown.code === "invalid", `${thrown}`);
      }
    }),
    { numRuns: 3000 },
  );
});

Deno.test("kinds that are not known and rows without a message are refused", () => {
  assert.throws(() => decodeEnvelope(new Uint8Array(20)), { code: "invalid" });
  assert.throws(() => decodeEnvelope(new Uint8Array(3)), { code: "invalid" });
  const end = encodeEnvelope({ kind: "end", stream: null });
  const kind = end.lastIndexOf(2);
  end[kind] = 1;
  assert.throws(() => decodeEnvelope(end), /no Arrow message/);
  end[kind] = 9;
  assert.throws(() => decodeEnvelope(end), /kind 9/);
});
