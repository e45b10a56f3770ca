/*
 * Code for a shape of rows. Where the parser has met a shape often enough, the function made here reads its rows: what
 * asm/json/template.ts looks up for each leaf (literal, kind, cells) is a constant in it, and that is half of the work. It
 * reads rows for as long as they have the shape, and leaves the first other one alone.
 *
 *   run(at, row, rows, end, bits) → address behind the last row that matched; TEMPLATE_ROW then is the row number there
 */
import { DOUBLE, kindCode } from "../core/schema.ts";
import { DOUBLE_LOCALS, writeDouble } from "./json_code_double.ts";
import { INTEGER_LOCALS, writeInteger } from "./json_code_integer.ts";
import { COLUMN_STATE_TYPE } from "./json_layout.ts";
import * as layout from "./json_template_layout.ts";
import type { Kernel } from "./module.ts";
import { Code, type FunctionBody, type FunctionType, I32, I64, NO_VALUE, OP, SIMD, writeModule } from "./wasm_code.ts";

const takes = (params: number): FunctionType => ({ params: Array(params).fill(I32), results: [I32] });
const INTEGER = { name: "json_match_integer", type: takes(3) };
const OTHER = { name: "json_match_other", type: takes(5) };
/** What the code calls, by its number: the kernel's functions, then its own. */
const CALL_INTEGER = 0, CALL_OTHER = 1, CALL_SEARCH = 2;
/** The kernel functions that the code imports. */
export const CODE_IMPORTS = [INTEGER.name, OTHER.name];

// Locals of `run`, the parameters first. PLACE is where the row is read; START and PLACE are a leaf's ends once it is found.
const AT = 0, ROW = 1, ROWS = 2, END = 3, BITS = 4, PLACE = 5, START = 6, BYTE = 7, SKIP = 8, NEAR = 9, CELLS = 10;
const WORD = 11, FIRST_INTEGER = 12, FIRST_DOUBLE = FIRST_INTEGER + INTEGER_LOCALS.length;
const FIRST_DATA = FIRST_DOUBLE + DOUBLE_LOCALS.length;

/** Strings up to this length are looked for in one word of the bitmap, with a branch; longer ones in two, without. */
const NEAR_BYTES_MAX = 24;
const VECTOR_BYTES = 16;
const PAGE_BYTES = 65536;

interface Entry {
  readonly at: number;
  readonly length: number;
  readonly first: number;
  readonly kind: number;
  readonly typical: number;
  readonly column: number;
  /** A number, for a column of doubles. */
  readonly double: boolean;
  readonly advance: number;
}

function readEntry(kernel: Kernel, at: number): Entry {
  const { bytes, data } = kernel, kind = bytes[at + layout.ENTRY_KIND];
  const column = data.getUint32(at + layout.ENTRY_COLUMN, true);
  return {
    at,
    length: bytes[at + layout.ENTRY_LENGTH],
    first: bytes[at + layout.ENTRY_FIRST],
    kind,
    typical: bytes[at + layout.ENTRY_TYPICAL],
    column,
    double: kind === layout.LEAF_NUMBER && data.getInt32(column + COLUMN_STATE_TYPE, true) === kindCode(DOUBLE.kind),
    advance: data.getUint32(at + layout.ENTRY_ADVANCE, true),
  };
}

/** search(bits, block): the first marked byte at or behind `block`, a multiple of 8. */
function searchFunction(): FunctionBody {
  const bits = 0, block = 1, word = 2, code = new Code();
  code.op(OP.loop, NO_VALUE);
  code.get(block).i32(3).op(OP.i32ShrU).get(bits).op(OP.i32Add).memory(OP.i64Load).op(OP.localTee, word).op(OP.i64Eqz);
  code.op(OP.if, NO_VALUE).get(block).i32(64).op(OP.i32Add).set(block).op(OP.br, 1).op(OP.end).op(OP.end);
  code.get(block).get(word).op(OP.i64Ctz).op(OP.i32WrapI64).op(OP.i32Add);
  return { type: takes(2), locals: [I64], code };
}

/** Writes `run`. Its rows are a loop in a block: depth 0 goes to the next row, depth 1 ends. */
class RunWriter {
  readonly code = new Code();
  readonly #template: number;
  readonly #entries: readonly Entry[];
  /** Addresses of the kernel's vectors for digits, and of its powers of ten. */
  readonly #vectors: number;
  readonly #powers: number;
  #data = FIRST_DATA;

