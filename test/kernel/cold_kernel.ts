import type { ColdFile } from "../../src/core/cold_file.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { extensionModule, kernelModule, type Variant } from "./load.ts";

/** A working file in memory. */
export function memoryFile(): ColdFile {
  let held = new Uint8Array(1 << 12);
  return {
    write(at, bytes) {
      if (at + bytes.length > held.length) {
        const more = new Uint8Array(2 * (at + bytes.length));
        more.set(held);
        held = more;
      }
      held.set(bytes, at);
    },
    read(at, into) {
      into.set(held.subarray(at, at + into.length));
      return into.length;
    },
    truncate(bytes) {
      held.fill(0, bytes);
    },
    close() {},
  };
}

const ROOM_BYTES = 2 ** 28, MUCH_BYTES = 2 ** 29, NEVER_ENOUGH_BYTES = 2 ** 32 - 2;

/** A kernel in which everything that can leaves memory in front of a push, whenever `leaves` says so. */
export class LeavingKernel extends Kernel {
  readonly #leaves: () => boolean;

  constructor(leaves: () => boolean, variant: Variant = "simd") {
    super(kernelModule(variant));
    this.#leaves = leaves;
    this.cold = memoryFile;
    this.limitState(ROOM_BYTES);
  }

  override get stateBytesMax(): number {
    return this.#leaves() ? NEVER_ENOUGH_BYTES : MUCH_BYTES;
  }

  override fn(name: string): ReturnType<Kernel["fn"]> {
    const own = super.fn(name);
    return name === "state_limit" ? () => own(ROOM_BYTES) : own;
  }
}

/** The same with the kernels of operators. */
export function leavingOperators(leaves: () => boolean, variant: Variant = "simd"): Kernel {
  const kernel = new LeavingKernel(leaves, variant);
  kernel.extend("operators", extensionModule("operators", variant));
  return kernel;
}
