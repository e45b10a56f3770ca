import type { OpenColdFile } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import { KERNEL_MEMORY_BYTES_MAX, MADE_TEXT_BYTES_MAX } from "../core/limits.ts";
import { ColdNeighbours } from "./cold_neighbours.ts";
import type { Extension } from "./extension.ts";
import type { SharedPrograms } from "./shared_programs.ts";
import { FunctionShelf } from "./user_functions.ts";

/** An exported kernel: numbers in, a number out. i64 parameters do not occur on a path that is called for each batch. */
export type KernelFunction = (...args: number[]) => number;

/** Pages of 64 KiB that a kernel starts with. */
const INITIAL_PAGES = 4;
/** Of each extension, where its static data must end (scripts/build.ts lays them out), and who says where they do. */
const EXTENSION_DATA: Readonly<Record<Extension, { readonly end: number; readonly told: string }>> = {
  functions: { end: 32_768, told: "fn_data_end" },
  operators: { end: 98_304, told: "operator_data_end" },
};

function abort(_message: number, _file: number, line: number, column: number): never {
  throw new Error(`Kernel aborted at ${line}:${column}`);
}

/**
 * One instance of the kernels with a memory of its own: one for each task of a pipeline and each decoder. A trap leaves
 * the memory in an unknown state: the instance is then thrown away.
 */
export class Kernel {
  /** The user functions that programs of this kernel call. */
  readonly functions = new FunctionShelf();
  /** Makes working files for cold rows of state; null: there are none, and state ends with its bound. */
  cold: OpenColdFile | null = null;
  /** Whose rows leave for these. */
  readonly neighbours = new ColdNeighbours(this);
  #stateBytesMax = Infinity;
  /** What programs of this kernel share with those of others; null: nothing. */
  shared: SharedPrograms | null = null;
  #ended = false;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: WebAssembly.Exports;
  readonly #extensions = new Map<Extension, WebAssembly.Exports>();
  readonly #freePlaces: number[] = [];
  readonly #arena: KernelFunction;
  readonly #reset: KernelFunction;
  readonly #mark: KernelFunction;
  readonly #release: KernelFunction;
  #bytes: Uint8Array<ArrayBuffer>;
  #data: DataView<ArrayBuffer>;

