const ISO = /^(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d?):(\d\d?)(?::(\d\d?)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * Epoch milliseconds of an ISO 8601 date or date and time (`T` or a space; no zone means UTC; a fraction is cut to
 * milliseconds; one digit where there could be two), or null. The same form that casts of strings read.
 */
export function parseIsoTimestamp(text: string): number | null {
  const match = ISO.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const ms = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  if (hour > 23 || minute > 59 || second > 59) return null;
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  if (time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day) return null;
  time.setUTCHours(hour, minute, second, ms);
  const zone = zoneMinutes(match[8]);
  return zone === null ? null : time.getTime() - zone * 60_000;
}

function zoneMinutes(zone: string | undefined): number | null {
  if (zone === undefined || zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3)), minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return null;
  return zone[0] === "-" ? -(hours * 60 + minutes) : hours * 60 + minutes;
}
