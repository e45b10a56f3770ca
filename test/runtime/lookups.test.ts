import assert from "node:assert/strict";
import { FrameBuilder } from "../../src/core/frame.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import { LookupFailure, placeOf } from "../../src/lookup.ts";
import { LookupMeter } from "../../src/runtime/lookup_meter.ts";
import { type PendingRecord, PipelineLookups } from "../../src/runtime/lookups.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { SimClock } from "../sim/clock.ts";
import { compiled } from "./pipeline_run.ts";

const id = { name: "id", type: INT64, nullable: false };
const plan = (onError: string) =>
  compiled({
    rdx: 1,
    name: "p",
    nodes: [
      { id: "source", op: "source", stream: "rows", time: "ts" },
      {
        id: "dim",
        op: "lookup",
        input: ["source"],
        type: "left",
        table: { kind: "sqlite", path: "dim.db", table: "dim" },
        on: [{ left: "number", right: "id" }],
        columns: [{ name: "id", type: "int64", as: "found" }],
        on_error: onError,
      },
      { id: "sink", op: "sink", input: ["dim"], sink: { kind: "discard" } },
    ],
  });

/** Lookups of one node whose table answers as `find` says, with what came of them. */
function setUp(find: () => Promise<readonly ArrayBuffer[]>, onError = "retry") {
  const clock = new SimClock(), metrics = engineMetrics(new MetricRegistry());
  const answers: PendingRecord[] = [], failures: string[] = [], askedAt: number[] = [];
  const physical = plan(onError), operator = physical.operators.findIndex(({ op }) => op === "lookup");
  const table = {
    open: () => Promise.resolve(),
    find: () => (askedAt.push(clock.now()), find()),
    close: () => Promise.resolve(),
  };
  const lookups = new PipelineLookups(physical, [table], clock, new LookupMeter("p", metrics, null));
  lookups.listen({
    answered: (_, record) => void answers.push(record),
    failed: (reason) => void failures.push(reason),
  });
  const ask = (...requests: number[]) => {
    const questions = requests.map((request) => {
      const builder = new FrameBuilder([id]);
      builder.append([request]);
      return { request, keys: builder.finish(), rows: 1 };
    });
    lookups.take([{ operator, questions, hits: 0, misses: 0, pendingRows: requests.length, lost: [] }]);
  };
  return { clock, lookups, answers, failures, askedAt, ask };
}

/** Lets promises come to their ends. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await null;
}

Deno.test("a question is asked again with waits that double, and at least as long as whoever was asked wants", async () => {
  let waitMs = 0;
  const { clock, askedAt, ask } = setUp(() => Promise.reject(new LookupFailure("down", false, waitMs)));
  ask(1);
  const begin = clock.now();
  for (let ms = 0; ms < 1600; ms += 50) {
    await settle();
    clock.advance(50);
  }
  assert.deepEqual(askedAt.map((at) => at - begin), [0, 100, 300, 700, 1500]);
  waitMs = 20_000;
  for (let ms = 0; ms < 40_000; ms += 1000) {
    await settle();
    clock.advance(1000);
  }
  const last = askedAt.at(-1)! - askedAt.at(-2)!;
  assert.ok(last >= 20_000 && last <= 21_000, `${last}`);
});

Deno.test("without retry a question is given up after four tries, and at once when asking again would give the same", async () => {
  for (const [lasting, tries] of [[false, 4], [true, 1]] as const) {
    const { clock, answers, askedAt, ask } = setUp(() => Promise.reject(new LookupFailure("no", lasting)), "null");
    ask(1);
    for (let i = 0; i < 20; i++) {
      await settle();
      clock.advance(1000);
    }
    assert.equal(askedAt.length, tries);
    assert.deepEqual(answers.map(({ frames, failure }) => [frames, failure]), [[null, "no"]]);
  }
});

Deno.test("an answer that some of its keys lack is one, but where rows wait until there is an answer", async () => {
  const misfits = new FrameBuilder([id, { name: "reason", type: STRING, nullable: false }]);
  misfits.append([placeOf(0), "Column x makes no sense"]);
  const frame = misfits.finish();
  for (const onError of ["null", "dead_letter", "retry"]) {
    const { answers, failures, ask } = setUp(() => Promise.resolve([frame]), onError);
    ask(1);
    await settle();
    if (onError === "retry") assert.deepEqual(failures, ["Lookup dim cannot be answered: Column x makes no sense"]);
    else assert.deepEqual(answers.map(({ frames, failure }) => [frames, failure]), [[[frame], null]]);
  }
});

Deno.test("closed lookups ask nobody any more and tell nothing", async () => {
  const { clock, lookups, answers, askedAt, ask } = setUp(() => Promise.reject(new LookupFailure("down", false)));
  ask(1);
  await settle();
  await lookups.close();
  for (let i = 0; i < 20; i++) {
    clock.advance(1000);
    await settle();
  }
  assert.equal(askedAt.length, 1);
  assert.deepEqual(answers, []);
});
