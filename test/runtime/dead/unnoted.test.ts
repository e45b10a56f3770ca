import assert from "node:assert/strict";
import { systemClock } from "../../../src/core/clock.ts";
import { RdxError } from "../../../src/core/errors.ts";
import type { LetterView } from "../../../src/runtime/dead/letter.ts";
import { tryAgain } from "../../../src/runtime/dead/replay.ts";
import { scanOpen } from "../../../src/runtime/dead/scan.ts";
import { Settled, union } from "../../../src/runtime/dead/settled.ts";
import type { IdRange } from "../../../src/runtime/verdict.ts";
import { BASE, LENIENT } from "./dead_run.ts";
import { streamsInMemory } from "./world.ts";

const encoder = new TextEncoder();

/** A disk that may be full for what is settled. */
class Notes {
  ranges: readonly IdRange[] = [];
  isFull = false;

  settle(ranges: readonly IdRange[]): void {
    if (this.isFull) throw new RdxError("no_space", "There is no room on the disk");
    this.ranges = union(this.ranges, ranges);
  }
}

Deno.test("no more rows are replayed before it is noted what the rows before them have settled: the log tells the next process of the last alone", async () => {
  const streams = streamsInMemory(), notes = new Notes();
  streams.put("s", BASE);
  const body = encoder.encode('{"id":1}\n{"text":"a"}\n{"text":"b"}\n{"text":"c"}');
  await streams.ingest("s", { body, format: "ndjson", autoCreate: false });
  streams.put("s", LENIENT);
  const stream = streams.find("s")!, dead = streams.find("s.dead")!, settled = new Settled([], notes);
  const of = { stream, dead, settled, producer: "replay" }, letters: LetterView[] = [];
  await scanOpen({ log: dead.log, settled, clock: systemClock }, 0, dead.log.end, (letter) => letters.push(letter) > 0);
  notes.isFull = true;
  await assert.rejects(tryAgain(of, [letters[0]]), { code: "no_space" });
  // Its row is there, and is so for whoever looks now
  assert.deepEqual([stream.log.end, settled.has(letters[0].id)], [2, true]);
  await assert.rejects(tryAgain(of, [letters[1]]), { code: "no_space" });
  assert.deepEqual([stream.log.end, settled.has(letters[1].id)], [2, false]);
  notes.isFull = false;
  const noted: (readonly IdRange[])[] = [];
  stream.log.onChange(() => noted.push(notes.ranges));
  assert.deepEqual(await tryAgain(of, [letters[1]]), []);
  assert.deepEqual(noted[0], [[letters[0].id, letters[0].id + 1]]);
  assert.deepEqual([stream.log.end, notes.ranges], [3, [[letters[0].id, letters[1].id + 1]]]);
  await streams.close();
});
