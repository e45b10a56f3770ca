import assert from "node:assert/strict";
import { HALF_HEADS_OF_ADDRESS_MAX, HalfHeads } from "../../../src/server/door/half_heads.ts";

Deno.test("behind the bound of an address its oldest head is ended, and no other address's", () => {
  const heads = new HalfHeads(), ended: string[] = [], whole: (() => void)[] = [];
  whole.push(heads.begin("10.0.0.2", () => ended.push("other")));
  for (let i = 0; i < HALF_HEADS_OF_ADDRESS_MAX + 2; i++) {
    whole.push(heads.begin("10.0.0.1", () => ended.push(String(i))));
  }
  assert.deepEqual(ended, ["0", "1"]);
  // One that is whole makes room.
  whole[4]();
  whole.push(heads.begin("10.0.0.1", () => ended.push("in its room")));
  assert.deepEqual(ended, ["0", "1"]);
  assert.equal(heads.addresses, 2);
  for (const one of whole) one();
  assert.equal(heads.addresses, 0);
});
