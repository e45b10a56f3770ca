import { randomOf } from "../../kernel/numbers.ts";
import type { Query } from "./query.ts";
import type { Table } from "./tables.ts";

export const OVER_SEED = 20261129;

/** Rows with few keys and times, so that many are together, and with NULL. */
export function noise(seed = OVER_SEED): Table {
  const random = randomOf(seed), below = (n: number) => Math.floor(random() * n);
  let ms = Date.UTC(2026, 0, 1);
  const rows = Array.from({ length: 600 }, (_, n) => {
    ms += [0, 0, 1, 7, 1000, 60_000][below(6)];
    const key = below(8) === 0 ? null : "abc"[below(3)], int = below(6) === 0 ? null : below(20) - 10;
    return [
      n,
      new Date(ms).toISOString(),
      key,
      int,
      below(5) === 0 ? null : below(100) / 4,
      ["x", "yy", null][below(3)],
    ];
  });
  const columns = { n: "BIGINT", ts: "TIMESTAMP(3)", k: "STRING", i: "BIGINT", d: "DOUBLE", t: "STRING" } as const;
  return { name: "noise", columns, time: "ts", rows };
}

const CALLS: readonly (readonly [here: string, there: string])[] = [
  ["COUNT(*)", "COUNT(*)"],
  ["COUNT(i)", "COUNT(i)"],
  ["SUM(i)", "SUM(i)"],
  ["SUM(d)", "SUM(d)"],
  ["AVG(d)", "AVG(d)"],
  ["AVG(i)", "trunc(AVG(i) OVER)::BIGINT"],
  ["MIN(i)", "MIN(i)"],
  ["MAX(d)", "MAX(d)"],
  ["MIN(t)", "MIN(t)"],
  ["MAX(t)", "MAX(t)"],
  ["FIRST_VALUE(i)", "FIRST_VALUE(i IGNORE NULLS)"],
  ["LAST_VALUE(t)", "LAST_VALUE(t IGNORE NULLS)"],
  ["COUNT(DISTINCT i)", "COUNT(DISTINCT i)"],
  ["STDDEV_POP(d)", "STDDEV_POP(d)"],
  ["BOOL_OR(i > 5)", "BOOL_OR(i > 5)"],
  ["MEDIAN(d)", "MEDIAN(d)"],
];

/** What depends on which of the rows of one time comes first has no frame by range in DuckDB that says so. */
const BY_ORDER = /FIRST_VALUE|LAST_VALUE/;

/** Queries with OVER of random calls, keys and frames, in the order of time and, where rows are counted, of the log. */
export function randomOver(count: number, seed = OVER_SEED): Query[] {
  const random = randomOf(seed + 1), pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
  return Array.from({ length: count }, (): Query => {
    const byRows = random() < 0.5, keys = pick(["", "PARTITION BY k ", "PARTITION BY k, t ", "PARTITION BY i > 0 "]);
    const start = pick(byRows ? ["UNBOUNDED", "0", "1", "4", "30"] : ["UNBOUNDED", "1", "5", "90"]);
    const calls = Array.from(
      { length: 3 },
      () => pick(byRows ? CALLS : CALLS.filter(([here]) => !BY_ORDER.test(here))),
    );
    const unit = byRows ? "ROWS" : "RANGE",
      length = byRows || start === "UNBOUNDED" ? start : `INTERVAL '${start}' SECOND`;
    const frame = `${unit} BETWEEN ${length} PRECEDING AND CURRENT ROW`;
    const lag = byRows && random() < 0.3 ? pick(["LAG(i)", "LAG(t, 3)", "LAG(d, 2, -1E0)"]) : null;
    const ranks = !byRows && random() < 0.4 ? ["RANK()", "DENSE_RANK()"] : [];
    const queryOf = (side: 0 | 1, order: string) => {
      const over = `OVER (${keys}ORDER BY ${order} ${frame})`;
      const lags = [...lag === null ? [] : [lag], ...ranks].map((call) => `${call} OVER (${keys}ORDER BY ${order})`);
      const callOf = (call: string) => call.includes(" OVER)") ? call.replace("OVER", over) : `${call} ${over}`;
      return `SELECT n, ${[...calls.map((call) => callOf(call[side])), ...lags].join(", ")} FROM noise`;
    };
    return [queryOf(0, "ts"), queryOf(1, byRows ? "ts, n" : "ts")];
  });
}
