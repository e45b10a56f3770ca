/** Opcodes of WebAssembly (core specification 2.0, appendix "Index of Instructions"), those that generated code uses. */
export const OP = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  i64Load: 0x29,
  f64Load: 0x2b,
  i32Load8: 0x2d,
  i32Store: 0x36,
  i64Store: 0x37,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32GeU: 0x4f,
  i32GtU: 0x4b,
  i64Eqz: 0x50,
  i64Eq: 0x51,
  i64Ne: 0x52,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Or: 0x72,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  i64Ctz: 0x7a,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  f64Div: 0xa3,
  i32WrapI64: 0xa7,
  i64ExtendI32U: 0xad,
  f64ConvertI64U: 0xba,
  i64ReinterpretF64: 0xbd,
} as const;

/** Opcodes behind the prefix 0xfd. */
export const SIMD = {
  v128Load: 0,
  i8x16Eq: 35,
  v128And: 78,
  i8x16Bitmask: 100,
  i8x16AddSatU: 112,
  i8x16Sub: 113,
  i16x8ShrU: 141,
  i8x16NarrowI16x8U: 102,
  i16x8NarrowI32x4U: 134,
  i16x8Add: 142,
  i16x8Mul: 149,
  i32x4ExtractLane: 27,
  i32x4DotI16x8S: 186,
} as const;

/** Value types. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const V128 = 0x7b;
/** The type of a block that leaves nothing. */
export const NO_VALUE = 0x40;

const SIMD_PREFIX = 0xfd;
const BODY_END = OP.end;

/** The parameters and results of a function. */
export interface FunctionType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (value >>>= 0; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

function signed(value: bigint): number[] {
  for (const bytes: number[] = [];;) {
    const low = Number(value & 0x7fn);
    value >>= 7n;
    const done = value === 0n ? (low & 0x40) === 0 : value === -1n && (low & 0x40) !== 0;
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

/** The instructions of one function, as bytes; the methods add to them and can be chained. */
export class Code {
  readonly bytes: number[] = [];

  /** Instructions without immediates, or with unsigned ones: `op(OP.localGet, 3)`. */
  op(code: number, ...immediates: number[]): this {
    this.bytes.push(code);
    for (const immediate of immediates) this.bytes.push(...unsigned(immediate));
    return this;
  }

  simd(code: number, ...immediates: number[]): this {
    return this.op(SIMD_PREFIX, code, ...immediates);
  }

  get(local: number): this {
    return this.op(OP.localGet, local);
  }

  set(local: number): this {
    return this.op(OP.localSet, local);
  }

  i32(value: number): this {
    this.bytes.push(OP.i32Const, ...signed(BigInt(value | 0)));
    return this;
  }

  i64(value: bigint): this {
    this.bytes.push(OP.i64Const, ...signed(BigInt.asIntN(64, value)));
    return this;
  }

  /** A load or store at the address on the stack plus `offset`, unaligned. */
  memory(code: number, offset = 0): this {
    return this.op(code, 0, offset);
  }

  /** A vector from the address on the stack plus `offset`, unaligned. */
  vector(offset = 0): this {
    return this.simd(SIMD.v128Load, 0, offset);
  }
}

/** A function of a module: `locals` are the types of those behind the parameters. */
export interface FunctionBody {
  readonly type: FunctionType;
  readonly locals: readonly number[];
  readonly code: Code;
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
}

/**
 * The bytes of a module that imports `env.memory`, of `pages` pages of 64 KiB at least, and the functions `imports` of `env`; functions are
 * numbered in order, the imported ones first. The last of `functions` is exported as `run`.
 */
export function writeModule(
  pages: number,
  imports: readonly { readonly name: string; readonly type: FunctionType }[],
  functions: readonly FunctionBody[],
): Uint8Array<ArrayBuffer> {
  const types = [...imports, ...functions].map(({ type: { params, results } }) => {
    return [0x60, ...vector(params.map((one) => [one])), ...vector(results.map((one) => [one]))];
  });
  const memory = [...text("env"), ...text("memory"), 2, 0, ...unsigned(pages)];
  const imported = imports.map(({ name }, i) => [...text("env"), ...text(name), 0, ...unsigned(i)]);
  const bodies = functions.map(({ locals, code }) => {
    const body = [...vector(locals.map((type) => [1, type])), ...code.bytes, BODY_END];
    return [...unsigned(body.length), ...body];
  });
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([memory, ...imported])),
    ...section(3, vector(functions.map((_, i) => unsigned(imports.length + i)))),
    ...section(7, vector([[...text("run"), 0, ...unsigned(imports.length + functions.length - 1)]])),
    ...section(10, vector(bodies)),
  ]);
}
