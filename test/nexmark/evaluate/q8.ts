import type { Events } from "../events.ts";
import type { Rows } from "./result.ts";
import { windowOf } from "./windows.ts";

/** Persons who came and sold within the same ten seconds. */
export function q8({ persons, auctions }: Events): Rows {
  const sold = new Set(auctions.map(({ seller, dateTime }) => `${seller} ${windowOf(dateTime, 10_000)}`));
  return persons.map(({ id, name, dateTime }) => [id, name, windowOf(dateTime, 10_000)])
    .filter(([id, , start]) => sold.has(`${id} ${start}`));
}
