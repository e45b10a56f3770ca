import { usage } from "../exit.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Bytes of `512MB`, `1.5GiB`; a number alone is bytes. Throws CommandError (usage), also for what is not from `least` to `most`. */
export function bytesOf(flag: string, text: string, least: number, most: number): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text.trim()), factor = match && UNITS[match[2].toLowerCase()];
  const bytes = match && factor ? Math.round(Number(match[1]) * factor) : NaN;
  if (bytes >= least && bytes <= most) return bytes;
  const range = `${least / 2 ** 20}MiB to ${most / 2 ** 20}MiB`;
  throw usage(`--${flag} is ${JSON.stringify(text)}: expected bytes such as 512MB or 2GiB, from ${range}`);
}
