import { op, table } from "../../deps/arquero.ts";
import { type Contestant, SHOWN_ROWS } from "./contestant.ts";

/** Groups the rows of an update, and then those groups together with the ones there were: no row is looked at twice. */
export function arquero(): Contestant {
  let groups = table({ key: [] as number[], count: [] as number[], sum: [] as number[] });
  return {
    update({ keys, values }) {
      const fresh = table({ key: keys, value: values }).groupby("key")
        .rollup({ count: op.count(), sum: op.sum("value") });
      groups = groups.concat(fresh).groupby("key").rollup({ count: op.sum("count"), sum: op.sum("sum") });
    },
    picture() {
      const rows = groups.orderby((row: { sum: number }) => -row.sum, "key").slice(0, SHOWN_ROWS).objects();
      const all = groups.rollup({ count: op.sum("count"), sum: op.sum("sum") }).object() as {
        count: number;
        sum: number;
      };
      return { top: rows as { key: number; count: number; sum: number }[], count: all.count ?? 0, sum: all.sum ?? 0 };
    },
    close() {},
  };
}
