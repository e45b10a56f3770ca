import assert from "node:assert/strict";
import { INT64 } from "../../src/core/schema.ts";
import { Aside, type DeadRows } from "../../src/runtime/aside.ts";
import { HandClock } from "../contract/log.ts";
import { createJournal, journalParts } from "../log/journals.ts";
import { SimDisk } from "../sim/disk.ts";
import { seeded } from "../sim/pool.ts";
import { frameOfRows } from "./rows.ts";

const COLUMNS = [{ name: "id", type: INT64, nullable: false }];
const frame = (id: number) => frameOfRows(COLUMNS, [[BigInt(id)]]);

Deno.test("bad rows for which the disk had no room come before those that are bad later, once there is room, and are kept until then", async () => {
  const disks = [new SimDisk(seeded(1)), new SimDisk(seeded(2))];
  const [log, deadLog] = disks.map((disk) => createJournal(journalParts(disk, new HandClock())));
  const offsets: number[] = [];
  const dead: DeadRows = {
    hasRoom: () => true,
    async put(frames, rows, offset) {
      await deadLog.append({ kind: "rows", rows, frames: [...frames], schema: 1, answer: String });
      offsets.push(offset);
    },
    get last() {
      return offsets.at(-1) ?? -1;
    },
    get rows() {
      return deadLog.end;
    },
    get open() {
      return deadLog.end;
    },
  };
  const aside = new Aside(log, dead, 0);
  const take = async (id: number) => {
    const offset = log.end, bad = frame(1000 + id), kept = aside.expect();
    await log.append({ kind: "rows", rows: 1, frames: [frame(id)], schema: 1, aside: [bad], answer: String });
    await aside.bury([bad], 1, offset);
    kept.close();
  };
  await take(0);
  disks[1].faults.writesLeft = 0;
  for (const id of [1, 2]) await take(id);
  assert.deepEqual(offsets, [0]);
  disks[1].faults.writesLeft = Infinity;
  await take(3);
  await take(4);
  assert.deepEqual(offsets, [0, 1, 2, 3, 4]);
  assert.equal(deadLog.end, 5);
  for (const one of [log, deadLog]) await one.close();
});
