const SECOND_MS = 1000, MINUTE_MS = 60_000, HOUR_MS = 3_600_000, DAY_MS = 86_400_000;
/** Months and years as steps: their longest. */
const MONTH_MS = 31 * DAY_MS, YEAR_MS = 366 * DAY_MS;

const times = (unit: number, ...counts: number[]) => counts.map((count) => count * unit);

/** Distances between the ticks of an axis of times, in ms, ascending: those that a person would choose. */
export const TIME_STEPS_MS: readonly number[] = [
  ...times(1, 1, 2, 5, 10, 20, 50, 100, 200, 500),
  ...times(SECOND_MS, 1, 2, 5, 10, 15, 30),
  ...times(MINUTE_MS, 1, 2, 5, 10, 15, 30),
  ...times(HOUR_MS, 1, 2, 3, 6, 12),
  ...times(DAY_MS, 1, 2, 4, 8, 16),
  ...times(MONTH_MS, 1, 2, 3, 6),
  ...times(YEAR_MS, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
];

/** Ticks between two times, epoch ms, where the UTC calendar has them. `stepMs`: one of TIME_STEPS_MS. */
export function timeTicks(fromMs: number, toMs: number, stepMs: number): number[] {
  const ticks: number[] = [];
  if (stepMs < MONTH_MS) {
    for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= toMs; at += stepMs) ticks.push(at);
    return ticks;
  }
  const years = Math.floor(stepMs / YEAR_MS), months = years > 0 ? years * 12 : Math.round(stepMs / MONTH_MS);
  const first = new Date(fromMs), since = first.getUTCFullYear() * 12 + first.getUTCMonth();
  for (let month = Math.ceil(since / months) * months;; month += months) {
    const at = new Date(0).setUTCFullYear(Math.floor(month / 12), month % 12);
    if (!(at <= toMs)) return ticks;
    if (at >= fromMs) ticks.push(at);
  }
}
