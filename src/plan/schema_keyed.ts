import { AGGREGATES_MAX, CALL_ARGS_MAX, GROUPING_SETS_MAX, KEY_COLUMNS_MAX, RANK_ROWS_MAX } from "../core/limits.ts";
import type { JsonSchema } from "./json_schema.ts";
import { JOIN_TYPES, RANK_FUNCTIONS } from "./plan.ts";
import {
  ARGUMENT,
  COLUMN_NAME,
  columnNames,
  DURATION,
  EXPRESSION,
  milliseconds,
  node,
  object,
  shift,
} from "./schema_parts.ts";

const WINDOW_PARTS: Record<string, JsonSchema> = {
  offset_ms: { ...shift("Milliseconds by which windows are shifted from the epoch, a whole number"), default: 0 },
  time: { ...COLUMN_NAME, description: "The column of event time; that of the input if absent" },
};
const KEYS = columnNames(KEY_COLUMNS_MAX);
const TTL: JsonSchema = { ...DURATION, description: "Milliseconds after which state that is not used is forgotten" };

const WINDOW: JsonSchema = {
  oneOf: [
    object({ kind: { const: "tumble" }, size_ms: DURATION, ...WINDOW_PARTS }, ["kind", "size_ms"]),
    object(
      { kind: { const: "hop" }, size_ms: DURATION, slide_ms: DURATION, ...WINDOW_PARTS },
      ["kind", "size_ms", "slide_ms"],
    ),
    object(
      { kind: { const: "cumulate" }, size_ms: DURATION, step_ms: DURATION, ...WINDOW_PARTS },
      ["kind", "size_ms", "step_ms"],
    ),
    object({
      kind: { const: "session" },
      gap_ms: { ...DURATION, description: "Milliseconds without rows that end a session" },
      keys: columnNames(KEY_COLUMNS_MAX, "Columns by which rows have sessions of their own"),
      max_ms: { ...DURATION, description: "The longest that a session may be" },
      time: WINDOW_PARTS.time,
    }, ["kind", "gap_ms"]),
  ],
};

const EMIT: JsonSchema = {
  oneOf: [
    object({ mode: { const: "final" } }, ["mode"], "Once, when the watermark has passed the window"),
    object({ mode: { const: "changes" } }, ["mode"], "At every row"),
    object({ mode: { const: "every" }, every_ms: DURATION }, ["mode", "every_ms"], "At ticks"),
  ],
};

function callSchema(names: readonly string[]): JsonSchema {
  return object({
    fn: { enum: names },
    arg: { ...ARGUMENT, description: "What is aggregated; absent for count(*)" },
    args: { type: "array", items: EXPRESSION, maxItems: CALL_ARGS_MAX, description: "Constants behind the argument" },
    as: COLUMN_NAME,
    filter: { ...EXPRESSION, description: "Only rows for which this is true are aggregated" },
    distinct: { type: "boolean", default: false },
  }, ["fn", "as"]);
}

const PAIR = object({ left: COLUMN_NAME, right: COLUMN_NAME }, ["left", "right"]);

function joinSchema(): JsonSchema {
  const sides = { left: COLUMN_NAME, right: COLUMN_NAME };
  return node(
    "join",
    {
      type: { enum: JOIN_TYPES },
      on: { type: "array", items: PAIR, maxItems: KEY_COLUMNS_MAX, description: "Columns that are equal" },
      where: { ...EXPRESSION, description: "What else must hold, over the columns of both" },
      within: object(
        { ...sides, lower_ms: shift("Milliseconds"), upper_ms: shift("Milliseconds") },
        ["left", "right", "lower_ms", "upper_ms"],
        "left + lower_ms <= right <= left + upper_ms of event times",
      ),
      as_of: object(
        { ...sides, kind: { enum: ["temporal", "asof"] } },
        ["left", "right", "kind"],
        "The right side's newest row whose event time is not after the left's",
      ),
      window: object(sides, ["left", "right"], "The window_end columns"),
      ttl_ms: TTL,
      null_aware: { type: "boolean", default: false, description: "NOT IN" },
    },
    ["where", "within", "as_of", "window", "ttl_ms", "null_aware"],
    [2, 2],
  );
}

const ORDER: JsonSchema = {
  oneOf: [
    COLUMN_NAME,
    object({
      column: COLUMN_NAME,
      desc: { type: "boolean", default: false },
      nulls_last: { type: "boolean", description: "NULL counts as the least value if absent" },
    }, ["column"]),
  ],
};

function rankSchema(): JsonSchema {
  const place = { type: "integer", minimum: 1, maximum: RANK_ROWS_MAX } as const;
  return node("rank", {
    keys: KEYS,
    order: { type: "array", items: ORDER, maxItems: KEY_COLUMNS_MAX, description: "The order of the log if empty" },
    from: { ...place, default: 1 },
    to: place,
    fn: {
      enum: [...RANK_FUNCTIONS],
      default: "row_number",
      description:
        "rank: rows that are equal in the order share their number; dense_rank: and none is left out behind them",
    },
    as: { ...COLUMN_NAME, description: "Adds the number as a column of this name" },
    window_end: { ...COLUMN_NAME, description: "Of window top-n: the window_end column, one of the keys" },
    ttl_ms: TTL,
  }, ["from", "fn", "as", "window_end", "ttl_ms"]);
}

const FRAME = object({
  kind: { enum: ["range", "rows"] },
  preceding: {
    oneOf: [
      { ...milliseconds("Milliseconds of a range, or rows"), type: "integer" },
      { type: "null" },
    ],
  },
}, ["kind", "preceding"]);

/** The forms of nodes that keep state by keys or put rows in windows. `names` are those of the aggregates. */
export function keyedSchemas(names: readonly string[]): JsonSchema[] {
  const aggs = (description: string): JsonSchema => ({
    type: "array",
    items: callSchema(names),
    maxItems: AGGREGATES_MAX,
    description,
  });
  return [
    node("window", { window: WINDOW }),
    node("aggregate", {
      keys: KEYS,
      aggs: aggs("None: the different keys"),
      two_phase: { type: "boolean", default: false, description: "Partial results before the exchange" },
      sets: { type: "array", items: KEYS, minItems: 1, maxItems: GROUPING_SETS_MAX, description: "GROUPING SETS" },
      grouping: { ...COLUMN_NAME, description: "Adds a column that tells the grouping sets apart" },
      emit: EMIT,
      lateness_ms: milliseconds("How long a window that has fired takes late rows"),
      ttl_ms: TTL,
    }, ["two_phase", "sets", "grouping", "emit", "lateness_ms", "ttl_ms"]),
    joinSchema(),
    rankSchema(),
    node("over", {
      keys: KEYS,
      time: { ...COLUMN_NAME, description: "The column of event time; the order of the log if absent" },
      frame: FRAME,
      aggs: aggs("At least one"),
    }, ["time"]),
  ];
}
