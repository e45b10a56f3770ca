/** What is ranked: by a score, NaN when there is nothing to show of it. */
export interface Ranked {
  score: number;
}

/** A newcomer must be better than the weakest by this part of its score. */
const MARGIN = 0.1;

/**
 * Fills `places` with the best of `all`: whoever is shown stays in its place, and so keeps its colour, until another is better by a tenth.
 * Costs one sort of `all`. Places beyond what there is are null.
 */
export function rank<T extends Ranked>(places: (T | null)[], all: Iterable<T>): void {
  const shown = new Set<T>(), others: T[] = [], present = new Set<T>();
  for (const one of all) if (!Number.isNaN(one.score)) present.add(one);
  for (let i = 0; i < places.length; i++) {
    const one = places[i];
    if (one === null) continue;
    if (present.has(one)) shown.add(one);
    else places[i] = null;
  }
  for (const one of present) if (!shown.has(one)) others.push(one);
  others.sort((a, b) => b.score - a.score);
  let next = 0;
  for (let i = 0; i < places.length && next < others.length; i++) {
    if (places[i] !== null) continue;
    places[i] = others[next++];
  }
  for (; next < others.length; next++) {
    const at = weakest(places), score = places[at]!.score;
    if (!(others[next].score > score + MARGIN * Math.abs(score))) break;
    places[at] = others[next];
  }
}

function weakest<T extends Ranked>(places: readonly (T | null)[]): number {
  let at = 0;
  for (let i = 1; i < places.length; i++) if (places[i]!.score < places[at]!.score) at = i;
  return at;
}
