import { INT64, STRING } from "../../src/core/schema.ts";
import type { Column } from "../../src/core/schema.ts";
import type { DeadFilter, DeadLetterService, DeadPage, DeadReasons, DeadReplay } from "../../src/runtime/service.ts";
import type { SimStreams } from "./streams.ts";
import { frameOf } from "./view.ts";

const COLUMNS: readonly Column[] = [
  { name: "reason", type: STRING, nullable: false },
  { name: "id", type: INT64, nullable: false },
];

/** A double of dead letters for tests of those who serve them: it gives what a test puts there, and notes what it was asked. */
export class SimDead implements DeadLetterService {
  readonly #streams: SimStreams;
  /** Reasons of the dead rows of every stream, by their ids. */
  rows: string[] = [];
  next: number | null = null;
  replayed: DeadReplay = {
    replayed: 1,
    failed: 1,
    skipped: 0,
    more: false,
    before: 9,
    errors: [{ id: 3, reason: "It is bad" }],
  };
  readonly asked: { what: string; stream: string; query: unknown }[] = [];

  constructor(streams: SimStreams) {
    this.#streams = streams;
  }

  #ask(what: string, stream: string, query: unknown): Promise<void> {
    this.#streams.get(stream);
    this.asked.push({ what, stream, query });
    return Promise.resolve();
  }

  async list(stream: string, query: unknown): Promise<DeadPage> {
    await this.#ask("list", stream, query);
    const ranges = this.rows.length === 0
      ? []
      : [frameOf(COLUMNS, this.rows.map((reason, id) => [reason, BigInt(id)]))];
    return { columns: COLUMNS, ranges, next: this.next };
  }

  async reasons(stream: string, filter: DeadFilter): Promise<DeadReasons> {
    await this.#ask("reasons", stream, filter);
    const reasons = this.rows.map((reason) => ({ reason, field: null, rows: 1 }));
    return { rows: this.rows.length, complete: true, reasons };
  }

  async replay(stream: string, filter: DeadFilter): Promise<DeadReplay> {
    await this.#ask("replay", stream, filter);
    return this.replayed;
  }

  async discard(stream: string, filter: DeadFilter): Promise<{ discarded: number }> {
    await this.#ask("discard", stream, filter);
    return { discarded: this.rows.length };
  }
}
