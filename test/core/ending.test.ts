import assert from "node:assert/strict";
import { Ending } from "../../src/core/ending.ts";

Deno.test("who waits for work gets what comes of it, and is not known any more then", async () => {
  const ending = new Ending(), { promise, resolve } = Promise.withResolvers<number>();
  const waits = [ending.before(promise), ending.before(promise), ending.before(Promise.reject(new Error("broken")))];
  assert.equal(ending.waiting, 3);
  resolve(7);
  assert.deepEqual(
    (await Promise.allSettled(waits)).map((one) => one.status === "fulfilled" ? one.value : one.reason.message),
    [7, 7, "broken"],
  );
  await null;
  assert.equal(ending.waiting, 0);
});

Deno.test("who waits when it ends, or comes later, gets the first reason, whatever comes of the work", async () => {
  const ending = new Ending(), work = Promise.withResolvers<number>(), early = ending.before(work.promise);
  ending.end(new Error("over"));
  ending.end(new Error("over again"));
  await assert.rejects(early, /over$/);
  await assert.rejects(ending.before(Promise.resolve(1)), /over$/);
  await assert.rejects(ending.before(Promise.reject(new Error("too late"))), /over$/);
  work.reject(new Error("nobody hears that"));
  await null;
  assert.equal(ending.waiting, 0);
});
