const DAY_MS = 86_400_000;
/** Times that `Date` can write lie between these, epoch ms. */
const DATE_MS_MAX = 8.64e15;

const TWO_DIGITS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, "0"));

let dayNumber = NaN;
/** With the `T` behind. */
let dayText = "";

/**
 * ISO 8601 in UTC with milliseconds, as in `2026-01-01T00:00:00.000Z`. Years outside 0 to 9999 have a sign and six
 * digits. Returns null for times that are no whole milliseconds or too far away for the calendar.
 */
export function formatTime(ms: number): string | null {
  if (!(ms >= -DATE_MS_MAX && ms <= DATE_MS_MAX) || !Number.isInteger(ms)) return null;
  const day = Math.floor(ms / DAY_MS);
  if (day !== dayNumber) {
    dayNumber = day;
    dayText = new Date(day * DAY_MS).toISOString().slice(0, -13);
  }
  const rest = ms - day * DAY_MS, second = Math.floor(rest / 1000), minute = Math.floor(second / 60);
  const fraction = String(rest % 1000).padStart(3, "0");
  const hour = TWO_DIGITS[Math.floor(minute / 60)];
  return `${dayText}${hour}:${TWO_DIGITS[minute % 60]}:${TWO_DIGITS[second % 60]}.${fraction}Z`;
}
