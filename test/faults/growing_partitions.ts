import assert from "node:assert/strict";
import type { TestServer } from "../e2e/server.ts";
import { StreamPartitions } from "../sim/partitions.ts";
import { STREAM } from "./server_faults.ts";

/**
 * The partitions of stream `s`, of which there are more and more, of a server that may end anywhere while it gets them: batches name those alone that it has said to have.
 */
export class GrowingPartitions {
  readonly #random: (below: number) => number;
  readonly #wanted: StreamPartitions;
  readonly #more: Record<string, unknown>;
  #told = 1;

  /** `more`: of the stream's declaration. */
  constructor(random: (below: number) => number, more: Record<string, unknown> = {}) {
    this.#random = random;
    this.#wanted = new StreamPartitions(random, ["key", "producer", "name"]);
    this.#more = more;
  }

  /** How many it has when it has been declared once more. */
  get count(): number {
    return this.#wanted.count;
  }

  get told(): string {
    return `${this.count} partitions by ${this.#wanted.by}`;
  }

  /** The partition that a batch names; undefined: none. The last ones get few rows, or none. */
  named(): number | undefined {
    const random = this.#random;
    return this.#wanted.by === "name" ? Math.min(random(this.#told), random(this.#told)) : undefined;
  }

  async declare(server: TestServer): Promise<void> {
    const { count, declaration } = this.#wanted;
    await server.put("/v1/streams/s", { ...STREAM, ...this.#more, ...declaration });
    this.#told = count;
  }

  /** Those that a server has said to have, it has in its next life too. */
  async areKept(server: TestServer): Promise<void> {
    const { partitions = 1 } = await server.json<{ partitions?: number }>("/v1/streams/s");
    assert.ok(partitions >= this.#told, `${partitions} partitions are left of ${this.#told}`);
  }

  /** Resolves to false when the server has ended meanwhile: it may have them or not. */
  async grow(server: TestServer): Promise<boolean> {
    this.#wanted.grow(this.#random);
    try {
      await this.declare(server);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) throw thrown;
      return false;
    }
  }
}
