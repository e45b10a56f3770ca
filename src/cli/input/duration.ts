import { usage } from "../exit.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `5s`, `250ms`, `1.5h`; a number alone is seconds. Throws CommandError (usage). */
export function durationOf(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim()), factor = match && UNITS[match[2] || "s"];
  if (match && factor) return Math.round(Number(match[1]) * factor);
  throw usage(`--${flag} is ${JSON.stringify(text)}: expected a duration such as 5s, 250ms, 10m, 1h or 1d`);
}
