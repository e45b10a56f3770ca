import { nearest } from "../../core/nearest.ts";

/** What to write for functions that other databases have, by their names in lower case. */
const INSTEAD: Readonly<Record<string, string>> = {
  bit_length: "Write 8 * OCTET_LENGTH(x)",
  corr: "Write it with SUM and COUNT of the products",
  covar_pop: "Write it with SUM and COUNT of the products",
  date_diff: "Write TIMESTAMPDIFF(SECOND, a, b)",
  isnull: "Write COALESCE(a, b)",
  struct: "Write ROW(a, b)",
  struct_pack: "Write ROW(a, b)",
  sumif: "Write SUM(x) FILTER (WHERE …)",
  sum_if: "Write SUM(x) FILTER (WHERE …)",
  avg_if: "Write AVG(x) FILTER (WHERE …)",
  list: "Write ARRAY_AGG(x)",
  list_contains: "Write ARRAY_CONTAINS(array, x)",
  list_value: "Write ARRAY[a, b]",
  parse_json: "Write CAST(text AS JSON)",
  quantile: "Write PERCENTILE_DISC(x, p)",
  quantile_cont: "Write PERCENTILE_CONT(x, p)",
  split_part: "Write SPLIT_INDEX(text, separator, n - 1): it counts from 0",
  strftime: "Write DATE_FORMAT(ts, 'yyyy-MM-dd')",
  time_bucket: "Write FLOOR(ts TO MINUTE), or group by a window such as TUMBLE",
  to_hex: "Write HEX(x)",
  xor: "Write a <> b",
};

/** What to do about a function that is not there: always something. */
export function insteadOf(name: string, known: readonly string[]): string {
  if (Object.hasOwn(INSTEAD, name)) return INSTEAD[name];
  return `Did you mean ${(nearest(name, known) ?? likest(name, known)).toUpperCase()}?`;
}

/** The name that shares most with another: words, then letters in front. */
function likest(name: string, known: readonly string[]): string {
  const words = new Set(name.split(/[_.]/));
  const likeness = (one: string) => {
    const shared = one.split("_").filter((word) => words.has(word)).length;
    let letters = 0;
    while (letters < one.length && one[letters] === name[letters]) letters++;
    return shared * 100 + letters - one.length / 1000;
  };
  return known.reduce((best, one) => likeness(one) > likeness(best) ? one : best);
}
