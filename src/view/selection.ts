/**
 * The `count` least of the numbers 0 to `size` - 1, in order. `compare` must be a total order without equals. Takes
 * O(size · log count) at worst and, for items in no special order, little more than `size` comparisons.
 */
export function selectLeast(size: number, count: number, compare: (a: number, b: number) => number): Int32Array {
  const kept = Int32Array.from({ length: Math.min(size, count) }, (_, i) => i);
  if (kept.length < size && kept.length > 0) {
    for (let i = (kept.length >> 1) - 1; i >= 0; i--) sink(kept, i, compare);
    for (let item = kept.length; item < size; item++) {
      if (compare(item, kept[0]) >= 0) continue;
      kept[0] = item;
      sink(kept, 0, compare);
    }
  }
  return kept.sort(compare);
}

/** Restores a heap with the greatest at the front, from `at` downwards. */
function sink(heap: Int32Array, at: number, compare: (a: number, b: number) => number): void {
  const item = heap[at];
  while (true) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && compare(heap[child + 1], heap[child]) > 0) child++;
    if (compare(heap[child], item) <= 0) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = item;
}
