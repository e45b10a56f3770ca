/** Bytes of a decimal128 cell: two's complement with the sign bit flipped, the highest byte first, so that bytes have the order of numbers. */
export const DECIMAL128_BYTES = 16;

const SIGN = 1n << 127n;
const HALF = 64n;

/** Writes a scaled value of at most 38 digits as a cell at `at`. */
export function writeDecimal128(view: DataView, at: number, value: bigint): void {
  const cell = BigInt.asUintN(128, value) ^ SIGN;
  view.setBigUint64(at, cell >> HALF);
  view.setBigUint64(at + 8, BigInt.asUintN(64, cell));
}

/** The cell of a scaled value. */
export function decimal128Bytes(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(DECIMAL128_BYTES);
  writeDecimal128(new DataView(bytes.buffer), 0, value);
  return bytes;
}

/** The scaled value of the cell at `at`. */
export function readDecimal128(view: DataView, at: number): bigint {
  const cell = view.getBigUint64(at) << HALF | view.getBigUint64(at + 8);
  return BigInt.asIntN(128, cell ^ SIGN);
}

function turn(from: Uint8Array, at: number, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < DECIMAL128_BYTES; i++) to[toAt + i] = from[at + DECIMAL128_BYTES - 1 - i];
}

/** Writes the cell at `at` as Arrow has it: two's complement, the lowest byte first. */
export function decimal128ToArrow(cells: Uint8Array, at: number, arrow: Uint8Array, arrowAt: number): void {
  turn(cells, at, arrow, arrowAt);
  arrow[arrowAt + DECIMAL128_BYTES - 1] ^= 0x80;
}

/** Writes what Arrow has at `arrowAt` as a cell. */
export function decimal128OfArrow(arrow: Uint8Array, arrowAt: number, cells: Uint8Array, at: number): void {
  turn(arrow, arrowAt, cells, at);
  cells[at] ^= 0x80;
}
