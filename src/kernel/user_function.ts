import type { Batch } from "../core/batch.ts";
import { parseType } from "../core/schema.ts";
import { type AnyBatchFunction, functionName, type FunctionReference } from "../core/user_function.ts";
import type { Kernel } from "./module.ts";
import { ArgumentReader } from "./user_argument.ts";
import { ResultRows } from "./user_result.ts";
import { writeResult } from "./user_write.ts";

/**
 * One call of a user function in a program. The function gets the selected rows only, one behind the other, in arrays of its own that
 * the next batch uses again; the rows that are not selected get NULL.
 */
export class UserCall {
  readonly #kernel: Kernel;
  readonly #name: string;
  readonly #run: AnyBatchFunction;
  readonly #arguments: readonly ArgumentReader[];
  readonly #result: ResultRows;

  /** Throws RdxError("internal") when the kernel was not provided with the function. */
  constructor(kernel: Kernel, reference: FunctionReference) {
    this.#kernel = kernel;
    this.#name = functionName(reference);
    this.#run = kernel.functions.find(reference);
    this.#arguments = reference.takes.map((text) => new ArgumentReader(kernel, parseType(text)));
    this.#result = new ResultRows(parseType(reference.returns));
  }

  /** Calls it over the selected rows of `batch` with the operands in the REGISTERs at `args`, and points the one at `out` to the values. */
  run(batch: Batch, args: readonly number[], out: number): void {
    const { selected } = batch, result = this.#result;
    result.reset(selected);
    if (selected > 0) {
      args.forEach((register, i) => this.#arguments[i].read(batch, register));
      try {
        result.accept(this.#run(selected, ...this.#arguments.map((one) => one.column)), 0, selected);
      } catch {
        this.#rowByRow(batch, args);
      }
    }
    writeResult(this.#kernel, result, batch, out);
  }

  /**
   * What fails for a batch is asked for row by row: the rows that fail get NULL and are counted, all others get their values. The
   * arguments are read again, since the function may have written to them before it failed.
   */
  #rowByRow(batch: Batch, args: readonly number[]): void {
    let faults = 0, reason = "";
    args.forEach((register, i) => this.#arguments[i].read(batch, register));
    for (let row = 0; row < batch.selected; row++) {
      try {
        this.#result.accept(this.#run(1, ...this.#arguments.map((one) => one.row(row))), row, 1);
      } catch (thrown) {
        this.#result.fail(row);
        if (faults++ === 0) reason = reasonText(thrown);
      }
    }
    if (faults > 0) this.#kernel.functions.fault(this.#name, faults, reason);
  }
}

/** Characters of a reason that are told. */
const REASON_CHARS = 300;

/** Anything may be thrown, also what cannot be turned into a text. */
function reasonText(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
    return text.length > REASON_CHARS ? `${text.slice(0, REASON_CHARS)}…` : text;
  } catch {
    return "what it threw has no text";
  }
}
