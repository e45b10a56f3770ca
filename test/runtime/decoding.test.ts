import assert from "node:assert/strict";
import { DECODE_HERE_BYTES_MAX, DECODE_HERE_MS_MAX, DECODE_HERE_PERCENT_MAX } from "../../src/core/limits.ts";
import { INT64 } from "../../src/core/schema.ts";
import { Decoding } from "../../src/runtime/decoding.ts";
import type { DecodeJob, DecodeResult } from "../../src/runtime/protocol.ts";
import { Bodies } from "../../src/runtime/task/bodies.ts";
import { hostParts } from "../../workers/parts.ts";
import { kernelModule } from "../kernel/load.ts";
import { HandClock } from "../server/harness.ts";

const JOB = {
  stream: "s",
  schema: 1,
  columns: [{ name: "n", type: INT64, nullable: true }],
  format: "ndjson",
  options: {},
  widen: false,
  bound: null,
  sums: false,
  body: new TextEncoder().encode('{"n":1}\n{"n":2}'),
} satisfies DecodeJob;

/** Counts what is decoded where; a body takes `costMs` here. */
function setUp(costMs = 0) {
  const clock = new HandClock(), bodies = new Bodies(kernelModule(), hostParts(null), null), where: string[] = [];
  const here = {
    decode(job: DecodeJob): DecodeResult {
      where.push("here");
      clock.advance(costMs);
      return bodies.decode(job);
    },
  };
  const workers = {
    decode(job: DecodeJob): Promise<DecodeResult> {
      where.push("workers");
      return Promise.resolve(bodies.decode(job));
    },
  };
  return {
    clock,
    where,
    decoding: new Decoding({ workers, here, clock }),
    alone: new Decoding({ workers, here: null, clock }),
  };
}

Deno.test("a short body is decoded where it is, and comes to the same as in a worker", async () => {
  const { decoding, alone, where } = setUp();
  assert.deepEqual(await decoding.decode(JOB), await alone.decode(JOB));
  assert.deepEqual(where, ["here", "workers"]);
});

for (
  const [what, more] of [
    ["a long body", { body: new Uint8Array(DECODE_HERE_BYTES_MAX + 1).fill(32) }],
    ["one that is to be packed", { pack: true }],
    ["one in Arrow", { format: "arrow" }],
    ["the first of a stream without columns", { columns: [], widen: true }],
  ] as const
) {
  Deno.test(`${what} is for the workers`, async () => {
    const { decoding, where } = setUp();
    await decoding.decode({ ...JOB, ...more });
    assert.deepEqual(where, ["workers"]);
  });
}

Deno.test("no more than a share of the time is spent here, whatever comes, and all of what comes seldom is decoded here", async () => {
  const costMs = 0.5, { decoding, clock, where } = setUp(costMs), seconds = 2;
  while (clock.now() < seconds * 1000) {
    const before = where.length;
    await decoding.decode(JOB);
    if (where[before] === "workers") clock.advance(0.1);
  }
  const spentMs = where.filter((place) => place === "here").length * costMs;
  const allowedMs = seconds * 10 * DECODE_HERE_PERCENT_MAX;
  assert.ok(
    spentMs <= allowedMs + DECODE_HERE_MS_MAX + costMs && spentMs >= allowedMs * 0.9,
    `${spentMs} of ${allowedMs} ms`,
  );
  clock.advance(1000);
  where.length = 0;
  for (let i = 0; i < 100; i++) {
    await decoding.decode(JOB);
    clock.advance(costMs * 2);
  }
  assert.ok(where.every((place) => place === "here"));
});
