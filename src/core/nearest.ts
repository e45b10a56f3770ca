/** Letters that two names may differ in, as a part of the longer one, to count as a slip of the hand; one always may. */
const DIFFERENCE_PART_MAX = 0.4;
/** Letters of the longest name that is compared; beyond it a hint is not worth the time. */
const NAME_LENGTH_MAX = 128;

/** The name among `known` that `name` was probably meant to be, or null. Case does not count as a difference. */
export function nearest(name: string, known: Iterable<string>): string | null {
  if (name.length > NAME_LENGTH_MAX) return null;
  let best: string | null = null, bestDistance = Infinity;
  for (const one of known) {
    const longer = Math.max(name.length, one.length);
    if (longer > NAME_LENGTH_MAX) continue;
    const distance = editDistance(name.toLowerCase(), one.toLowerCase());
    const slip = distance < longer && distance <= Math.max(1, longer * DIFFERENCE_PART_MAX);
    if (slip && distance < bestDistance) {
      best = one;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that make `a` of `b` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [], last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, last[j] + 1, row[j - 1] + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}
