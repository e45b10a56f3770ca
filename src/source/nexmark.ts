import { RdxError } from "../core/errors.ts";
import type { FileRange, LineMaker, RangeSource } from "../source.ts";
import { AuctionWriter } from "./nexmark/auction.ts";
import { BidWriter } from "./nexmark/bid.ts";
import { LineWriter } from "./nexmark/line_writer.ts";
import { EPOCH_EVENTS, FIRST_BID } from "./nexmark/numbers.ts";
import { PersonWriter } from "./nexmark/person.ts";
import { EventRandom } from "./nexmark/random.ts";
import type { TableWriter } from "./nexmark/table.ts";

export const NEXMARK_TABLES = ["person", "auction", "bid"] as const;
export type NexmarkTable = typeof NEXMARK_TABLES[number];

/** One table of a stream of events. Sources with the same numbers are tables of the same stream. */
export interface NexmarkOptions {
  readonly table: NexmarkTable;
  /** Events of all three tables together; of 50 one is a person, three are auctions and 46 are bids. */
  readonly events: number;
  /** Of event time. */
  readonly eventsPerSecond: number;
  readonly seed: number;
  /** Event time of the first event, epoch milliseconds. */
  readonly baseMs: number;
}

/** Where event time begins unless it is said: 2023-11-14T22:13:20Z. */
export const NEXMARK_BASE_MS = 1_700_000_000_000;
/** Events of all tables that are made as one chunk: about 4 MB of bids. The same for all tables, so that they go on at one pace. */
const RANGE_EVENTS = 400 * EPOCH_EVENTS;
/** Numbers up to here are written. */
const TIME_MS_MAX = 10 ** 14;
const EVENTS_MAX = 10 ** 12;

/** The ranges of a table: `offset` and `length` count events of all tables. Throws RdxError("invalid_plan") for numbers that cannot be. */
export function openNexmark(options: NexmarkOptions): RangeSource {
  check(options);
  const { table, events: size } = options;
  let position = 0;
  return {
    size,
    get position() {
      return position;
    },
    next(): FileRange | null {
      if (position >= size) return null;
      const offset = position, length = Math.min(RANGE_EVENTS, size - offset);
      position += length;
      return { path: `nexmark ${table}`, format: "ndjson", offset, length, size };
    },
  };
}

/** Makes the lines of a table's ranges. */
export function nexmarkLines(options: NexmarkOptions): LineMaker {
  check(options);
  const { table, eventsPerSecond, baseMs, seed } = options, random = new EventRandom(seed), places = PLACES[table];
  const clock = { timeOf: (event: number) => baseMs + Math.floor(event * 1000 / eventsPerSecond) };
  const writer = writerOf(table, random, clock);
  return {
    bytesMax: ({ offset, length }) =>
      countOf(table, offset + length, offset) * writer.bytesMax + LineWriter.SLACK_BYTES,
    make({ offset, length }, target) {
      const line = new LineWriter(target), end = offset + length;
      for (let epoch = Math.floor(offset / EPOCH_EVENTS); epoch * EPOCH_EVENTS < end; epoch++) {
        const start = epoch * EPOCH_EVENTS, last = Math.min(start + places.end, end);
        for (let event = Math.max(start + places.first, offset); event < last; event++) {
          random.start(event);
          writer.write(line, event, epoch);
        }
      }
      return line.at;
    },
  };
}

function writerOf(table: NexmarkTable, ...parts: ConstructorParameters<typeof BidWriter>): TableWriter {
  if (table === "person") return new PersonWriter(...parts);
  return table === "auction" ? new AuctionWriter(...parts) : new BidWriter(...parts);
}

/** Where a table's events stand in an epoch. */
const PLACES: Readonly<Record<NexmarkTable, { readonly first: number; readonly end: number }>> = {
  person: { first: 0, end: 1 },
  auction: { first: 1, end: FIRST_BID },
  bid: { first: FIRST_BID, end: EPOCH_EVENTS },
};

/** How many of the events from `start` to before `end` are in the table. */
function countOf(table: NexmarkTable, end: number, start = 0): number {
  const { first, end: behind } = PLACES[table];
  const before = (event: number) => {
    const epochs = Math.floor(event / EPOCH_EVENTS), places = event % EPOCH_EVENTS;
    return epochs * (behind - first) + Math.min(Math.max(places - first, 0), behind - first);
  };
  return before(end) - before(start);
}

/** Rows that a table has. */
export function nexmarkRows({ table, events }: Pick<NexmarkOptions, "table" | "events">): number {
  return countOf(table, events);
}

function check({ table, events, eventsPerSecond, seed, baseMs }: NexmarkOptions): void {
  const whole = (name: string, value: number, least: number, most: number) => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw new RdxError("invalid_plan", `Cannot use ${name} ${value}: expected a whole number from ${least} to ${most}`);
  };
  if (!NEXMARK_TABLES.includes(table)) {
    throw new RdxError(
      "invalid_plan",
      `Nexmark has no table ${JSON.stringify(table)}: use ${NEXMARK_TABLES.join(", ")}`,
    );
  }
  whole("events", events, 0, EVENTS_MAX);
  whole("events_per_second", eventsPerSecond, 1, EVENTS_MAX);
  whole("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  whole("base_ms", baseMs, 0, TIME_MS_MAX);
  const lastMs = baseMs + Math.ceil(events * 1000 / eventsPerSecond);
  if (lastMs >= TIME_MS_MAX / 2) {
    throw new RdxError(
      "invalid_plan",
      `${events} events at ${eventsPerSecond} a second end in the year ${yearOf(lastMs)}`,
    );
  }
}

function yearOf(ms: number): string {
  const year = new Date(ms).getUTCFullYear();
  return Number.isNaN(year) ? "beyond 275760" : String(year);
}
