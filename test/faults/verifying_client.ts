import assert from "node:assert/strict";
import type { TestServer } from "../e2e/server.ts";

/** A batch that a producer sends, again and again until somebody has acknowledged it. */
interface Batch {
  readonly sequence: number;
  readonly ids: readonly number[];
  readonly bad: number;
  readonly body: string;
  /** The partition that it names, wherever it is sent again. */
  readonly partition: number | undefined;
}

interface Answer {
  readonly accepted: number;
  readonly rejected: number;
  readonly durability: string;
}

const KEYS = ["a", "b", "c", "d", "e"];

/** Rows with ids that are never used twice, sent by numbered producers: knows what was acknowledged, and what may be there beside it. */
export class VerifyingClient {
  readonly #random: (below: number) => number;
  readonly #stream: string;
  readonly #named: () => number | undefined;
  readonly #open = new Map<string, Batch>();
  readonly #sequences = new Map<string, number>();
  #id = 0;
  /** Ids that were acknowledged, with their rows. */
  readonly acked = new Map<number, { readonly key: string; readonly value: number }>();
  /** Bad rows of batches that were acknowledged. */
  bad = 0;
  acks = 0;
  /** The server is in trouble: an answer that it failed is as good as none. */
  inTrouble = false;

  /** `named`: gives the partition that a batch names; default: none does. */
  constructor(stream: string, random: (below: number) => number, named: () => number | undefined = () => undefined) {
    this.#stream = stream;
    this.#random = random;
    this.#named = named;
  }

  /** The row of an id, which follows from it. */
  rowOf(id: number): { ts: number; id: number; key: string; value: number } {
    return { ts: 1_700_000_000_000 + id * 7, id, key: KEYS[id * 7919 % KEYS.length], value: id % 1000 };
  }

  #next(producer: string): Batch {
    const sequence = this.#sequences.get(producer) ?? 0,
      rows = 1 + this.#random(60),
      bad = this.#random(4) === 0 ? 2 : 0;
    const ids = Array.from({ length: rows }, () => this.#id++);
    const lines = ids.map((id) => JSON.stringify(this.rowOf(id)));
    for (let i = 0; i < bad; i++) lines.splice(this.#random(lines.length + 1), 0, `{"ts":"never","id":${i}}`);
    return { sequence, ids, bad, body: lines.join("\n"), partition: this.#named() };
  }

  /** Sends batches of `producer` until the server is gone; `told` hears of each acknowledgement. */
  async run(server: TestServer, producer: string, told: () => void): Promise<void> {
    while (await this.one(server, producer)) told();
  }

  /** Sends the batch of `producer` that nobody has acknowledged yet, or a new one; whether it was acknowledged. */
  async one(server: TestServer, producer: string): Promise<boolean> {
    const batch = this.#open.get(producer) ?? this.#next(producer);
    this.#open.set(producer, batch);
    const answer = await this.#send(server, producer, batch);
    if (answer === null) return false;
    assert.deepEqual([answer.accepted, answer.rejected, answer.durability], [batch.ids.length, batch.bad, "fsync"]);
    for (const id of batch.ids) this.acked.set(id, this.rowOf(id));
    this.bad += batch.bad;
    this.acks++;
    this.#sequences.set(producer, batch.sequence + 1);
    this.#open.delete(producer);
    return true;
  }

  /** Sends what nobody has acknowledged yet. */
  async settle(server: TestServer): Promise<void> {
    for (const producer of [...this.#open.keys()]) assert.ok(await this.one(server, producer));
  }

  /** Null: the server has gone, and nobody knows whether it has the batch. */
  async #send(server: TestServer, producer: string, { sequence, body, partition }: Batch): Promise<Answer | null> {
    const path = `/v1/streams/${this.#stream}${partition === undefined ? "" : `?partition=${partition}`}`;
    const headers = {
      "content-type": "application/x-ndjson",
      "rdx-producer": producer,
      "rdx-sequence": String(sequence),
    };
    let response: Response, text: string;
    try {
      response = await server.fetch(path, { method: "POST", headers, body });
      text = await response.text();
    } catch {
      return null;
    }
    if (this.inTrouble && response.status >= 500) return null;
    assert.equal(response.status, 200, text);
    return JSON.parse(text) as Answer;
  }

  /** What is wrong with the ids that came out: acknowledged ones that are not there, and those that are there twice. */
  compare(ids: readonly number[]): { lost: number[]; doubled: number[] } {
    const seen = new Set<number>(), doubled: number[] = [];
    for (const id of ids) {
      if (seen.has(id)) doubled.push(id);
      seen.add(id);
    }
    return { lost: [...this.acked.keys()].filter((id) => !seen.has(id)), doubled };
  }
}
