import type { BatchFunction } from "../../../src/mod.ts";

/** value · weight. */
export const score: BatchFunction<["int64", "double"], "double"> = (rows, value, weight) => {
  const scores = new Float64Array(rows);
  for (let i = 0; i < rows; i++) scores[i] = Number(value.values[i]) * weight.values[i];
  return { values: scores, nulls: value.nulls };
};

/** The key, with the value behind it; fails for negative values. */
export const label: BatchFunction<["string", "int64"], "string"> = (rows, key, value) =>
  Array.from({ length: rows }, (_, i) => {
    if (value.values[i] < 0n) throw new RangeError(`no label for ${value.values[i]}`);
    return value.nulls?.[i] === 1 ? null : `${key.values[i]}-${value.values[i]}`;
  });

/** Whether a value is even. */
export const even: BatchFunction<["int64"], "bool"> = (rows, value) => {
  const evens = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) evens[i] = value.values[i] % 2n === 0n ? 1 : 0;
  return evens;
};

/** The start of the ten milliseconds that a time lies in. */
export const tenth: BatchFunction<["timestamp"], "timestamp"> = (_, time) => time.values.map((ms) => ms - ms % 10n);
