import assert from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";
import { DenoDevice } from "../../src/log/device_deno.ts";
import { JournalLog } from "../../src/log/journal.ts";
import type { Delivery } from "../../src/sink/deliveries.ts";
import { Notes } from "../../src/sink/notes.ts";
import { WebhookOutbox } from "../../src/sink/webhook_outbox.ts";
import { journalParts } from "../log/journals.ts";
import { seeded } from "../sim/pool.ts";
import { until } from "../until.ts";

const forever = new AbortController().signal;

/** An outbox in journals on disk, of which nearly nothing is held in memory. */
class DiskOutbox {
  readonly folder: string;
  outbox!: WebhookOutbox;
  notes!: Notes;
  #logs: JournalLog<null>[] = [];
  readonly #bytesMax: number;

  constructor(folder: string, bytesMax: number) {
    this.folder = folder;
    this.#bytesMax = bytesMax;
  }

  async open(): Promise<void> {
    const notes = await this.#log("delivered"), waiting = await this.#log("waiting");
    this.notes = new Notes(notes);
    this.outbox = await WebhookOutbox.open(waiting, this.notes, this.#bytesMax);
  }

  async #log(name: string): Promise<JournalLog<null>> {
    const device = new DenoDevice(this.folder);
    const segmentBytes = { first: 4096, max: 16_384 }, bounds = { cacheBytesMax: 2000 };
    const parts = journalParts(device, systemClock, { durability: "os", segmentBytes, bounds });
    const isThere = (await device.list(name)).length > 0;
    const log = isThere ? await JournalLog.open<null>(name, parts, () => {}) : JournalLog.create<null>(name, parts);
    this.#logs.push(log);
    return log;
  }

  async close(): Promise<void> {
    await Promise.all(this.#logs.splice(0).map((log) => log.close()));
  }

  segments(name: string): number {
    return [...Deno.readDirSync(`${this.folder}/${name}`)].filter((file) => file.name.endsWith(".seg")).length;
  }
}

async function withOutbox(bytesMax: number, run: (disk: DiskOutbox) => Promise<void>): Promise<void> {
  const disk = new DiskOutbox(await Deno.makeTempDir({ prefix: "rdx-outbox-" }), bytesMax);
  try {
    await disk.open();
    await run(disk);
    await disk.close();
  } finally {
    await Deno.remove(disk.folder, { recursive: true });
  }
}

function deliveries(number: number, random: (below: number) => number): Delivery[] {
  return Array.from({ length: 1 + random(4) }, (_, ordinal) => {
    const lines = new TextEncoder().encode(`{"n":${number},"o":${ordinal},"x":"${"x".repeat(random(900))}"}\n`);
    return { number, ordinal, rows: 1, lines };
  });
}

const plain = ({ number, ordinal, rows, lines }: Delivery) => ({
  number,
  ordinal,
  rows,
  text: new TextDecoder().decode(lines),
});

Deno.test("requests leave an outbox in the order in which they came, once each, also over restarts in the middle of an output", async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = seeded(seed);
    await withOutbox(1 << 20, async (disk) => {
      const waiting: Delivery[] = [];
      let number = 0;
      for (let step = 0; step < 300; step++) {
        const kind = random(step < 150 ? 8 : 12);
        if (kind < 4) {
          number += 1 + random(3);
          const put = deliveries(number, random);
          await disk.outbox.put(number, put, forever);
          waiting.push(...put);
        } else if (kind === 4) {
          await new Promise((resolve) => setTimeout(resolve, 2)); // notes come to the log soon
          await disk.close();
          await disk.open();
          assert.equal(disk.outbox.last, number === 0 ? -1 : number, `seed ${seed}`);
        } else if (waiting.length > 0) {
          const next = (await disk.outbox.next(forever))!;
          assert.deepEqual(plain(next), plain(waiting.shift()!), `seed ${seed}, step ${step}`);
          disk.outbox.delivered(next);
        }
        assert.equal(disk.outbox.size, waiting.length, `seed ${seed}, step ${step}`);
      }
      for (const expected of waiting) {
        const next = (await disk.outbox.next(forever))!;
        assert.deepEqual(plain(next), plain(expected), `seed ${seed}`);
        disk.outbox.delivered(next);
      }
      disk.outbox.end();
      assert.equal(await disk.outbox.next(forever), null);
    });
  }
});

Deno.test("an outbox that is full waits until something has left, also one that was opened again, and can be called off", async () => {
  const lines = new Uint8Array(1000).fill(0x78),
    delivery = (number: number) => [{ number, ordinal: 0, rows: 1, lines }];
  await withOutbox(3500, async (disk) => {
    for (let number = 1; number <= 3; number++) await disk.outbox.put(number, delivery(number), forever);
    await disk.close();
    await disk.open();
    let isIn = false;
    const put = disk.outbox.put(4, delivery(4), forever).then(() => isIn = true);
    const calledOff = new AbortController(), other = disk.outbox.put(5, delivery(5), calledOff.signal);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(isIn, false);
    calledOff.abort(new Error("called off"));
    await assert.rejects(other, /called off/);
    disk.outbox.delivered((await disk.outbox.next(forever))!);
    await put;
    assert.equal(disk.outbox.size, 3);
  });
});

Deno.test("what has left an outbox leaves the disk, and so do the notes of it", async () => {
  await withOutbox(1 << 20, async (disk) => {
    const random = seeded(1);
    for (let number = 1; number <= 400; number++) {
      await disk.outbox.put(number, deliveries(number, random), forever);
      while (disk.outbox.size > 0) disk.outbox.delivered((await disk.outbox.next(forever))!);
      if (number % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    let number = 1000;
    await until(async () => {
      if (disk.segments("waiting") <= 6 && disk.segments("delivered") <= 6) return true;
      // What goes, goes when something moves.
      await disk.outbox.put(++number, deliveries(number, random), forever);
      while (disk.outbox.size > 0) disk.outbox.delivered((await disk.outbox.next(forever))!);
      return null;
    }, 2);
  });
});
