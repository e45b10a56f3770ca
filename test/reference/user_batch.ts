/* User functions that random plans call; the reference engine has them row by row, in user_functions.ts. */
import type { BatchFunction } from "../../src/mod.ts";

/** 3 · value − 1, in arrays; fails for a whole batch as soon as one value leaves 5 behind 13. */
export const twist: BatchFunction<["int64"], "int64"> = (rows, { values, nulls }) => {
  const twisted = new BigInt64Array(rows);
  for (let i = 0; i < rows; i++) {
    if (values[i] % 13n === 5n) throw new RangeError(`${values[i]} cannot be twisted`);
    twisted[i] = BigInt.asIntN(64, values[i] * 3n - 1n);
  }
  return { values: twisted, nulls };
};

/** The text with its length, as a list; `none` for NULL, and NULL for the empty text. */
export const tag: BatchFunction<["string"], "string"> = (rows, { values, nulls }) =>
  Array.from({ length: rows }, (_, i) => {
    if (nulls?.[i] === 1) return "none";
    return values[i] === "" ? null : `${values[i]}·${values[i].length}`;
  });

/** Whether a value is odd; false for NULL, so that it is never NULL. */
export const odd: BatchFunction<["int64"], "bool"> = (rows, { values }) => {
  const odds = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) odds[i] = Number(BigInt.asUintN(1, values[i]));
  return odds;
};
