import * as rxjs from "../deps/rxjs.ts";
import type { Contestant } from "../lib/compare.ts";
import type { Answer, Work } from "./aggregate_rivals.ts";

interface Row {
  readonly key: number;
  readonly value: number;
}

function* rowsOf({ keys, values }: Work): Generator<Row> {
  for (let i = 0; i < keys.length; i++) yield { key: keys[i], value: values[i] };
}

/** RxJS: windows of so many rows, in each a group for every key, in each a fold. */
export function rxjsGroups(work: Work): Contestant<Answer> {
  const fold = (state: { count: number; sum: number }, { value }: Row) => {
    state.count++;
    state.sum += value;
    return state;
  };
  return {
    name: "RxJS",
    run() {
      const answer = { groups: 0, count: 0, sum: 0 };
      rxjs.from(rowsOf(work)).pipe(
        rxjs.windowCount(work.windowRows),
        rxjs.mergeMap((window) =>
          window.pipe(
            rxjs.groupBy(({ key }) => key),
            rxjs.mergeMap((group) => group.pipe(rxjs.reduce(fold, { count: 0, sum: 0 }))), // its own state for each group
          )
        ),
      ).subscribe(({ count, sum }) => {
        answer.groups++;
        answer.count += count;
        answer.sum += sum;
      });
      return { answer, seconds: null };
    },
  };
}
