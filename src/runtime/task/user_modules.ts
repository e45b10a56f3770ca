import { parseType } from "../../core/schema.ts";
import { reasonOf } from "../../core/errors.ts";
import {
  type AnyBatchFunction,
  type BatchColumn,
  type BatchKind,
  functionKey,
  functionName,
  type FunctionReference,
} from "../../core/user_function.ts";
import type { FunctionShelf } from "../../kernel/user_functions.ts";
import { ResultRows } from "../../kernel/user_result.ts";

/** Imports a module by its URL; platforms differ in what they can import. */
export type ImportModule = (url: string) => Promise<Readonly<Record<string, unknown>>>;

/** The user functions that one worker has loaded. A module is imported once: its next version needs another URL, such as one with `?v=2`. */
export class UserModules {
  readonly #import: ImportModule;
  readonly #loaded = new Map<string, AnyBatchFunction>();

  constructor(importModule: ImportModule) {
    this.#import = importModule;
  }

  /** Loads what is not there yet. Returns why one of the functions cannot be used, or null. */
  async load(references: readonly FunctionReference[]): Promise<string | null> {
    for (const reference of references) {
      const problem = await this.#load(reference);
      if (problem !== null) return problem;
    }
    return null;
  }

  /** Gives the kernel of a plan all that was loaded. */
  provide(references: readonly FunctionReference[], shelf: FunctionShelf): void {
    for (const reference of references) {
      const run = this.#loaded.get(functionKey(reference));
      if (run) shelf.put(reference, run);
    }
  }

  async #load(reference: FunctionReference): Promise<string | null> {
    const { module, export: name } = reference, called = `user function ${functionName(reference)}`;
    let exports: Readonly<Record<string, unknown>>;
    try {
      exports = await this.#import(module);
    } catch (thrown) {
      return `Cannot load ${called}: ${reasonOf(thrown)}`;
    }
    const found = Object.hasOwn(exports, name) ? exports[name] : undefined;
    if (found === undefined) {
      const names = Object.keys(exports).filter((one) => typeof exports[one] === "function").join(", ");
      return `Cannot load ${called}: the module exports no ${name}${names === "" ? "" : `, but ${names}`}`;
    }
    if (typeof found !== "function") return `Cannot use ${called}: it is no function`;
    const run = found as AnyBatchFunction, problem = probe(run, reference);
    if (problem !== null) return `Cannot use ${called}: ${problem}`;
    this.#loaded.set(functionKey(reference), run);
    return null;
  }
}

/**
 * Calls a function without rows, so that what can never work is told before there are any: one that gives a Promise, or values of
 * another type. What it throws without rows says nothing of what it does with them.
 */
function probe(run: AnyBatchFunction, { takes, returns }: FunctionReference): string | null {
  let given: unknown;
  try {
    given = run(0, ...takes.map((type) => emptyColumn(type)));
  } catch {
    return null;
  }
  try {
    const result = new ResultRows(parseType(returns));
    result.reset(0);
    result.accept(given, 0, 0);
    return null;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

function emptyColumn(type: string): BatchColumn<BatchKind> {
  switch (parseType(type).kind) {
    case "double":
      return { values: new Float64Array(), nulls: null };
    case "bool":
      return { values: new Uint8Array(), nulls: null };
    case "string":
      return { values: [], nulls: null };
    default:
      return { values: new BigInt64Array(), nulls: null };
  }
}
