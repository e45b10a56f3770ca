import { RdxError } from "../core/errors.ts";
import {
  type AnyBatchFunction,
  type FunctionFault,
  functionKey,
  functionName,
  type FunctionReference,
} from "../core/user_function.ts";
import type { Instruction } from "./program.ts";

/** The user functions that programs of one kernel call, and what went wrong with them. */
export class FunctionShelf {
  readonly #functions = new Map<string, AnyBatchFunction>();
  readonly #faults = new Map<string, { rows: number; reason: string }>();
  #counts = true;
  /** Rows for which functions gave no value, ever. */
  faultRows = 0;

  /** Puts a function there, in the place of an earlier one that a reference names too. */
  put(reference: FunctionReference, run: AnyBatchFunction): void {
    this.#functions.set(functionKey(reference), run);
  }

  /** Throws RdxError("internal") when it was not put there: functions are loaded before a plan is deployed. */
  find(reference: FunctionReference): AnyBatchFunction {
    const found = this.#functions.get(functionKey(reference));
    if (found === undefined) throw new RdxError("internal", `User function ${functionName(reference)} was not loaded`);
    return found;
  }

  /** Notes rows for which a function gave no value. */
  fault(name: string, rows: number, reason: string): void {
    this.faultRows += rows;
    if (!this.#counts) return;
    const known = this.#faults.get(name);
    if (known) known.rows += rows;
    else this.#faults.set(name, { rows, reason });
  }

  /** What was noted since it was last asked. */
  takeFaults(): readonly FunctionFault[] {
    if (this.#faults.size === 0) return NONE;
    const faults = [...this.#faults].map(([name, { rows, reason }]) => ({ function: name, rows, reason }));
    this.#faults.clear();
    return faults;
  }

  /** Works on rows that come again later: what goes wrong with them is noted then. */
  uncounted<T>(work: () => T): T {
    this.#counts = false;
    try {
      return work();
    } finally {
      this.#counts = true;
    }
  }
}

const NONE: readonly FunctionFault[] = [];

/** Where a physical plan has programs; what else is in it, such as the options of sinks, is not looked at. */
interface Programs {
  readonly sources: readonly { readonly computed: readonly { readonly program: unknown }[] }[];
  readonly operators: readonly unknown[];
}

/** The user functions that the programs of a physical plan, plain data, call: each once. */
export function referencesIn({ sources, operators }: Programs): FunctionReference[] {
  const found = new Map<string, FunctionReference>();
  for (const { computed } of sources) collect(computed, found);
  collect(operators, found);
  return [...found.values()];
}

function collect(part: unknown, found: Map<string, FunctionReference>): void {
  if (typeof part !== "object" || part === null) return;
  const { instructions } = part as { readonly instructions?: unknown };
  if (Array.isArray(instructions)) {
    for (const { user } of instructions as readonly Instruction[]) if (user) found.set(JSON.stringify(user), user);
  } else for (const value of Object.values(part)) collect(value, found);
}
