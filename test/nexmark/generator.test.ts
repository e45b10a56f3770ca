import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "../deps/fast_check.ts";
import type { RdxError } from "../../src/core/errors.ts";
import type { FileRange } from "../../src/source.ts";
import {
  NEXMARK_BASE_MS,
  NEXMARK_TABLES,
  nexmarkLines,
  type NexmarkOptions,
  nexmarkRows,
  openNexmark,
} from "../../src/source/nexmark.ts";
import { eventsOf, tableBytes } from "./events.ts";

const OPTIONS: NexmarkOptions = {
  table: "bid",
  events: 50_000,
  eventsPerSecond: 10_000,
  seed: 1,
  baseMs: NEXMARK_BASE_MS,
};

const share = <T>(items: readonly T[], test: (item: T) => boolean) => items.filter(test).length / items.length;
const near = (found: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} is not ${expected} ± ${tolerance}`);

Deno.test("a seed gives the same bytes on every machine", () => {
  const hashes = NEXMARK_TABLES.map((table) =>
    createHash("sha256").update(tableBytes({ ...OPTIONS, table })).digest("hex").slice(0, 16)
  );
  assert.deepEqual(hashes, ["fb163f35919496dc", "63147b96fc157588", "f474f123c5af58ef"]);
  assert.notDeepEqual(tableBytes({ ...OPTIONS, seed: 2 }), tableBytes(OPTIONS));
});

Deno.test("lines are the same however a table is cut into ranges, and stay within the bound", () => {
  const table = fc.constantFrom(...NEXMARK_TABLES),
    cuts = fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 8 });
  fc.assert(fc.property(table, cuts, fc.nat(), (table, cuts, seed) => {
    const options = { ...OPTIONS, table, seed, events: 2000 }, lines = nexmarkLines(options), pieces: Uint8Array[] = [];
    const bounds = [0, ...cuts.sort((a, b) => a - b), 2000];
    for (let i = 1; i < bounds.length; i++) {
      const offset = bounds[i - 1], length = bounds[i] - offset;
      const range: FileRange = { path: "", format: "ndjson", offset, length, size: 2000 };
      const target = new Uint8Array(lines.bytesMax(range)), bytes = lines.make(range, target);
      pieces.push(target.slice(0, bytes));
    }
    assert.deepEqual(Buffer.concat(pieces).toString(), new TextDecoder().decode(tableBytes(options)));
  }));
});

Deno.test("ranges follow each other without gaps, and the tables' ranges cover the same events", () => {
  const ranges = NEXMARK_TABLES.map((table) => {
    const source = openNexmark({ ...OPTIONS, table }), found: number[][] = [];
    for (let range = source.next(); range; range = source.next()) found.push([range.offset, range.length]);
    assert.equal(source.position, source.size);
    return found;
  });
  assert.ok(ranges[0].length > 2);
  assert.deepEqual(ranges[1], ranges[0]);
  assert.deepEqual(ranges[2], ranges[0]);
  let end = 0;
  for (const [offset, length] of ranges[0]) {
    assert.equal(offset, end);
    end += length;
  }
  assert.equal(end, OPTIONS.events);
});

Deno.test("of 50 events one is a person, three are auctions and 46 are bids, with ascending ids and times", () => {
  for (const events of [0, 1, 3, 4, 49, 50, 51, 54, 12_345]) {
    const { persons, auctions, bids } = eventsOf({ ...OPTIONS, events });
    assert.equal(persons.length + auctions.length + bids.length, events);
    assert.deepEqual(
      NEXMARK_TABLES.map((table) => nexmarkRows({ table, events })),
      [persons.length, auctions.length, bids.length],
    );
  }
  const { persons, auctions, bids } = eventsOf({ ...OPTIONS, events: 5000, eventsPerSecond: 300 });
  const timeOf = (event: number) => NEXMARK_BASE_MS + Math.floor(event * 1000 / 300);
  persons.forEach(({ id, dateTime }, i) => assert.deepEqual([id, dateTime], [1000 + i, timeOf(i * 50)]));
  auctions.forEach(({ id, dateTime }, i) =>
    assert.deepEqual([id, dateTime], [1000 + i, timeOf(Math.floor(i / 3) * 50 + 1 + i % 3)])
  );
  bids.forEach(({ dateTime }, i) => assert.equal(dateTime, timeOf(Math.floor(i / 46) * 50 + 4 + i % 46)));
});

Deno.test("half of the bids are for the hot auction, three quarters are of hot bidders, as many auctions of hot sellers", () => {
  const { auctions, bids } = eventsOf({ ...OPTIONS, events: 500_000 });
  const hotAuction = (i: number) => 1000 + Math.floor((Math.floor(i / 46) * 3 + 2) / 100) * 100;
  const hotPerson = (epoch: number) => 1000 + Math.floor(epoch / 100) * 100;
  near(share(bids.map((bid, i) => bid.auction === hotAuction(i)), Boolean), 0.5, 0.01);
  near(share(bids.map((bid, i) => bid.bidder === hotPerson(Math.floor(i / 46)) + 1), Boolean), 0.75, 0.01);
  near(share(auctions.map(({ seller }, i) => seller === hotPerson(Math.floor(i / 3))), Boolean), 0.75, 0.01);
  near(share(bids, ({ channel }) => ["Google", "Facebook", "Baidu", "Apple"].includes(channel)), 0.5, 0.01);
  near(share(bids, ({ url }) => url.includes("channel_id=")), 0.45, 0.01);
  for (const category of [10, 11, 12, 13, 14]) {
    near(share(auctions, (auction) => auction.category === category), 0.2, 0.01);
  }
  const last = auctions.length - 1 + 1000;
  assert.ok(bids.every(({ auction }) => auction >= 1000 && auction <= last + 10));
});

Deno.test("prices are even over six powers of ten, and auctions stay open for the time of about a hundred others", () => {
  const { auctions, bids } = eventsOf({ ...OPTIONS, events: 500_000 });
  assert.ok(bids.every(({ price }) => price >= 100 && price <= 100_000_000));
  for (let power = 2; power < 8; power++) {
    near(share(bids, ({ price }) => price >= 10 ** power && price < 10 ** (power + 1)), 1 / 6, 0.01);
  }
  assert.ok(auctions.every(({ dateTime, expires, initialBid, reserve }) => expires > dateTime && reserve > initialBid));
  const open = auctions.reduce((sum, { dateTime, expires }) => sum + expires - dateTime, 0) / auctions.length;
  near(open, 1666 / 10, 5);
});

Deno.test("rows have the sizes of the original: extra fills persons up to 200 bytes, auctions to 500 and bids to 100", () => {
  const { persons, auctions, bids } = eventsOf({ ...OPTIONS, events: 100_000 });
  const average = <T>(rows: readonly T[], bytes: (row: T) => number) =>
    rows.reduce((sum, row) => sum + bytes(row), 0) / rows.length;
  const chars = (row: object) =>
    Object.values(row).reduce((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0);
  near(average(persons, (row) => 8 + chars(row)), 200, 4);
  near(average(auctions, (row) => 48 + chars(row)), 500, 10);
  near(average(bids, ({ extra }) => 32 + extra.length), 100, 2);
  near(tableBytes({ ...OPTIONS, table: "bid" }).length / nexmarkRows({ table: "bid", events: OPTIONS.events }), 244, 3);
});

Deno.test("numbers that cannot be are refused with what would do", () => {
  const refused = (change: Partial<NexmarkOptions>, message: RegExp) =>
    assert.throws(() => openNexmark({ ...OPTIONS, ...change }), (thrown: RdxError) => {
      assert.equal(thrown.code, "invalid_plan");
      assert.match(thrown.message, message);
      return true;
    });
  refused({ events: -1 }, /events -1: expected a whole number from 0/);
  refused({ events: 1.5 }, /events 1.5/);
  refused({ eventsPerSecond: 0 }, /events_per_second 0: expected a whole number from 1/);
  refused({ seed: NaN }, /seed NaN/);
  refused({ baseMs: -5 }, /base_ms -5/);
  refused({ events: 10 ** 12, eventsPerSecond: 1 }, /end in the year 33\d\d\d/);
});
