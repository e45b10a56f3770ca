import type { DataType } from "../core/schema.ts";
import type { FunctionReference } from "../core/user_function.ts";
import type { Constant, Instruction, Program } from "../kernel/program.ts";

/** A register while a program grows: the position of its node in an Emitter. Programs number registers anew. */
export type Register = number;

type Node =
  | { readonly kind: "input"; readonly column: number }
  | { readonly kind: "constant"; readonly constant: Constant }
  | {
    readonly kind: "call";
    readonly kernel: string;
    readonly code: number;
    readonly args: readonly Register[];
    readonly type: DataType;
    /** All operands are constants, so that it runs once. */
    readonly folded: boolean;
    /** The operands are handed over as a list. */
    readonly list: boolean;
    /** The user function that is called. */
    readonly user?: FunctionReference;
  };

/** The kernel of calls of user functions (USER_KERNEL in src/kernel/program.ts). */
const USER_KERNEL = "user";

/**
 * Builds one program. Equal nodes become one, so that a sub-expression that occurs twice is computed once; what the
 * output does not need is left out.
 */
export class Emitter {
  readonly #nodes: Node[] = [];
  readonly #known = new Map<string, Register>();

  #add(node: Node): Register {
    const key = JSON.stringify(node), known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.#nodes.length);
    return this.#nodes.push(node) - 1;
  }

  /** The column at position `column` of the batch. */
  input(column: number): Register {
    return this.#add({ kind: "input", column });
  }

  constant(constant: Constant): Register {
    return this.#add({ kind: "constant", constant });
  }

  /** One kernel call; see Instruction. */
  call(kernel: string, code: number, args: readonly Register[], type: DataType, list = false): Register {
    const folded = args.every((arg) => {
      const node = this.#nodes[arg];
      return node.kind === "constant" || (node.kind === "call" && node.folded);
    });
    return this.#add({ kind: "call", kernel, code, args, type, folded, list });
  }

  /** A call of a user function. It is never folded: it belongs to the rows of a batch, of which there may be none. */
  user(user: FunctionReference, args: readonly Register[], type: DataType): Register {
    return this.#add({ kind: "call", kernel: USER_KERNEL, code: 0, args, type, folded: false, list: false, user });
  }

  /** The program whose result is `output`. */
  finish(output: Register, type: DataType): Program {
    const needed = this.#needed(output);
    const rank = (node: Node) => node.kind === "input" ? 0 : node.kind === "constant" ? 1 : node.folded ? 2 : 3;
    needed.sort((a, b) => rank(this.#nodes[a]) - rank(this.#nodes[b]) || a - b);
    const numbers = new Map(needed.map((register, i) => [register, i]));
    const number = (register: Register) => numbers.get(register) ?? -1;
    const inputs: number[] = [], constants: Constant[] = [], instructions: Instruction[] = [];
    let folded = 0;
    for (const register of needed) {
      const node = this.#nodes[register];
      if (node.kind === "input") inputs.push(node.column);
      else if (node.kind === "constant") constants.push(node.constant);
      else {
        if (node.folded) folded++;
        const { kernel, code, args, type, list, user } = node;
        const instruction = { kernel, code, args: args.map(number), out: number(register), type };
        instructions.push({ ...instruction, ...(list ? { list } : {}), ...(user ? { user } : {}) });
      }
    }
    return { inputs, constants, instructions, folded, registers: needed.length, output: number(output), type };
  }

  /** The registers that `output` depends on, and itself. */
  #needed(output: Register): Register[] {
    const found = new Set([output]);
    for (const register of found) {
      const node = this.#nodes[register];
      if (node.kind === "call") { for (const arg of node.args) found.add(arg); }
    }
    return [...found];
  }
}
