import type { BatchFunction } from "../../../src/mod.ts";

let last = 0n;

/** A number of its own for each value that it is asked for: what user functions may not do, so that tests see how often one is called. */
export const ticket: BatchFunction<["int64"], "int64"> = (rows) => BigInt64Array.from({ length: rows }, () => ++last);
