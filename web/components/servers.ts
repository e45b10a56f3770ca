import type { Address } from "../../src/client/rdx/address.ts";
import { ServerFacts } from "../model/server_clock.ts";

/** What answers said of their servers. All elements of a page learn from all answers. */
const facts = new Map<string, ServerFacts>();

export function factsOf(base: string): ServerFacts {
  let found = facts.get(base);
  if (!found) facts.set(base, found = new ServerFacts());
  return found;
}

/** A server as the client takes it. */
export function addressOf(base: string, token: string | null): Address {
  const known = factsOf(base);
  return {
    url: base,
    ...(token ? { token } : {}),
    async fetch(input, init) {
      const sent = Date.now(), answer = await fetch(input, init);
      known.learn(answer.headers, sent, Date.now());
      return answer;
    },
  };
}
