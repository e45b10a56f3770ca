import { CODE_POINT_MAX, type Ranges } from "./ranges.ts";

/** Classes of characters that a pattern cannot tell apart; a class fits a byte. */
export const CLASSES_MAX = 256;

/** The characters of a pattern's sets, as the fewest classes: every set is made of whole ones. */
export class Alphabet {
  /** First code points of runs of one class, ascending from 0. */
  readonly starts: readonly number[];
  /** The class of each run. */
  readonly classes: readonly number[];
  readonly size: number;

  constructor(sets: readonly Ranges[]) {
    const edges = new Set([0]);
    for (const [low, high] of sets.flat()) {
      edges.add(low);
      if (high < CODE_POINT_MAX) edges.add(high + 1);
    }
    this.starts = [...edges].sort((a, b) => a - b);
    // Runs that are in the same sets are one class
    const known = new Map<string, number>();
    const cursors = sets.map(() => 0);
    this.classes = this.starts.map((start) => {
      const key = sets.map((ranges, i) => {
        while (cursors[i] < ranges.length && ranges[cursors[i]][1] < start) cursors[i]++;
        return cursors[i] < ranges.length && ranges[cursors[i]][0] <= start ? "1" : "0";
      }).join("");
      const found = known.get(key) ?? known.size;
      known.set(key, found);
      return found;
    });
    this.size = known.size;
  }

  /** The classes that a set of the pattern is made of. */
  of(ranges: Ranges): number[] {
    const found = new Set<number>();
    let at = 0;
    this.starts.forEach((start, i) => {
      while (at < ranges.length && ranges[at][1] < start) at++;
      if (at < ranges.length && ranges[at][0] <= start) found.add(this.classes[i]);
    });
    return [...found].sort((a, b) => a - b);
  }
}
