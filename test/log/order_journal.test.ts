import assert from "node:assert/strict";
import type { OpenedOrder, OrderLog, OrderRecord } from "../../src/log.ts";
import { decodeOrder, encodeOrder } from "../../src/log/order_codec.ts";
import { OrderJournal, type OrderParts } from "../../src/log/order_journal.ts";
import { HandClock } from "../contract/log.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { journalParts } from "./journals.ts";

const FOLDER = "order/p";

function partsOf(disk: SimDisk, timers: (() => void)[] = []): OrderParts {
  const { segments } = journalParts(disk, new HandClock());
  return { segments, after: (_, call) => (timers.push(call), () => {}) };
}

function openOrder(disk: SimDisk): Promise<OpenedOrder> {
  return OrderJournal.open(FOLDER, partsOf(disk), () => {});
}

/** Steps of an order from `first` on, of any kinds. */
function steps(first: number, count: number, random: (below: number) => number): OrderRecord[] {
  return Array.from({ length: count }, (_, i): OrderRecord => {
    const number = first + i, source = ["a", "b", "grüße"][random(3)];
    switch (random(5)) {
      case 0:
        return { kind: "idle", number, source, watermark: random(2) ? 1.7e12 : -5 };
      case 1:
        return { kind: "tick", number, nowMs: 1.7e12 + number };
      case 2:
        return { kind: "end", number, source };
      case 3: {
        const keys = new Uint8Array([number, 2, 3]).buffer,
          asked = { number, node: source, request: number * 3, keys, nowMs: 17 };
        return random(2) === 0 ? { kind: "lookup", ...asked, frames: null, failure: "größer" } : {
          kind: "lookup",
          ...asked,
          frames: [new ArrayBuffer(0), new Uint8Array([7]).buffer].slice(random(3)),
          failure: null,
        };
      }
      default:
        return {
          kind: "chunk",
          number,
          source,
          from: number * 2 ** 33,
          to: number * 2 ** 33 + 7,
          late: random(2) === 0,
        };
    }
  });
}

async function replayed(opened: OpenedOrder, after = 0): Promise<OrderRecord[]> {
  const records: OrderRecord[] = [], replay = opened.replay(after);
  while (records.length < replay.last - after) {
    const record = replay.peek();
    if (record) {
      records.push(record);
      replay.shift();
    } else {await new Promise<void>((resolve) => {
        const leave = replay.onReady(() => {
          leave();
          resolve();
        });
      });}
  }
  assert.equal(replay.peek(), null);
  replay.close();
  return records;
}

Deno.test("steps of an order are read as they were written", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seeded(seed), records = steps(1 + random(1e9), random(60), random);
    assert.deepEqual(decodeOrder(encodeOrder(records), records[0]?.number ?? 1), records, `seed ${seed}`);
  }
});

Deno.test("an order keeps what it has called durable over any power cut and kill, and goes on behind it", async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed);
    let disk = new SimDisk(random), kept: OrderRecord[] = [], order: OrderLog | null = null, durable = 0;
    for (let life = 0; life < 4; life++) {
      if (order) {
        const opened = await openOrder(disk), has = await replayed(opened);
        assert.deepEqual(has, kept.slice(0, has.length), `seed ${seed}`);
        assert.ok(has.length >= durable, `seed ${seed}: ${has.length} of ${durable}`);
        const ends = new Map(has.flatMap((one) => one.kind === "chunk" ? [[one.source, one.to]] : []));
        assert.deepEqual(opened.ends, ends);
        kept = has;
        order = opened.order;
      } else order = OrderJournal.create(FOLDER, partsOf(disk));
      durable = kept.length;
      for (let rounds = random(20); rounds > 0; rounds--) {
        const more = steps(kept.length + 1, 1 + random(30), random);
        kept = [...kept, ...more];
        for (const step of more) order.append(step);
        const last = kept.length;
        Promise.resolve(order.durable(last)).then(() => durable = Math.max(durable, last));
        if (random(2) === 0) await order.durable(1 + random(last));
      }
      disk = disk.crash(random(3) > 0 ? "power" : "kill");
    }
  }
});

Deno.test("an order that is asked for at any moment is given whole, also what is just being read", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed), disk = new SimDisk(random), order = OrderJournal.create(FOLDER, partsOf(disk));
    const all = steps(1, 500, random);
    for (const step of all) {
      order.append(step);
      if (random(5) === 0) await order.durable(step.number);
    }
    await order.close();
    const replay = (await openOrder(disk)).replay(0), given: OrderRecord[] = [];
    for (let turns = 0; given.length < all.length; turns++) {
      assert.ok(turns < 20_000, `seed ${seed}: it stands still behind ${given.length}`);
      for (let step = replay.peek(); step; step = replay.peek()) {
        given.push(step);
        replay.shift();
      }
      if (random(20) === 0) await new Promise<void>((resolve) => setTimeout(resolve));
      else await null;
    }
    assert.deepEqual(given, all);
    replay.close();
  }
});

Deno.test("while the disk is full an order waits, and is durable once there is room", async () => {
  const disk = new SimDisk(seeded(4)), timers: (() => void)[] = [], random = seeded(5);
  const order = OrderJournal.create(FOLDER, partsOf(disk, timers)), all = steps(1, 400, random);
  for (const step of all.slice(0, 100)) order.append(step);
  await order.durable(100);
  disk.faults.capacity = 0;
  for (const step of all.slice(100, 300)) {
    order.append(step);
    await null;
  }
  let durable = false;
  const waiting = order.durable(300)!.then(() => durable = true);
  for (let tries = 0; tries < 2000 && timers.length === 0; tries++) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(timers.length, 1);
  assert.equal(durable, false);
  disk.faults.capacity = Infinity;
  timers[0]();
  await waiting;
  for (const step of all.slice(300)) order.append(step);
  await order.close();
  assert.deepEqual(await replayed(await openOrder(disk)), all);
});

Deno.test("an order that cannot be synced says so to all who wait for it", async () => {
  const disk = new SimDisk(seeded(6)), order = OrderJournal.create(FOLDER, partsOf(disk)), all = steps(1, 3, seeded(7));
  order.append(all[0]);
  await order.durable(1);
  disk.faults.syncsLeft = 0;
  order.append(all[1]);
  await assert.rejects(order.durable(2)!, /EIO/);
  order.append(all[2]);
  await assert.rejects(order.durable(3)!, /EIO/);
  assert.equal(order.durable(1), null);
});
