import assert from "node:assert/strict";
import { Breaker } from "../../../src/client/http/breaker.ts";
import { BREAKER_FAILURES_MAX, BREAKER_OPEN_MS } from "../../../src/core/limits.ts";
import { SimClock } from "../../sim/clock.ts";

const forever = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

function opened(clock: SimClock): Breaker {
  const breaker = new Breaker(clock);
  for (let i = 0; i < BREAKER_FAILURES_MAX; i++) breaker.failed();
  return breaker;
}

Deno.test("a server is left alone after failures in a row, and not while some requests succeed between them", async () => {
  const clock = new SimClock(), breaker = new Breaker(clock);
  for (let i = 0; i < BREAKER_FAILURES_MAX * 3; i++) {
    if (i % (BREAKER_FAILURES_MAX - 1) === 0) breaker.succeeded();
    else breaker.failed();
    assert.equal(breaker.state, "closed");
    await breaker.admitted(forever);
  }
  breaker.succeeded();
  for (let i = 0; i < BREAKER_FAILURES_MAX; i++) breaker.failed();
  assert.equal(breaker.state, "open");
});

Deno.test("when the time is over one request decides for all who wait", async () => {
  for (const answers of [true, false]) {
    const clock = new SimClock(), breaker = opened(clock), admitted: number[] = [];
    const waiting = [1, 2, 3].map((i) => breaker.admitted(forever).then(() => void admitted.push(i)));
    clock.advance(BREAKER_OPEN_MS - 1);
    await turn();
    assert.deepEqual(admitted, []);
    clock.advance(1);
    await turn();
    assert.deepEqual([admitted.length, breaker.state], [1, "half-open"]);
    if (answers) {
      breaker.succeeded();
      await Promise.all(waiting);
      assert.deepEqual([admitted.length, breaker.state], [3, "closed"]);
      continue;
    }
    breaker.failed(3 * BREAKER_OPEN_MS);
    clock.advance(3 * BREAKER_OPEN_MS - 1);
    await turn();
    assert.deepEqual([admitted.length, breaker.state], [1, "open"]);
    clock.advance(1);
    await turn();
    assert.equal(admitted.length, 2);
    breaker.succeeded();
    await Promise.all(waiting);
  }
});

Deno.test("who waits for a server that is left alone can be called off, and one that decides can give up", async () => {
  const clock = new SimClock(), breaker = opened(clock), calledOff = new AbortController();
  const waiting = breaker.admitted(calledOff.signal);
  calledOff.abort(new Error("called off"));
  await assert.rejects(waiting, /called off/);
  clock.advance(BREAKER_OPEN_MS);
  await breaker.admitted(forever);
  const next = breaker.admitted(forever);
  breaker.gaveUp();
  await next;
  assert.equal(clock.waiting, 0);
});
