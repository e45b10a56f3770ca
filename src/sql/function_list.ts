import { FUNCTIONS } from "../expr/mod.ts";

/** A function as editors and manuals list it. */
export interface SqlFunction {
  readonly name: string;
  /** Such as `upper(text: string): string`. */
  readonly signature: string;
  /** One line. */
  readonly summary: string;
}

/** What SQL writes with operators or words of its own. */
const WRITTEN_OTHERWISE: ReadonlySet<string> = new Set(
  ("eq ne lt le gt ge is_not_distinct is_distinct between in and or not is_null is_not_null is_true is_not_true is_false is_not_false case add sub mul " +
    "div neg cast try_cast array map row field").split(" "),
);

/** Aggregates and functions that need OVER: signature and summary. */
const OVER_ROWS: readonly (readonly [signature: string, summary: string])[] = [
  ["count(*): int64", "How many rows there are; count(x): where x is not NULL"],
  ["sum(x: number): number", "The sum of the values that are not NULL"],
  ["avg(x: number): number", "The mean of the values; of int64 a whole number, as in Flink: cast x to double for more"],
  ["min(x): x", "The least value"],
  ["max(x): x", "The greatest value"],
  ["first_value(x): x", "The value of the first row"],
  ["last_value(x): x", "The value of the last row"],
  ["any_value(x): x", "The value of any one row"],
  ["stddev_pop(x: number): double", "The standard deviation of all there is"],
  ["stddev_samp(x: number): double", "The standard deviation that a sample suggests"],
  ["var_pop(x: number): double", "The variance of all there is"],
  ["var_samp(x: number): double", "The variance that a sample suggests"],
  ["bool_and(x: bool): bool", "Whether x is true in all rows"],
  ["bool_or(x: bool): bool", "Whether x is true in any row"],
  [
    "listagg(text: string, separator: string): string",
    "The texts one behind the other, with a separator (by default a comma)",
  ],
  ["array_agg(x): array<x>", "The values as an array"],
  ["approx_count_distinct(x): int64", "About how many values differ"],
  ["percentile(x: number, p: double): double", "The value below which the part p of the values lies, exact to 1 %"],
  [
    "approx_top_k(x, k: int64): array<row<value x, count int64, error int64>>",
    "The k most frequent values, approximately",
  ],
  ["median(x: number): double", "The exact median; all different values are kept"],
  [
    "percentile_cont(p) WITHIN GROUP (ORDER BY x): double",
    "The exact percentile, between two values where it lies between them",
  ],
  [
    "percentile_disc(p) WITHIN GROUP (ORDER BY x): x",
    "The value at or below which the part p of the values lies, exact",
  ],
  ["mode(x): x", "The most frequent value, of several the least"],
  [
    "histogram(x, width: number): array<row<value x, count int64>>",
    "The values, or where their buckets begin, each with how often it came",
  ],
  [
    "top_k(x, k: int64): array<row<value x, count int64>>",
    "The k most frequent values, exact; all different values are kept",
  ],
  [
    "max_by(x, y: number): x",
    "The x of the row with the greatest y, of several the greatest as text; also LAST_VALUE(x ORDER BY y)",
  ],
  [
    "min_by(x, y: number): x",
    "The x of the row with the least y, of several the least as text; also FIRST_VALUE(x ORDER BY y)",
  ],
  ["count_if(condition: bool): int64", "How many rows the condition is true for"],
  ["row_number() OVER (…): int64", "The position of a row among those of its PARTITION BY, in the order of ORDER BY"],
  [
    "rank() OVER (…): int64",
    "One more than the rows before those that are equal in the order, which share their number",
  ],
  [
    "dense_rank() OVER (…): int64",
    "One more than the different places in the order before; rows that are equal in it share their number",
  ],
  ["lag(x, n: int64) OVER (…): x", "The value n rows before (by default one)"],
];

/** What SQL can call, aggregates first, each by the name that it is known by. */
export const SQL_FUNCTIONS: readonly SqlFunction[] = [
  ...OVER_ROWS.map(([signature, summary]) => ({
    name: signature.slice(0, signature.indexOf("(")),
    signature,
    summary,
  })),
  ...[...FUNCTIONS.values()]
    .filter(({ name }) => !WRITTEN_OTHERWISE.has(name))
    .map(({ name, signature, summary }) => ({ name, signature, summary })),
];
