import type { Batch, Vector } from "../core/batch.ts";
import { type DataType, sameType } from "../core/schema.ts";
import { RdxError } from "../core/errors.ts";
import type { FunctionReference } from "../core/user_function.ts";
import { ConstantPool } from "./expr_constant.ts";
import { REGISTER_DATA, REGISTER_SIZE, REGISTER_STEP, REGISTER_VALIDITY } from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import type { SharedPrograms, SharePoints } from "./shared_programs.ts";
import { UserCall } from "./user_function.ts";

/** What instructions name as their kernel that call a user function. */
export const USER_KERNEL = "user";

/**
 * A value that is the same for every row; `null` is NULL. Cells are written as text so that a program is plain JSON
 * and exact: int64, decimal (the scaled integer) and timestamp (epoch ms) in decimal digits, double as `String()` has
 * it but with `-0`, bool `true` or `false`, string as it is, bytes in base64. A constant with `values` is the list of
 * an IN, sorted: numbers ascending, strings and bytes by length and then by bytes.
 */
export type Constant =
  | { readonly type: DataType; readonly value: string | null }
  | { readonly type: DataType; readonly values: readonly string[] };

/** One kernel call over all rows of a batch. */
export interface Instruction {
  /** The kernel's exported name, of the kernels or of the functions that joined them; all have the shape `(code, rows, out, a, b, c) => status`. */
  readonly kernel: string;
  /** Which operator of the kernel, and its parameters (scales, precision). */
  readonly code: number;
  /** Registers of the operands: at most three, if they are no list. */
  readonly args: readonly number[];
  /** The operands are a list: the kernel's `a` is the address of their REGISTERs' addresses, `b` how many they are. */
  readonly list?: boolean;
  /** Register of the result. */
  readonly out: number;
  /** What the result's cells are. */
  readonly type: DataType;
  /** Of a call of USER_KERNEL: the function, for which `args` are values of the types that it takes. */
  readonly user?: FunctionReference;
}

/**
 * An expression, lowered. Registers are numbered: inputs first, then constants, then results. A program is immutable
 * plain data: it can be posted to a worker or written as JSON.
 */
export interface Program {
  /** For each input register the position of its column in the batch. */
  readonly inputs: readonly number[];
  readonly constants: readonly Constant[];
  readonly instructions: readonly Instruction[];
  /** The first `folded` instructions have constant operands only and run once. */
  readonly folded: number;
  /** Registers in all. */
  readonly registers: number;
  /** The register that holds the result. */
  readonly output: number;
  readonly type: DataType;
}

const NO_MEMORY = -1;
/** One word of rows. */
const WORD: Batch = { rows: 64, columns: [], selection: 0, selected: 64, kinds: 0 };

/**
 * Executes a program batch by batch on one kernel. Results are dense (a value for every row, selected or not), live in
 * the batch arena, and share the validity of an operand where it is the same. A program that is a column costs nothing.
 */
export class ProgramRunner {
  readonly kernel: Kernel;
  readonly type: DataType;
  readonly #program: Program;
  readonly #pool: ConstantPool;
  readonly #file: number;
  /** For each instruction what runs it. */
  readonly #calls: (KernelFunction | UserCall)[] = [];
  /** For each instruction the address of its list of operands; 0: they are handed over one by one. */
  readonly #lists: readonly number[];
  readonly #broadcast: KernelFunction;
  readonly #shared: SharedPrograms | null;
  readonly #points: SharePoints | null;

  /** Throws RdxError("no_space") when the constants do not fit the kernel's memory. */
  constructor(kernel: Kernel, program: Program) {
    this.kernel = kernel;
    this.type = program.type;
    this.#program = program;
    this.#shared = kernel.shared;
    this.#points = kernel.shared?.pointsOf(program) ?? null;
    this.#pool = new ConstantPool(kernel);
    // One register more than the program has: `run` fills it when the whole program is constant.
    this.#file = this.#pool.alloc((program.registers + 1) * REGISTER_SIZE);
    this.#broadcast = kernel.fn("expr_broadcast");
    for (const { kernel: name, user } of program.instructions) {
      this.#calls.push(user ? new UserCall(kernel, user) : kernel.fn(name));
    }
    this.#lists = program.instructions.map((instruction) => instruction.list ? this.#list(instruction.args) : 0);
    program.constants.forEach((constant, i) => this.#pool.write(constant, this.#at(program.inputs.length + i)));
    for (let i = 0; i < program.folded; i++) this.#fold(i);
  }

  /** Columns of the batch that `run` reads; the others may be anything. */
  get inputs(): readonly number[] {
    return this.#program.inputs;
  }

  #at(register: number): number {
    return this.#file + register * REGISTER_SIZE;
  }

  /** Writes a list of operands; its address. */
  #list(args: readonly number[]): number {
    const at = this.#pool.alloc(Math.max(1, args.length) * 4), data = this.kernel.data;
    args.forEach((register, i) => data.setUint32(at + i * 4, this.#at(register), true));
    return at;
  }

  /** Runs an instruction whose operands are constants over one word of rows and keeps the result. */
  #fold(index: number) {
    this.#call(index, WORD);
    const { out, type } = this.#program.instructions[index];
    this.#pool.keep(type, this.#at(out));
  }

