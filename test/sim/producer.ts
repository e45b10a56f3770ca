import assert from "node:assert/strict";
import type { Answer, SimNetwork } from "./network.ts";
import type { StreamPartitions } from "./partitions.ts";
import type { Random } from "./pool.ts";

/** A batch that a producer sends until it is acknowledged. */
export interface Batch {
  readonly producer: string;
  readonly sequence: number;
  readonly ids: readonly number[];
  readonly bad: number;
  readonly body: string;
  /** The partition that it names; absent: none. */
  readonly partition?: number;
}

const KEYS = ["a", "b", "c", "d", "e"];

/** What a producer has to send. */
export interface Supply {
  /** Batches that were acknowledged. */
  readonly acked: Batch[];
  refused: number;
  /** The next batch of a producer; null: there is nothing more. */
  batch(producer: string, sequence: number, random: Random): Batch | null;
}

/** What all producers know together: ids are never used twice. */
export class Sent implements Supply {
  nextId = 0;
  readonly acked: Batch[] = [];
  /** Answers that are right only while the disk, or the server, is in trouble. */
  refused = 0;
  readonly partitions: StreamPartitions;

  constructor(partitions: StreamPartitions) {
    this.partitions = partitions;
  }

  batch(producer: string, sequence: number, random: Random): Batch {
    const ids = Array.from({ length: 1 + random(25) }, () => this.nextId++), bad = random(4) === 0 ? 2 : 0;
    const lines = ids.map((id) => {
      const ts = 1_700_000_000_000 + id * 7 - random(120);
      return JSON.stringify({ ts, id, key: KEYS[id * 7919 % KEYS.length], value: id % 100 });
    });
    for (let i = 0; i < bad; i++) lines.splice(random(lines.length + 1), 0, `{"ts":"never","id":${i}}`);
    return { producer, sequence, ids, bad, body: lines.join("\n"), partition: this.partitions.named(random) };
  }
}

/** A producer with numbers, which sends again what was not answered, and at times begins a new epoch. */
export class SimProducer {
  readonly name: string;
  readonly #network: SimNetwork;
  readonly #random: Random;
  readonly #sent: Supply;
  /** The path of its stream. */
  readonly #path: string;
  #epoch: number | null = null;
  #next = 0;
  #open: Batch | null = null;
  #hello = false;

  constructor(name: string, network: SimNetwork, sent: Supply, random: Random, stream = "s") {
    this.name = name;
    this.#network = network;
    this.#sent = sent;
    this.#path = `/v1/streams/${stream}`;
    this.#random = random;
  }

  get waits(): boolean {
    return this.#open !== null || this.#hello;
  }

  /** Sends something: what is open, with or without waiting for an answer, or else something new. */
  act(fresh = true): Promise<void> {
    if (fresh && this.#random(12) === 0) this.#hello = true;
    if (this.#hello) return this.#sayHello();
    if (!this.#open && !fresh) return Promise.resolve();
    this.#open ??= this.#sent.batch(this.name, this.#next, this.#random);
    return this.#open ? this.#send(this.#open) : Promise.resolve();
  }

  async #sayHello(): Promise<void> {
    const answer = await this.#network.ask(`${this.#path}/producers/${this.name}/hello`, { method: "POST" });
    if (!answer || !this.#isTaken(answer)) return;
    const { epoch, next } = answer.body;
    assert.ok(typeof epoch === "number" && typeof next === "number");
    if (epoch <= (this.#epoch ?? 0)) return;
    this.#epoch = epoch;
    this.#hello = false;
    const open = this.#open;
    if (open && next > open.sequence) this.#acknowledge(open);
    assert.equal(next, this.#next, `${this.name} in epoch ${epoch}`);
  }

  #acknowledge(batch: Batch): void {
    this.#sent.acked.push(batch);
    this.#next = batch.sequence + 1;
    this.#open = null;
  }

  async #send(batch: Batch): Promise<void> {
    const epoch = this.#epoch, { sequence, body, partition } = batch;
    const path = partition === undefined ? this.#path : `${this.#path}?partition=${partition}`;
    const headers = {
      "content-type": "application/x-ndjson",
      "rdx-producer": this.name,
      "rdx-sequence": String(sequence),
      ...(epoch === null ? {} : { "rdx-epoch": String(epoch) }),
    };
    const answer = await this.#network.ask(path, { method: "POST", headers, body });
    if (!answer || this.#open !== batch || epoch !== this.#epoch) return;
    if (answer.status === 409) this.#hello = true;
    else if (this.#isTaken(answer)) {
      const { accepted, rejected, durability } = answer.body;
      assert.deepEqual([accepted, rejected, durability], [batch.ids.length, batch.bad, "fsync"]);
      this.#acknowledge(batch);
    }
  }

  #isTaken({ status, body }: Answer): boolean {
    if (status === 200) return true;
    assert.ok([429, 500, 503, 507].includes(status), JSON.stringify(body));
    this.#sent.refused++;
    return false;
  }
}
