import type { Events } from "../events.ts";
import { groupBy, type Rows } from "./result.ts";

/** Who sells in category 10 from Oregon, Idaho or California. */
export function q3({ persons, auctions }: Events): Rows {
  const there = persons.filter(({ state }) => state === "OR" || state === "ID" || state === "CA");
  const people = groupBy(there, ({ id }) => id);
  return auctions.filter(({ category }) => category === 10).flatMap(({ id, seller }) =>
    (people.get(seller) ?? []).map(({ name, city, state }) => [name, city, state, id])
  );
}