  constructor(module: WebAssembly.Module, memoryBytesMax = KERNEL_MEMORY_BYTES_MAX) {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: Math.ceil(memoryBytesMax / 65536) });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory, abort } });
    this.#exports = instance.exports;
    this.#arena = this.fn("arena_alloc");
    this.#reset = this.fn("arena_reset");
    this.#mark = this.fn("arena_mark");
    this.#release = this.fn("arena_release");
    this.#bytes = new Uint8Array(this.#memory.buffer as ArrayBuffer);
    this.#data = new DataView(this.#memory.buffer as ArrayBuffer);
  }

  /**
   * Lets a module join that shares this memory: plans that need it do without it else. The second time nothing happens. Throws when its
   * static data do not fit below those of the kernels.
   */
  extend(name: Extension, module: WebAssembly.Module): void {
    if (this.#extensions.has(name)) return;
    const { exports } = new WebAssembly.Instance(module, { env: { ...this.#exports, memory: this.#memory, abort } });
    this.#extensions.set(name, exports);
    const { end, told } = EXTENSION_DATA[name], reached = this.fn(told)();
    if (reached > end) throw new Error(`The static data of ${name} end at ${reached}, behind ${end}`);
    if (name === "functions") this.fn("fn_limit")(MADE_TEXT_BYTES_MAX);
  }

  /** The exported function `name`, of the kernels or of what joined them. Addresses come back signed: use `>>> 0`. */
  fn(name: string): KernelFunction {
    let found = this.#exports[name];
    for (const exports of this.#extensions.values()) found ??= exports[name];
    if (typeof found !== "function") throw new Error(`The kernel module exports no ${name}`);
    return found as KernelFunction;
  }

  /**
   * Puts generated code in the kernel's table, at `place` or at a new place: the function `run` of a module that imports `env.memory` and
   * the exported functions `imports`. Returns the place, which the kernel calls it by.
   */
  link(code: WebAssembly.Module, imports: readonly string[], place: number | null): number {
    const env = Object.fromEntries(imports.map((name) => [name, this.#exports[name]]));
    const { run } = new WebAssembly.Instance(code, { env: { memory: this.#memory, ...env } }).exports;
    const at = place ?? this.#freePlaces.pop() ?? this.#table.grow(1);
    this.#table.set(at, run);
    return at;
  }

  /** Takes generated code out of the table. */
  unlink(place: number): void {
    this.#table.set(place, null);
    this.#freePlaces.push(place);
  }

  /** Places in the table of functions, free ones too. */
  get tablePlaces(): number {
    return this.#table.length;
  }

  get #table(): WebAssembly.Table {
    return this.#exports.table as WebAssembly.Table;
  }

  /** All of linear memory. Take it late and keep it over no call that can grow memory. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.buffer !== this.#memory.buffer) this.#renew();
    return this.#bytes;
  }

  /** All of linear memory, for single numbers (little endian). The same rule as for `bytes`. */
  get data(): DataView<ArrayBuffer> {
    if (this.#data.buffer !== this.#memory.buffer) this.#renew();
    return this.#data;
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  #renew() {
    this.#bytes = new Uint8Array(this.#memory.buffer as ArrayBuffer);
    this.#data = new DataView(this.#memory.buffer as ArrayBuffer);
  }

  /** Memory until `free(address, bytes)`. Throws RdxError("no_space") at the memory's maximum. */
  alloc(bytes: number): number {
    return this.#got(this.fn("block_alloc")(bytes) >>> 0, bytes);
  }

  free(address: number, bytes: number): void {
    this.fn("block_free")(address, bytes);
  }

  /** The kernel goes with its whole memory: `freeAll` has nothing to do from now on. */
  end(): void {
    this.#ended = true;
  }

  /**
   * Frees what an operator has with the exported function `name`: each row and each thing that rows hold, one after the other, which takes long where
   * there are millions, and is of use only when the kernel goes on.
   */
  freeAll(name: string, address: number): void {
    if (!this.#ended) this.fn(name)(address);
  }

  /** Memory until `reset()`, aligned to 64. Throws RdxError("no_space") at the memory's maximum. */
  arena(bytes: number): number {
    return this.#got(this.#arena(bytes) >>> 0, bytes);
  }

  /** Ends the batch: all that `arena` handed out is free again. */
  reset(): void {
    this.#reset();
  }

  /** Where the arena stands, for `release`. Marks nest; releasing one, or a reset, ends those that were taken after it. */
  mark(): number {
    return this.#mark();
  }

  /** Gives back what `arena` has handed out since the mark; what was taken before stays as it is. */
  release(mark: number): void {
    this.#release(mark);
  }

  /** Bounds the keyed state of this kernel. */
  limitState(bytes: number): void {
    this.#stateBytesMax = bytes;
    this.fn("state_limit")(bytes);
  }

  /** The bound of keyed state. */
  get stateBytesMax(): number {
    return this.#stateBytesMax;
  }

  #got(address: number, bytes: number): number {
    if (address === 0) throw new RdxError("no_space", `Cannot get ${bytes} bytes of kernel memory`);
    return address;
  }

  /** A copy of `length` bytes at `address`, in an ArrayBuffer of its own that can be transferred. */
  copyOut(address: number, length: number): ArrayBuffer {
    return this.bytes.buffer.slice(address, address + length);
  }

  /** Copies `source` to `address`, which must have room. */
  copyIn(source: Uint8Array, address: number): void {
    this.bytes.set(source, address);
  }
}

/** Compiles the kernels once; instances are cheap and the module can be posted to workers. */
export function compileKernels(wasm: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  return WebAssembly.compile(wasm);
}
