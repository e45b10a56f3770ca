/** Aggregates that windows with shared slices know. */
export const SLICE_AGGREGATES = ["count", "sum", "min", "max", "avg", "first", "last"] as const;
export type SliceAggregate = typeof SLICE_AGGREGATES[number];

export const AGGREGATE_NAMES = [
  ...SLICE_AGGREGATES,
  "stddev_pop",
  "stddev_samp",
  "var_pop",
  "var_samp",
  "bool_and",
  "bool_or",
  "string_agg",
  "array_agg",
  "approx_count_distinct",
  "percentile",
  "approx_top_k",
  "percentile_cont",
  "percentile_disc",
  "mode",
  "histogram",
  "top_k",
  "any_value",
] as const;
export type AggregateName = typeof AGGREGATE_NAMES[number];
