import { RdxError, reasonOf } from "../../src/core/errors.ts";
import type { Address } from "../../src/client/rdx/address.ts";
import { ServerFacts } from "../model/server_clock.ts";
import { buildRemark, clockRemark } from "../model/status.ts";

/** What answers said of their servers. All elements of a page learn from all answers. */
const facts = new Map<string, ServerFacts>();

export function factsOf(base: string): ServerFacts {
  let found = facts.get(base);
  if (!found) facts.set(base, found = new ServerFacts());
  return found;
}

/** What an element says beside its state: of the server's clock and version. */
export function remarksOf(base: string): string[] {
  const { offsetMs, firstBuild, build } = factsOf(base);
  return [clockRemark(offsetMs), buildRemark(firstBuild, build)].filter((text) => text !== null);
}

/** Anything that was thrown as an error that can be told. */
export function errorOf(thrown: unknown): RdxError {
  return thrown instanceof RdxError ? thrown : new RdxError("internal", reasonOf(thrown));
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
