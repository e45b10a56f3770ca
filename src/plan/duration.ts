const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000], ["ms", 1]] as const;

/** Milliseconds of one unit, by the names that Flink has for it. */
const NAMES: Readonly<Record<string, number>> = {
  ms: 1,
  milli: 1,
  millisecond: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
};

/** The milliseconds of a duration as options write it: `10 s`, `1h`, `500 ms`, a number alone for milliseconds; null if it is none. */
export function durationOf(text: string): number | null {
  const match = /^\s*(\d{1,15})\s*([a-zA-Z]*)\s*$/.exec(text);
  if (!match) return null;
  const name = match[2].toLowerCase(), unit = name === "" ? "ms" : name.length > 3 ? name.replace(/s$/, "") : name;
  if (!Object.hasOwn(NAMES, unit)) return null;
  const ms = Number(match[1]) * NAMES[unit];
  return Number.isSafeInteger(ms) ? ms : null;
}

/** Several durations with commas between; null where one is none. */
export function durationsOf(text: string): number[] | null {
  const all = text.split(",").map(durationOf);
  return all.every((ms) => ms !== null) ? all : null;
}

/** `1 h`, `90 s`, `250 ms`: a duration in the largest unit that divides it. */
export function formatDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms !== 0 && ms % size === 0) ?? UNITS[UNITS.length - 1];
  return `${ms / size} ${unit}`;
}
