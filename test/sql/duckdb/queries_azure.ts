import type { Query } from "./query.ts";

/** The end of Azure's window (start, end] of so many milliseconds that a row is in. */
function end(sizeMs: number, offsetMs = 0): string {
  return `make_timestamp_ms((ceil((epoch_ms(ts) - ${offsetMs}) / ${sizeMs}.0) * ${sizeMs} + ${offsetMs})::BIGINT)`;
}

/** Azure's windows, which are open at their start and closed at their end, over rows on their borders. */
export const AZURE: readonly Query[] = [
  [
    "SELECT System.Timestamp() AS t, COUNT(*), MIN(n), MAX(n) FROM ticks GROUP BY TUMBLINGWINDOW(second, 10)",
    `SELECT ${end(10_000)} AS t, COUNT(*), MIN(n), MAX(n) FROM ticks GROUP BY t`,
  ],
  [
    "SELECT k, System.Timestamp() AS t, COUNT(*) FROM ticks GROUP BY k, TUMBLINGWINDOW(Duration(second, 10), Offset(second, 3))",
    `SELECT k, ${end(10_000, 3000)} AS t, COUNT(*) FROM ticks GROUP BY k, t`,
  ],
  [
    "SELECT System.Timestamp() AS t, COUNT(*) FROM ticks GROUP BY TUMBLINGWINDOW(Duration(second, 10), Offset(millisecond, -1))",
    `SELECT ${end(10_000, -1)} AS t, COUNT(*) FROM ticks GROUP BY t`,
  ],
  [
    "SELECT k, System.Timestamp() AS t, COUNT(*), SUM(n) FROM ticks GROUP BY k, HOPPINGWINDOW(second, 10, 5)",
    `SELECT k, ${end(5000)} + INTERVAL (5 * h) SECOND AS t, COUNT(*), SUM(n) FROM ticks, range(2) r(h) GROUP BY k, t`,
  ],
  [
    "SELECT System.Timestamp() AS t, COUNT(*) FROM ticks GROUP BY HOPPINGWINDOW(Duration(second, 10), Hop(second, 5), Offset(second, 1))",
    `SELECT ${end(5000, 1000)} + INTERVAL (5 * h) SECOND AS t, COUNT(*) FROM ticks, range(2) r(h) GROUP BY t`,
  ],
  [
    "SELECT k, System.Timestamp() AS t, COUNT(*) FROM ticks GROUP BY k, SESSIONWINDOW(second, 5)",
    `SELECT k, MAX(ts) + INTERVAL 5 SECOND, COUNT(*) FROM (SELECT *, SUM(new) OVER (PARTITION BY k ORDER BY ts, n) AS s FROM
      (SELECT *, CASE WHEN ts - LAG(ts) OVER (PARTITION BY k ORDER BY ts, n) <= INTERVAL 5 SECOND THEN 0 ELSE 1 END AS new FROM ticks)) GROUP BY k, s`,
  ],
  [
    "SELECT System.Timestamp() AS t, COUNT(*), MIN(n), MAX(n) FROM ticks GROUP BY SLIDINGWINDOW(second, 10)",
    `SELECT w.t, COUNT(*), MIN(n), MAX(n) FROM (SELECT DISTINCT ts + INTERVAL (h) SECOND AS t FROM ticks, (VALUES (0), (10)) o(h)) w
      JOIN ticks ON ts > w.t - INTERVAL 10 SECOND AND ts <= w.t GROUP BY w.t`,
  ],
  [
    "SELECT k, System.Timestamp() AS t, SUM(n) FILTER (WHERE n > 5), COUNT(DISTINCT n % 2) FROM ticks GROUP BY k, SLIDINGWINDOW(second, 5) HAVING COUNT(*) > 1",
    `SELECT k, w.t, SUM(n) FILTER (WHERE n > 5), COUNT(DISTINCT n % 2) FROM (SELECT DISTINCT k, ts + INTERVAL (h) SECOND AS t FROM ticks, (VALUES (0), (5)) o(h)) w
      JOIN ticks USING (k) WHERE ts > w.t - INTERVAL 5 SECOND AND ts <= w.t GROUP BY k, w.t HAVING COUNT(*) > 1`,
  ],
  [
    "SELECT k, System.Timestamp() AS t, COUNT(*) FROM ticks GROUP BY k, SNAPSHOTWINDOW()",
    "SELECT k, ts, COUNT(*) FROM ticks GROUP BY k, ts",
  ],
  [
    "SELECT System.Timestamp() AS t, COUNT(*), SUM(n) FROM ticks GROUP BY System.Timestamp()",
    "SELECT ts, COUNT(*), SUM(n) FROM ticks GROUP BY ts",
  ],
];
