/** A value of a result: times are epoch milliseconds, decimals whole numbers of their last place. */
export type Cell = number | string | null;

/** Rows of a result, in any order. Of a query whose results change it is what is left in the end. */
export type Rows = Cell[][];

/** The list under a key, made where there is none. */
export function listOf<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  let list = lists.get(key);
  if (!list) lists.set(key, list = []);
  return list;
}

/** The items by key, in their order. */
export function groupBy<Key, Item>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) listOf(groups, keyOf(item)).push(item);
  return groups;
}

/** `yyyy-MM-dd` of a time in UTC. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
/** `HH:mm` of a time in UTC. */
export const minuteOf = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

/** An average of whole numbers as a whole number, cut off. */
export const wholeAverage = (sum: number, count: number): number => Math.trunc(sum / count);
