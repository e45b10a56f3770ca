/** A figure at a moment, in seconds from a start. */
export interface Sample {
  readonly atSeconds: number;
  readonly value: number;
}

/** By how much a figure changes a minute, as a share of its median; outliers do not count for more than others (Theil, 1950; Sen, 1968). */
export function slopeEachMinute(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((a, i) =>
    samples.slice(i + 1).map((b) => (b.value - a.value) / ((b.atSeconds - a.atSeconds) / 60))
  );
  return slopes.length === 0 ? 0 : median(slopes) / median(samples.map(({ value }) => value));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that so large a share of all are not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
