const FIXED = /^(?:(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d\d))?|UTC|GMT|UT|Z)$/i;

/** Minutes east of Greenwich of a fixed offset such as `+05:30`, `GMT-8`, `UTC` or `Z`; null for anything else. */
export function offsetMinutes(zone: string): number | null {
  const match = FIXED.exec(zone);
  if (!match) return null;
  const [, sign, hours = "0", minutes = "0"] = match;
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  const offset = Number(hours) * 60 + Number(minutes);
  return sign === "-" ? -offset : offset;
}
