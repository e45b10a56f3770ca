import { type Code, I32, I64, NO_VALUE, OP, SIMD, V128 } from "./wasm_code.ts";

/** Types of the locals that writeInteger uses, from `first` on. */
export const INTEGER_LOCALS: readonly number[] = [I32, I64, V128];

/** Where a whole number stands, and what may be used to read it. */
export interface IntegerPlace {
  /** Locals with the addresses of its first byte and behind its last. */
  readonly start: number;
  readonly end: number;
  /** First of the locals of INTEGER_LOCALS. */
  readonly first: number;
  /** Address of the vectors of asm/json/digits_simd.ts. */
  readonly vectors: number;
}

// Vectors of asm/json/digits_simd.ts, as offsets
const ZEROS = 0, LIMIT = 16, TENS = 32, LOW_BYTES = 48, HUNDREDS = 64, TEN_THOUSANDS = 80, MASKS = 96;
const DIGITS_MAX = 16;
/** Digits, and all else of a number, that one word holds. */
export const FEW_DIGITS = 8;
/** '0' in each byte of a word; what makes a byte above 9 one with its highest bit; those bits. */
export const WORD_ZEROS = 0x3030303030303030n, WORD_LIMIT = 0x7676767676767676n, WORD_HIGH = 0x8080808080808080n;

/**
 * Code that reads a whole number without a sign: it leaves the outer one of the two blocks that it stands in when it
 * has stored it in the cell whose address `cell` leaves on the stack (null: when it is well formed), and the inner one for
 * anything that it does not read. The arithmetic is that of digits_before_simd.
 */
export function writeInteger(code: Code, place: IntegerPlace, cell: (() => void) | null): void {
  const { start, end, first: count } = place;
  code.get(end).get(start).op(OP.i32Sub).set(count);
  code.op(OP.block, NO_VALUE);
  code.get(count).i32(1).op(OP.i32Sub).i32(FEW_DIGITS).op(OP.i32GeU).op(OP.brIf, 0);
  writeFew(code, place, cell);
  code.op(OP.br, 2).op(OP.end);
  writeMany(code, place, cell);
  code.op(OP.br, 1);
}

/** 1 to 8 digits, in one word; they stand in a block more. */
function writeFew(code: Code, { start, first }: IntegerPlace, cell: (() => void) | null): void {
  const count = first, word = first + 1;
  code.get(start).memory(OP.i64Load).op(OP.localTee, word);
  // A leading zero
  code.op(OP.i32WrapI64).i32(0xff).op(OP.i32And).i32(0x30).op(OP.i32Eq);
  code.get(count).i32(1).op(OP.i32GtU).op(OP.i32And).op(OP.brIf, 1);
  code.get(word).i64(WORD_ZEROS).op(OP.i64Xor);
  code.i32(0).get(count).i32(3).op(OP.i32Shl).op(OP.i32Sub).op(OP.i64ExtendI32U).op(OP.i64Shl).op(OP.localTee, word);
  code.i64(WORD_LIMIT).op(OP.i64Add).get(word).op(OP.i64Or).i64(WORD_HIGH).op(OP.i64And);
  code.i64(0n).op(OP.i64Ne).op(OP.brIf, 1);
  if (cell === null) return;
  cell();
  writeFold(code.get(word));
  code.memory(OP.i64Store);
}

/** The value of the eight digits (bytes 0 to 9, the first the lowest) in the word on the stack takes its place. */
export function writeFold(code: Code): void {
  code.i64(2561n).op(OP.i64Mul).i64(8n).op(OP.i64ShrU).i64(0x00ff00ff00ff00ffn).op(OP.i64And);
  code.i64(6553601n).op(OP.i64Mul).i64(16n).op(OP.i64ShrU).i64(0x0000ffff0000ffffn).op(OP.i64And);
  code.i64(42949672960001n).op(OP.i64Mul).i64(32n).op(OP.i64ShrU);
}

/** 9 to 16 digits, in one vector. */
function writeMany(code: Code, { start, end, first, vectors }: IntegerPlace, cell: (() => void) | null): void {
  const count = first, vector = first + 2;
  const constant = (offset: number) => code.i32(0).vector(vectors + offset);
  code.get(count).i32(FEW_DIGITS + 1).op(OP.i32Sub).i32(DIGITS_MAX - FEW_DIGITS).op(OP.i32GeU).op(OP.brIf, 0);
  code.get(start).memory(OP.i32Load8).i32(0x30).op(OP.i32Eq).op(OP.brIf, 0);
  code.get(end).i32(DIGITS_MAX).op(OP.i32Sub).vector();
  constant(ZEROS).simd(SIMD.i8x16Sub).get(count).vector(vectors + MASKS).simd(SIMD.v128And).op(OP.localTee, vector);
  constant(LIMIT).simd(SIMD.i8x16AddSatU).simd(SIMD.i8x16Bitmask).op(OP.brIf, 0);
  if (cell === null) return;
  code.get(vector);
  constant(TENS).simd(SIMD.i16x8Mul).get(vector).i32(8).simd(SIMD.i16x8ShrU).simd(SIMD.i16x8Add);
  constant(LOW_BYTES).simd(SIMD.v128And);
  constant(HUNDREDS).simd(SIMD.i32x4DotI16x8S).op(OP.localTee, vector).get(vector).simd(SIMD.i16x8NarrowI32x4U);
  constant(TEN_THOUSANDS).simd(SIMD.i32x4DotI16x8S).set(vector);
  cell();
  code.get(vector).simd(SIMD.i32x4ExtractLane, 0).op(OP.i64ExtendI32U).i64(100000000n).op(OP.i64Mul);
  code.get(vector).simd(SIMD.i32x4ExtractLane, 1).op(OP.i64ExtendI32U).op(OP.i64Add).memory(OP.i64Store);
}
