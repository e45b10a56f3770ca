import type { DataType } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";

const A = 0x9E3779B97F4A7C15n, B = 0xD6E8FEB86659FD93n, N = 0x5851F42D4C957F2Dn;
const wrap = (x: bigint) => BigInt.asUintN(64, x);
const fold = (x: bigint) => x ^ (x >> 32n);

function wordOfBytes(bytes: Uint8Array): bigint {
  const padded = new DataView(new ArrayBuffer(Math.ceil(bytes.length / 8) * 8));
  bytes.forEach((byte, i) => padded.setUint8(i, byte));
  let w = wrap(BigInt(bytes.length) * B);
  for (let at = 0; at < padded.byteLength; at += 8) w = fold(wrap((w ^ padded.getBigUint64(at, true)) * A));
  return w;
}

/** The lowest value of 16 bytes is the lowest number. */
function wideBytes(value: bigint): Uint8Array {
  const digits = (value + 2n ** 127n).toString(16).padStart(32, "0");
  return Uint8Array.from({ length: 16 }, (_, i) => parseInt(digits.slice(i * 2, i * 2 + 2), 16));
}

function wordOf(type: DataType, value: Value): bigint {
  if (value === null) return N;
  if (type.kind === "decimal128") return wordOfBytes(wideBytes(value as bigint));
  if (type.kind === "double") {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value === 0 ? 0 : value as number);
    return Number.isNaN(value) ? 0x7FF8000000000000n : view.getBigUint64(0);
  }
  if (typeof value === "string") return wordOfBytes(new TextEncoder().encode(value));
  if (value instanceof Uint8Array) return wordOfBytes(value);
  return wrap(BigInt(value));
}

/** The key group of a key, written from the definition alone. */
export function groupOf(types: readonly DataType[], key: readonly Value[]): number {
  let state = 0n;
  types.forEach((type, i) => {
    const rotated = wrap(state << 23n) | (state >> 41n);
    state = wrap(fold(wrap((rotated + wordOf(type, key[i])) * A)) * B);
  });
  return Number(state >> 57n);
}
