import { FEW_DIGITS, WORD_HIGH, WORD_LIMIT, WORD_ZEROS, writeFold } from "./json_code_integer.ts";
import { type Code, I32, I64, NO_VALUE, OP } from "./wasm_code.ts";

/** Types of the locals that writeDouble uses, from `first` on. */
export const DOUBLE_LOCALS: readonly number[] = [I32, I32, I32, I64, I64];

/** Where a number stands, and what may be used to read it. */
export interface DoublePlace {
  /** Locals with the addresses of its first byte and behind its last. */
  readonly start: number;
  readonly end: number;
  /** First of the locals of DOUBLE_LOCALS. */
  readonly first: number;
  /** Address of the powers of ten of asm/text/double.ts, as doubles. */
  readonly powers: number;
}

const MINUS = 0x2d, ZERO = 0x30, POINT = 0x2e, POINT_LESS_ZERO = POINT ^ ZERO;
/** Where the last byte of a word stands in it, and its sign, in bits. */
const LAST_BYTE = 56, SIGN = 63;

/**
 * Code that reads a number like 12.5, -7 or 0.031 of up to 8 digits and point: it leaves the outer one of the two blocks that it stands in when it has stored it in the cell
 * whose address `cell` leaves on the stack, and the inner one for anything that it does not read. Digits and power of ten are exact doubles, so that their quotient is the
 * nearest one (Clinger, "How to Read Floating Point Numbers Accurately", 1990).
 */
export function writeDouble(code: Code, { start, end, first, powers }: DoublePlace, cell: () => void): void {
  const at = first, count = first + 1, power = first + 2, word = first + 3, others = first + 4;
  code.get(start).get(start).memory(OP.i32Load8).i32(MINUS).op(OP.i32Eq).op(OP.i32Add).set(at);
  code.get(end).get(at).op(OP.i32Sub).op(OP.localTee, count);
  code.i32(1).op(OP.i32Sub).i32(FEW_DIGITS).op(OP.i32GeU).op(OP.brIf, 0);
  // A leading zero before anything but the point
  code.get(at).memory(OP.i64Load).op(OP.localTee, word);
  code.op(OP.i32WrapI64).i32(0xff).op(OP.i32And).i32(ZERO).op(OP.i32Eq).get(count).i32(1).op(OP.i32GtU).op(OP.i32And);
  code.get(word).op(OP.i32WrapI64).i32(0xff00).op(OP.i32And).i32(POINT << 8).op(OP.i32Ne).op(OP.i32And).op(OP.brIf, 0);
  // The last byte becomes the highest of the word, and zeros come before the first
  code.get(word).i64(WORD_ZEROS).op(OP.i64Xor);
  code.i32(0).get(count).i32(3).op(OP.i32Shl).op(OP.i32Sub).op(OP.i64ExtendI32U).op(OP.i64Shl).op(OP.localTee, word);
  code.i64(WORD_LIMIT).op(OP.i64Add).get(word).op(OP.i64Or).i64(WORD_HIGH).op(OP.i64And).op(OP.localTee, others);
  code.op(OP.i64Eqz).op(OP.if, NO_VALUE).i32(0).set(power).op(OP.else);
  writeWithoutPoint(code, { count, power, word, others });
  code.op(OP.end);
  cell();
  writeFold(code.get(word));
  code.op(OP.f64ConvertI64U).get(power).memory(OP.f64Load, powers).op(OP.f64Div).op(OP.i64ReinterpretF64);
  code.get(at).get(start).op(OP.i32Sub).op(OP.i64ExtendI32U).i64(BigInt(SIGN)).op(OP.i64Shl).op(OP.i64Or);
  code.memory(OP.i64Store).op(OP.br, 1);
}

/**
 * Takes the point out of `word`: the digits before it move over it. `power` becomes the place of ten to the number of digits behind it. Leaves the block around the one that
 * it stands in where there is anything but one point with digits on both sides.
 */
function writeWithoutPoint(code: Code, locals: { count: number; power: number; word: number; others: number }): void {
  const { count, power, word, others } = locals, point = others;
  code.get(others).get(others).i64(1n).op(OP.i64Sub).op(OP.i64And).i64(0n).op(OP.i64Ne).op(OP.brIf, 1);
  code.get(others).op(OP.i64Ctz).i64(7n).op(OP.i64Sub).op(OP.localTee, point);
  code.i64(BigInt(LAST_BYTE)).op(OP.i64Eq).op(OP.brIf, 1);
  code.get(word).get(point).op(OP.i64ShrU).op(OP.i32WrapI64).i32(0xff).op(OP.i32And);
  code.i32(POINT_LESS_ZERO).op(OP.i32Ne).op(OP.brIf, 1);
  // Eight bytes for each power, eight bits for each digit
  code.i32(LAST_BYTE).get(point).op(OP.i32WrapI64).op(OP.i32Sub).op(OP.localTee, power);
  code.get(count).i32(1).op(OP.i32Sub).i32(3).op(OP.i32Shl).op(OP.i32Eq).op(OP.brIf, 1);
  code.get(word).i64(1n).get(point).op(OP.i64Shl).i64(1n).op(OP.i64Sub).op(OP.i64And).i64(8n).op(OP.i64Shl);
  code.get(word).i64(-0x100n).get(point).op(OP.i64Shl).op(OP.i64And).op(OP.i64Or).set(word);
}
