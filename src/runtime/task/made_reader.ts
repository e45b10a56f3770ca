import { InputBuffer } from "../../kernel/input.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { FileRange, LineMaker } from "../../source.ts";
import type { RangeLines } from "./range_reader.ts";

/** Has lines made straight into kernel memory. */
export class MadeReader {
  readonly #kernel: Kernel;
  readonly #input: InputBuffer;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#input = new InputBuffer(kernel);
  }

  /** The lines of the range, until the next ones are read. */
  read(maker: LineMaker, range: FileRange): RangeLines {
    const most = maker.bytesMax(range), address = this.#input.reserve(most);
    const length = maker.make(range, this.#kernel.bytes.subarray(address, address + most));
    return { address, length, offset: range.offset };
  }

  close(): void {
    this.#input.close();
  }
}
