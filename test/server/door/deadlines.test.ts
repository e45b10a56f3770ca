import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { Deadlines } from "../../../src/server/door/deadlines.ts";
import { HandClock } from "../harness.ts";

Deno.test("what does not end in time is told once, at its time; what ends is not; one timer watches all, and ends behind the last", () => {
  const step = fc.record({ wait: fc.integer({ min: 0, max: 60 }), ends: fc.option(fc.nat(50), { nil: null }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const clock = new HandClock(), deadlines = new Deadlines(clock, 50);
    const open: { begun: number; ended: boolean; over: number | null; end: () => void }[] = [];
    const advance = (ms: number) => {
      for (let i = 0; i < ms; i++) clock.advance(1);
    };
    for (const { wait, ends } of steps) {
      const one = { begun: clock.now(), ended: false, over: null as number | null, end: () => {} };
      one.end = deadlines.begin(() => {
        assert.equal(one.over, null);
        one.over = clock.now();
      });
      open.push(one);
      advance(wait);
      const ending = ends === null ? undefined : open[ends % open.length];
      if (ending && ending.over === null) {
        ending.ended = true;
        ending.end();
      }
      assert.ok(clock.timers <= 1);
    }
    advance(101);
    for (const { begun, ended, over } of open) assert.equal(over, ended ? null : begun + 50);
    assert.equal(clock.timers, 0);
  }));
});

Deno.test("nothing is told any more of what was being watched when it was closed", () => {
  const clock = new HandClock(), deadlines = new Deadlines(clock, 50);
  deadlines.begin(() => assert.fail("it is closed"));
  deadlines.close();
  assert.equal(clock.timers, 0);
  clock.advance(100);
});
