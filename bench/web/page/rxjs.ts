import { groupBy, mergeMap, scan, Subject } from "../../deps/rxjs.ts";
import { type Contestant, type Shown, Top } from "./contestant.ts";

/** groupBy and a running total for each group, gathered in a Map. */
export function rxjs(): Contestant {
  const rows = new Subject<{ key: number; value: number }>(), groups = new Map<number, Shown>();
  let count = 0, sum = 0;
  const subscription = rows.pipe(
    groupBy(({ key }) => key),
    mergeMap((group) =>
      group.pipe(
        scan((total, { value }) => ({ key: group.key, count: total.count + 1, sum: total.sum + value }), {
          key: group.key,
          count: 0,
          sum: 0,
        }),
      )
    ),
  ).subscribe((total) => groups.set(total.key, total));
  return {
    update({ rows: length, keys, values }) {
      for (let i = 0; i < length; i++) {
        rows.next({ key: keys[i], value: values[i] });
        sum += values[i];
      }
      count += length;
    },
    picture() {
      const top = new Top();
      for (const group of groups.values()) top.offer(group.key, group.count, group.sum);
      return { top: top.rows, count, sum };
    },
    close() {
      subscription.unsubscribe();
    },
  };
}
