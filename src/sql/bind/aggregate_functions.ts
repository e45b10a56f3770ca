import { AGGREGATE_NAMES } from "../../plan/aggregate_names.ts";
import { type AggregateSignature, signatureOf } from "../../plan/aggregates.ts";
import type { Catalog } from "../../plan/mod.ts";

/** An aggregate as SQL calls it. */
export interface AggregateFunction {
  /** Its name in plans. */
  readonly fn: string;
  readonly signature: AggregateSignature;
  /** What stands for further arguments that are left out; null: it must be given. */
  readonly fallbacks: readonly (string | number | null)[];
}

/** SQL's names of aggregates beside those of plans, in lower case. */
const ALIASES: Readonly<Record<string, string>> = {
  first_value: "first",
  last_value: "last",
  stddev: "stddev_samp",
  variance: "var_samp",
  every: "bool_and",
  listagg: "string_agg",
  collect: "array_agg",
  json_arrayagg: "array_agg",
  approx_percentile: "percentile",
  quantile: "percentile",
  approx_quantile: "percentile",
  group_concat: "string_agg",
  uniq: "approx_count_distinct",
  countif: "count",
  count_if: "count",
};

/** The separator of LISTAGG, as in Flink. */
const FALLBACKS: Readonly<Record<string, readonly (string | number | null)[]>> = { string_agg: [","] };

function define(fn: string, signature: AggregateSignature): AggregateFunction {
  return { fn, signature, fallbacks: FALLBACKS[fn] ?? signature.params.map(() => null) };
}

const KNOWN: readonly (readonly [string, AggregateFunction])[] = [
  ...AGGREGATE_NAMES.map((name) => [name, name] as const),
  ...Object.entries(ALIASES),
].map(([name, fn]) => [name, define(fn, signatureOf(fn)!)]);

/** The exact median is the percentile in the middle. */
const MEDIAN: AggregateFunction = { ...define("percentile_cont", signatureOf("percentile_cont")!), fallbacks: [0.5] };

/** Aggregates by the names that SQL has for them, in lower case. AVG of exact numbers is made of a sum and a count. */
export const AGGREGATE_FUNCTIONS: ReadonlyMap<string, AggregateFunction> = new Map([
  ...KNOWN,
  ["median", MEDIAN],
  // The argument of these is made of both that they take (extreme.ts).
  ...["min_by", "arg_min"].map((name) => [name, define("min", signatureOf("min")!)] as const),
  ...["max_by", "arg_max"].map((name) => [name, define("max", signatureOf("max")!)] as const),
]);

/** The aggregates that there are with a catalogue. */
export function allAggregates({ aggregates }: Catalog): ReadonlyMap<string, AggregateFunction> {
  const more = [...aggregates ?? []].map(([name, signature]) => [name.toLowerCase(), define(name, signature)] as const);
  return new Map([...more, ...AGGREGATE_FUNCTIONS]);
}

/** What to write for aggregates that are not there, by the names that people look for. */
export const AGGREGATES_INSTEAD: ReadonlyMap<string, string> = new Map([
  ["topone", "Write ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) AS n in a subquery, and WHERE n = 1 around it"],
]);
