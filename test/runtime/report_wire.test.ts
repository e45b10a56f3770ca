import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { DoneMessage, FromTask } from "../../src/runtime/protocol.ts";
import { packReports, unpackReports } from "../../src/runtime/report_wire.ts";

const count = fc.integer({ min: 0, max: 2 ** 40 });
const rare = <T>(value: T) => fc.constantFrom<readonly T[]>([], [], [], [value]);
const error = {
  path: "f",
  offset: 9,
  line: 1,
  column: 2,
  start: 0,
  end: 5,
  field: null,
  reason: "bad",
  mismatch: false,
};
const done: fc.Arbitrary<DoneMessage> = fc.record({
  kind: fc.constant("done" as const),
  pipeline: count,
  number: count,
  task: fc.nat(64),
  outputs: rare({ sink: 0, frame: new ArrayBuffer(8), rows: 1, windows: null }),
  chunk: fc.option(
    fc.record({ source: fc.nat(9), rows: fc.nat(), timeMax: fc.constantFrom(-Infinity, 0, 1.7e12, Infinity) }),
  ),
  deadRows: fc.constantFrom(0, 0, 3),
  errors: rare(error),
  ahead: rare({ frame: 0, rows: [1], timesMs: [2] }),
  lateFrames: rare(new ArrayBuffer(4)),
  functionFaults: rare({ function: "f of m.ts", rows: 2, reason: "bad" }),
  late: count,
  untimed: count,
  refused: rare({ operator: 1, lost: [] }),
  lookups: rare({ operator: 0, questions: [], hits: 1, misses: 0, pendingRows: 2, lost: [] }),
  heldAt: fc.constant(Infinity),
  busyMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
  stateRows: count,
  stateBytes: count,
  cold: fc.record({ rows: count, bytes: count, reads: count }),
});
const failed: fc.Arbitrary<FromTask> = fc.record({
  kind: fc.constant("failed" as const),
  pipeline: count,
  number: count,
  task: fc.nat(64),
  node: fc.option(fc.string(), { nil: null }),
  stalled: fc.boolean(),
  reason: fc.string(),
});

Deno.test("reports come out as they went in, in their order, also through a clone", () => {
  fc.assert(fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: done }, failed)), (reports) => {
    assert.deepEqual([...unpackReports(structuredClone(packReports(reports)))], structuredClone(reports));
  }));
});

Deno.test("only reports with more than numbers travel as objects", () => {
  const [plain] = fc.sample(done, 1),
    bare = {
      ...plain,
      outputs: [],
      deadRows: 0,
      errors: [],
      ahead: [],
      lateFrames: [],
      lookups: [],
      refused: [],
      functionFaults: [],
    };
  assert.equal(packReports([bare, bare]).others.length, 0);
  assert.equal(packReports([bare, { ...bare, deadRows: 1 }, bare]).others.length, 1);
  const functionFaults = [{ function: "f of m.ts", rows: 2, reason: "bad" }];
  assert.equal(packReports([bare, { ...bare, functionFaults }]).others.length, 1);
});
