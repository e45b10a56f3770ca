/** How far sparklines go back. */
const SPAN_MS = 120_000;

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

/** The last values of many figures, by name. Names that are not told any more are forgotten. */
export class History {
  #series = new Map<string, Sample[]>();

  /** Takes one value of each figure. */
  add(atMs: number, values: Iterable<readonly [string, number]>): void {
    const next = new Map<string, Sample[]>();
    for (const [name, value] of values) {
      const series = this.#series.get(name) ?? [];
      series.push({ atMs, value });
      while (series[0].atMs < atMs - SPAN_MS) series.shift();
      next.set(name, series);
    }
    this.#series = next;
  }

  of(name: string): readonly Sample[] {
    return this.#series.get(name) ?? [];
  }
}

/** The line through values as SVG's `points`, newest at the right edge; zero is the floor. Empty below two values. */
export function sparkPoints(samples: readonly Sample[], width: number, height: number): string {
  if (samples.length < 2) return "";
  const top = Math.max(...samples.map(({ value }) => value), 1e-9), end = samples[samples.length - 1].atMs;
  return samples.map(({ atMs, value }) => {
    const x = width - (end - atMs) / SPAN_MS * width, y = height - Math.max(0, value) / top * height;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  }).join(" ");
}
