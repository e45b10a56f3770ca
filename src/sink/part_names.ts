/**
 * Names in a folder of parts. What begins with a dot is not for readers.
 *
 *   part-000001-000000000001-000000000042.ndjson   a part: run, first and last number of its outputs
 *   .part-000001-000000000043.tmp                  the part that is being written
 *   .rdx-000001                                    what the run has committed, as JSON
 */
const PART = /^part-(\d{6,})-(\d{12,})-(\d{12,})\./,
  OPEN = /^\.part-(\d{6,})-(\d{12,})\.tmp$/,
  RUN = /^\.rdx-(\d{6,})(?:\.tmp)?$/;

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

export function partName(run: number, first: number, last: number, ending: string): string {
  return `part-${padded(run, 6)}-${padded(first, 12)}-${padded(last, 12)}.${ending}`;
}

export function openName(run: number, first: number): string {
  return `.part-${padded(run, 6)}-${padded(first, 12)}.tmp`;
}

export function runName(run: number): string {
  return `.rdx-${padded(run, 6)}`;
}

/** The greatest run that has left anything, 0: none. */
export function lastRun(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => Number((PART.exec(name) ?? OPEN.exec(name) ?? RUN.exec(name))?.[1] ?? 0)));
}

/** The last number in the parts of a run, −1: it has none. */
export function lastNumber(run: number, names: readonly string[]): number {
  const parts = names.map((name) => PART.exec(name)).filter((match) => match !== null && Number(match[1]) === run);
  return Math.max(-1, ...parts.map((match) => Number(match![3])));
}

/** The first number of a part. */
export function firstNumber(part: string): number {
  return Number(PART.exec(part)?.[2] ?? NaN);
}

/** Names of the parts of a run that were being written. */
export function openParts(run: number, names: readonly string[]): string[] {
  return names.filter((name) => Number(OPEN.exec(name)?.[1] ?? NaN) === run);
}