  #call(index: number, batch: Batch) {
    const { code, args, out } = this.#program.instructions[index], list = this.#lists[index];
    const call = this.#calls[index], { rows } = batch;
    if (call instanceof UserCall) return call.run(batch, args.map((register) => this.#at(register)), this.#at(out));
    if (list !== 0) return this.#check(call(code, rows, this.#at(out), list, args.length, 0));
    const a = args.length > 0 ? this.#at(args[0]) : 0;
    const b = args.length > 1 ? this.#at(args[1]) : 0;
    const c = args.length > 2 ? this.#at(args[2]) : 0;
    this.#check(call(code, rows, this.#at(out), a, b, c));
  }

  #check(status: number) {
    if (status === NO_MEMORY) {
      throw new RdxError("no_space", "Cannot get kernel memory for the result of an expression");
    }
    if (status < 0) throw new RdxError("internal", `Expression kernel failed with status ${status}`);
  }

  /** The expression's value for every row of `batch`. Throws RdxError("no_space") at the memory's maximum. */
  run(batch: Batch): Vector {
    const { inputs, instructions, folded, output } = this.#program;
    if (output < inputs.length) {
      const column = batch.columns[inputs[output]];
      return sameType(column.type, this.type) ? column : { ...column, type: this.type };
    }
    const data = this.kernel.data;
    for (let i = 0; i < inputs.length; i++) {
      const at = this.#at(i), vector = batch.columns[inputs[i]];
      data.setUint32(at + REGISTER_DATA, vector.data, true);
      data.setUint32(at + REGISTER_VALIDITY, vector.validity, true);
      data.setUint32(at + REGISTER_STEP, 1, true);
    }
    if (this.#points && this.#shared?.frame) this.#runShared(batch, this.#shared, this.#points);
    else for (let i = folded; i < instructions.length; i++) this.#call(i, batch);
    return this.#result(batch.rows);
  }

  /** Takes what others have computed from them, computes what the output needs beside that, and keeps for others what they want. */
  #runShared(batch: Batch, shared: SharedPrograms, points: SharePoints): void {
    const { instructions, folded, output } = this.#program, needed = new Set([output]), todo: number[] = [];
    for (let i = instructions.length - 1; i >= folded; i--) {
      const { out, args, type } = instructions[i], point = points[i];
      if (!needed.has(out)) continue;
      const taken = point && shared.take(point, batch, type);
      if (taken) this.#set(out, taken);
      else {
        todo.push(i);
        for (const arg of args) needed.add(arg);
      }
    }
    const { functions } = this.kernel;
    for (let i = todo.pop(); i !== undefined; i = todo.pop()) {
      const { out, type } = instructions[i], point = points[i], faults = functions.faultRows;
      this.#call(i, batch);
      // What goes wrong in a user function is told by each pipeline that calls it.
      if (point && functions.faultRows === faults) shared.give(point, batch, this.#vectorAt(this.#at(out), type));
    }
  }

  #set(register: number, { data, validity }: Vector): void {
    const at = this.#at(register), view = this.kernel.data;
    view.setUint32(at + REGISTER_DATA, data, true);
    view.setUint32(at + REGISTER_VALIDITY, validity, true);
    view.setUint32(at + REGISTER_STEP, 1, true);
  }

  #vectorAt(at: number, type: DataType): Vector {
    const { data } = this.kernel;
    return {
      type,
      data: data.getUint32(at + REGISTER_DATA, true),
      validity: data.getUint32(at + REGISTER_VALIDITY, true),
    };
  }

  #result(rows: number): Vector {
    let at = this.#at(this.#program.output);
    if (this.kernel.data.getUint32(at + REGISTER_STEP, true) === 0) {
      const bits = this.type.kind === "bool" ? 1 : 0, from = at;
      at = this.#at(this.#program.registers);
      this.#check(this.#broadcast(bits, rows, at, from, 0, 0));
    }
    return this.#vectorAt(at, this.type);
  }

  /** Gives the memory of constants back. The runner cannot be used afterwards. */
  dispose(): void {
    this.#pool.dispose();
  }
}

/**
 * The rows of `batch` for which `runner`'s bool program is true (neither false nor NULL), within those that are
 * selected: the same columns with a new selection in the batch arena, or `batch` itself when none falls out.
 */
export function filter(batch: Batch, runner: ProgramRunner): Batch {
  if (runner.type.kind !== "bool") throw new RdxError("internal", `Cannot filter by a ${runner.type.kind}`);
  const verdict = runner.run(batch), kernel = runner.kernel;
  const selection = kernel.arena(batch.selected * 4 + 64 * 4);
  const select = kernel.fn("expr_filter");
  const selected = select(batch.rows, verdict.data, verdict.validity, batch.selection, batch.selected, selection);
  return selected === batch.selected ? batch : { ...batch, selection, selected };
}
