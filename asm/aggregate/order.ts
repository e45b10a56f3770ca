// The order that min and max keep. Doubles: −∞ < … < −0 < 0 < … < ∞ < NaN, as Java's Double.compare and PostgreSQL
// have it; it is a total order, so the result depends on nothing but the values. Their bits are kept in a form that
// sorts as an i64; the form of that form is the bits again.

const NAN_BITS: i64 = 0x7ff8000000000000;

@inline export function flip(bits: i64): i64 {
  return bits ^ ((bits >> 63) & i64.MAX_VALUE);
}

/** A double's bits as an i64 that sorts. */
@inline export function sortable(bits: i64): i64 {
  return (bits & i64.MAX_VALUE) > 0x7ff0000000000000 ? NAN_BITS : flip(bits);
}

/** The bits of a double, with the one canonical NaN. */
@inline export function canonicalNan(bits: i64): i64 {
  return (bits & i64.MAX_VALUE) > 0x7ff0000000000000 ? NAN_BITS : bits;
}
