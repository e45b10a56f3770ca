import assert from "node:assert/strict";
import type { Web } from "../../src/client/http/web.ts";
import type { Random } from "./pool.ts";

/** So many times in a row it does not answer well, at most: else it is left alone for longer than a simulation lasts. */
const FAILURES_MAX = 3;

/** Who webhooks of a simulation send to: it outlives their process, and keeps what it is sent once for each idempotency key, whatever its answers are. */
export class SimReceiver {
  readonly #random: Random;
  /** Bodies by their keys, in the order in which they came first. */
  readonly #stored = new Map<string, string>();
  #failures = 0;
  /** Requests whose key was there. */
  repeated = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Ids of all rows, as they came first. */
  get ids(): number[] {
    return [...this.#stored.values()].flatMap((body) => body.trimEnd().split("\n").map((line) => JSON.parse(line).id));
  }

  /** What a process sends by. Answers take their time, or never come where the process has gone meanwhile. */
  web(turn: () => Promise<void>, isAlive: () => boolean): Web {
    return {
      check: () => Promise.resolve(),
      secret: () => Promise.reject(new Error("The simulation has no secrets")),
      close: () => {},
      send: async ({ headers, body }) => {
        await turn();
        if (!isAlive()) return await new Promise<never>(() => {});
        const fate = this.#failures === FAILURES_MAX ? 9 : this.#random(10);
        this.#failures = fate < 4 ? this.#failures + 1 : 0;
        if (fate === 0) throw new Error("The connection was reset");
        if (fate === 1) return new Response(null, { status: 503 });
        if (fate === 2) return new Response(null, { status: 429, headers: { "retry-after": "0" } });
        this.#store(headers["idempotency-key"], new TextDecoder().decode(body as Uint8Array));
        await turn();
        if (!isAlive()) return await new Promise<never>(() => {});
        if (fate === 3) throw new Error("The connection was reset behind the rows");
        return new Response(null, { status: 200 });
      },
    };
  }

  #store(key: string, body: string): void {
    const before = this.#stored.get(key);
    if (before === undefined) return void this.#stored.set(key, body);
    assert.equal(body, before, `${key} comes again with other rows`);
    this.repeated++;
  }
}
