// Calendar by Date: only for timestamps that Date can hold.

const DAY_MS = 86_400_000;

function weekOf(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime());
  thursday.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7) + 3);
  const first = new Date(0);
  first.setUTCFullYear(thursday.getUTCFullYear(), 0, 1);
  const days = (Math.floor(thursday.getTime() / DAY_MS) * DAY_MS - first.getTime()) / DAY_MS;
  return { year: thursday.getUTCFullYear(), week: Math.floor(days / 7) + 1 };
}

function yearStart(year: number, month = 0): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 1);
  return date.getTime();
}

export function datePart(part: string, ms: bigint): bigint {
  const date = new Date(Number(ms));
  const parts: Record<string, () => number> = {
    year: () => date.getUTCFullYear(),
    quarter: () => Math.floor(date.getUTCMonth() / 3) + 1,
    month: () => date.getUTCMonth() + 1,
    week: () => weekOf(date).week,
    day: () => date.getUTCDate(),
    hour: () => date.getUTCHours(),
    minute: () => date.getUTCMinutes(),
    second: () => date.getUTCSeconds(),
    millisecond: () => date.getUTCMilliseconds(),
    dow: () => date.getUTCDay() + 1,
    isodow: () => (date.getUTCDay() + 6) % 7 + 1,
    doy: () => Math.floor((date.getTime() - yearStart(date.getUTCFullYear())) / DAY_MS) + 1,
    isoyear: () => weekOf(date).year,
    epoch: () => Math.floor(date.getTime() / 1000),
    epoch_ms: () => date.getTime(),
  };
  return BigInt(parts[part]());
}

export function dateTrunc(unit: string, ms: bigint): bigint {
  const date = new Date(Number(ms)), time = date.getTime();
  const down = (size: number) => Math.floor(time / size) * size;
  const units: Record<string, () => number> = {
    year: () => yearStart(date.getUTCFullYear()),
    quarter: () => yearStart(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / 3) * 3),
    month: () => yearStart(date.getUTCFullYear(), date.getUTCMonth()),
    week: () => down(DAY_MS) - ((date.getUTCDay() + 6) % 7) * DAY_MS,
    day: () => down(DAY_MS),
    hour: () => down(3_600_000),
    minute: () => down(60_000),
    second: () => down(1000),
    millisecond: () => time,
  };
  return BigInt(units[unit]());
}

/** Epoch milliseconds of ISO 8601 as casts read it, or null. */
export function readIso(text: string): bigint | null {
  const form = /^(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d?):(\d\d?)(?::(\d\d?)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(
    text,
  );
  if (!form) return null;
  const [year, month, day, hour, minute, second] = form.slice(1, 7).map((part) => (part ?? "0").padStart(2, "0"));
  const fraction = (form[7] ?? "").padEnd(3, "0").slice(0, 3), zone = form[8] ?? "Z";
  const start = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}Z`;
  const time = Date.parse(start);
  // Date.parse lets some days through that are not in their month, and hour 24
  if (Number.isNaN(time) || new Date(time).toISOString() !== start) return null;
  if (zone === "Z") return BigInt(time);
  const hours = Number(zone.slice(1, 3)), zoneMinutes = Number(zone.slice(-2));
  if (hours > 23 || zoneMinutes > 59) return null;
  const offset = (hours * 60 + zoneMinutes) * 60_000;
  return BigInt(zone[0] === "-" ? time + offset : time - offset);
}