  constructor(kernel: Kernel, template: number) {
    const count = kernel.data.getUint32(template + layout.TEMPLATE_ENTRIES, true);
    this.#template = template;
    this.#vectors = kernel.fn("json_digit_vectors")() >>> 0;
    this.#powers = kernel.fn("json_exact_powers")() >>> 0;
    this.#entries = Array.from({ length: count + 1 }, (_, i) => {
      return readEntry(kernel, template + layout.TEMPLATE_SIZE + i * layout.ENTRY_SIZE);
    });
  }

  write(): FunctionBody {
    const { code } = this, leaves = this.#entries.slice(0, -1), last = this.#entries[leaves.length];
    const stored = leaves.filter(isStored);
    // Where the cells are changes with each batch only
    stored.forEach(({ at }, i) => code.i32(0).memory(OP.i32Load, at + layout.ENTRY_DATA).set(FIRST_DATA + i));
    code.op(OP.block, NO_VALUE).op(OP.loop, NO_VALUE);
    code.get(ROW).get(ROWS).op(OP.i32GeU).op(OP.brIf, 1).get(AT).get(END).op(OP.i32GeU).op(OP.brIf, 1);
    code.get(ROW).i32(3).op(OP.i32Shl).set(CELLS).get(AT).set(PLACE);
    for (const entry of leaves) {
      this.#literal(entry);
      this.#leaf(entry);
    }
    this.#literal(last);
    code.get(PLACE).i32(last.advance).op(OP.i32Add).set(AT);
    code.get(ROW).i32(1).op(OP.i32Add).set(ROW).op(OP.br, 0).op(OP.end).op(OP.end);
    code.i32(0).get(ROW).memory(OP.i32Store, this.#template + layout.TEMPLATE_ROW).get(AT);
    const locals = [I32, I32, I32, I32, I32, I32, I64, ...INTEGER_LOCALS, ...DOUBLE_LOCALS, ...stored.map(() => I32)];
    return { type: takes(5), locals, code };
  }

  /** The literal must stand at PLACE. */
  #literal({ at, length }: Entry): void {
    for (let from = 0; from < length; from += VECTOR_BYTES) {
      const count = Math.min(VECTOR_BYTES, length - from), mask = (1 << count) - 1;
      this.code.get(PLACE).vector(from).i32(0).vector(at + from).simd(SIMD.i8x16Eq).simd(SIMD.i8x16Bitmask);
      if (count < VECTOR_BYTES) this.code.i32(mask).op(OP.i32And);
      this.code.i32(mask).op(OP.i32Ne).op(OP.brIf, 1);
    }
  }

  #leaf({ length, first, kind, typical, column, double }: Entry): void {
    const { code } = this;
    code.get(PLACE).i32(length).op(OP.i32Add).set(START);
    if (kind === layout.LEAF_NONE || kind === layout.LEAF_VALUE) code.get(START).set(PLACE);
    else {
      if (isString(kind) && typical > NEAR_BYTES_MAX) this.#findFar();
      else this.#findNear();
      code.i32(first).op(OP.i32Sub).set(PLACE);
    }
    if (kind === layout.LEAF_INTEGER) this.#integer(this.#data++);
    else if (kind === layout.LEAF_SKIPPED_NUMBER) this.#integer(null);
    else if (double) this.#double(this.#data++, column);
    else if (kind === layout.LEAF_STRING) this.#string(this.#data++);
    else if (kind !== layout.LEAF_NONE && kind !== layout.LEAF_SKIPPED_STRING) this.#other(kind, column);
  }

  /** The first marked byte at or behind START, as special_from of asm/json/bitmap.ts finds it. */
  #findNear(): void {
    const { code } = this;
    code.get(START).i32(3).op(OP.i32ShrU).get(BITS).op(OP.i32Add).memory(OP.i64Load);
    code.get(START).i32(7).op(OP.i32And).op(OP.i64ExtendI32U).op(OP.i64ShrU).op(OP.localTee, WORD);
    code.op(OP.i64Eqz).op(OP.if, I32);
    code.get(BITS).get(START).i32(-8).op(OP.i32And).i32(64).op(OP.i32Add).op(OP.call, CALL_SEARCH);
    code.op(OP.else).get(START).get(WORD).op(OP.i64Ctz).op(OP.i32WrapI64).op(OP.i32Add).op(OP.end);
  }

  /** The same as special_far_from finds it: two words without a branch between them. */
  #findFar(): void {
    const { code } = this;
    code.get(START).i32(3).op(OP.i32ShrU).get(BITS).op(OP.i32Add).set(BYTE);
    code.get(START).i32(7).op(OP.i32And).set(SKIP);
    code.get(BYTE).memory(OP.i64Load).get(SKIP).op(OP.i64ExtendI32U).op(OP.i64ShrU).op(OP.i64Ctz).op(OP.i32WrapI64);
    code.op(OP.localTee, NEAR);
    // None in the first word: its 64 become 64 − SKIP and what the second one has
    code.i32(0).get(NEAR).i32(6).op(OP.i32ShrU).op(OP.i32Sub);
    code.get(BYTE).memory(OP.i64Load, 8).op(OP.i64Ctz).op(OP.i32WrapI64).get(SKIP).op(OP.i32Sub).op(OP.i32And);
    code.op(OP.i32Add).op(OP.localTee, NEAR).i32(128).get(SKIP).op(OP.i32Sub).op(OP.i32GeU).op(OP.if, I32);
    code.get(BITS).get(START).get(SKIP).op(OP.i32Sub).i32(128).op(OP.i32Add).op(OP.call, CALL_SEARCH);
    code.op(OP.else).get(START).get(NEAR).op(OP.i32Add).op(OP.end);
  }

  #cell(data: number): void {
    this.code.get(data).get(CELLS).op(OP.i32Add);
  }

  /** A whole number of at most 16 digits; the kernel looks at the others, and at signs. */
  #integer(data: number | null): void {
    const { code } = this, place = { start: START, end: PLACE, first: FIRST_INTEGER, vectors: this.#vectors };
    code.op(OP.block, NO_VALUE).op(OP.block, NO_VALUE);
    writeInteger(code, place, data === null ? null : () => this.#cell(data));
    code.op(OP.end);
    if (data === null) {
      code.get(ROW).i32(layout.LEAF_SKIPPED_NUMBER).i32(0).get(START).get(PLACE).op(OP.call, CALL_OTHER);
    } else {
      this.#cell(data);
      code.get(START).get(PLACE).op(OP.call, CALL_INTEGER);
    }
    code.op(OP.i32Eqz).op(OP.brIf, 2).op(OP.end);
  }

  /** A short number for a column of doubles; the kernel looks at the others. */
  #double(data: number, column: number): void {
    const { code } = this, place = { start: START, end: PLACE, first: FIRST_DOUBLE, powers: this.#powers };
    code.op(OP.block, NO_VALUE).op(OP.block, NO_VALUE);
    writeDouble(code, place, () => this.#cell(data));
    code.op(OP.end).get(ROW).i32(layout.LEAF_NUMBER).i32(column).get(START).get(PLACE).op(OP.call, CALL_OTHER);
    code.op(OP.i32Eqz).op(OP.brIf, 2).op(OP.end);
  }

  /** A reference: address and length. */
  #string(data: number): void {
    this.#cell(data);
    this.code.get(START).op(OP.i64ExtendI32U).get(PLACE).get(START).op(OP.i32Sub).op(OP.i64ExtendI32U);
    this.code.i64(32n).op(OP.i64Shl).op(OP.i64Or).memory(OP.i64Store);
  }

  /** A leaf that the kernel reads. */
  #other(kind: number, column: number): void {
    const { code } = this;
    code.get(ROW).i32(kind).i32(column).get(START).get(PLACE).op(OP.call, CALL_OTHER);
    code.op(OP.localTee, PLACE).op(OP.i32Eqz).op(OP.brIf, 1);
  }
}

function isString(kind: number): boolean {
  return kind === layout.LEAF_STRING || kind === layout.LEAF_SKIPPED_STRING || kind === layout.LEAF_TEXT;
}

/** Whether code writes its cells itself. */
function isStored({ kind, double }: Entry): boolean {
  return double || kind === layout.LEAF_INTEGER || kind === layout.LEAF_STRING;
}

/** The module for `template`, whose functions it takes from `CODE_IMPORTS` of the kernel. */
export function writeTemplate(kernel: Kernel, template: number): Uint8Array<ArrayBuffer> {
  const run = new RunWriter(kernel, template).write();
  return writeModule(Math.floor(kernel.memoryBytes / PAGE_BYTES), [INTEGER, OTHER], [searchFunction(), run]);
}
