const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000], ["ms", 1]] as const;

/** `1 h`, `90 s`, `250 ms`: a duration in the largest unit that divides it. */
export function formatDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms !== 0 && ms % size === 0) ?? UNITS[UNITS.length - 1];
  return `${ms / size} ${unit}`;
}
