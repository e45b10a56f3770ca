// The proleptic Gregorian calendar in UTC, for all of int64 (Hinnant, "chrono-Compatible Low-Level Date Algorithms").

export const MS_PER_DAY: i64 = 86400000;

/** What days_to_civil found. */
export let civilYear: i64 = 0;
export let civilMonth: i64 = 0;
export let civilDay: i64 = 0;

/** a / b rounded down; b is positive. */
@inline export function floorDiv(a: i64, b: i64): i64 {
  const quotient = a / b;
  return quotient - <i64>(a - quotient * b < 0);
}

@inline export function floorMod(a: i64, b: i64): i64 {
  const rest = a % b;
  return rest < 0 ? rest + b : rest;
}

/**
 * Year, month (1 to 12) and day (1 to 31) of a number of days since 1970-01-01. Years begin in March within, so that
 * leap days come last.
 */
export function days_to_civil(days: i64): void {
  const shifted = days + 719468, era = floorDiv(shifted, 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const month = (5 * dayOfYear + 2) / 153;
  civilDay = dayOfYear - (153 * month + 2) / 5 + 1;
  civilMonth = month < 10 ? month + 3 : month - 9;
  civilYear = yearOfEra + era * 400 + <i64>(civilMonth <= 2);
}

/** Days since 1970-01-01 of the first day of a month. */
export function first_of_month(year: i64, month: i64): i64 {
  const shifted = year - <i64>(month <= 2), era = floorDiv(shifted, 400), yearOfEra = shifted - era * 400;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

/** Monday of the week of a day. */
@inline export function monday(days: i64): i64 {
  return days - floorMod(days + 3, 7);
}
