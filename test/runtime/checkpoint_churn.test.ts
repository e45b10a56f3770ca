import assert from "node:assert/strict";
import {
  CHECKPOINT_DELTAS_MAX,
  CHECKPOINT_SMALL_BYTES,
  CHECKPOINT_WHOLE_BYTES_MAX,
  CHECKPOINT_WHOLES_MAX,
} from "../../src/core/limits.ts";
import { Churn } from "../../src/runtime/checkpoint/churn.ts";

const NOW = { rowsIn: 100, stateRows: 100, coldRows: 0 };
const BASE = CHECKPOINT_SMALL_BYTES * 10;

Deno.test("behind a delta of more than half of the base, checkpoints have everything for a while, and then one is a delta again", () => {
  const churn = new Churn();
  churn.took(true, BASE, 0);
  assert.equal(churn.wantsWhole(NOW), false);
  churn.took(false, BASE * 0.6, 0);
  for (let i = 0; i < CHECKPOINT_WHOLES_MAX; i++) {
    assert.equal(churn.wantsWhole(NOW), true, `${i} had everything`);
    churn.took(true, BASE, 0);
  }
  assert.equal(churn.wantsWhole(NOW), false);
  churn.took(false, BASE * 0.1, 0);
  assert.equal(churn.wantsWhole(NOW), false);
});

Deno.test("small deltas, those of little state and those on an unknown base are followed by deltas", () => {
  for (const [base, delta] of [[BASE, BASE * 0.4], [1000, CHECKPOINT_SMALL_BYTES], [0, BASE]]) {
    const churn = new Churn();
    if (base > 0) churn.took(true, base, 0);
    churn.took(false, delta, 0);
    assert.equal(churn.wantsWhole(NOW), false, `${delta} on ${base}`);
  }
});

Deno.test("state that is not in memory is not read for it", () => {
  const churn = new Churn();
  churn.took(true, BASE, 0);
  churn.took(false, BASE, 0);
  assert.equal(churn.wantsWhole({ ...NOW, coldRows: 1 }), false);
});

Deno.test("few rows since the one before have not changed much", () => {
  const churn = new Churn();
  churn.took(true, BASE, 0);
  churn.took(false, BASE, 60);
  assert.equal(churn.wantsWhole(NOW), false);
  assert.equal(churn.wantsWhole({ ...NOW, rowsIn: 110 }), true);
});

Deno.test("deltas that are together more than half of the base, or very many, are followed by one that has everything, and that by deltas", () => {
  for (const [bytes, count] of [[BASE * 0.2, 3], [1, CHECKPOINT_DELTAS_MAX + 1]]) {
    const churn = new Churn();
    churn.took(true, BASE, 0);
    for (let i = 0; i < count; i++) {
      assert.equal(churn.wantsWhole(NOW), false, `behind ${i} of ${bytes} bytes`);
      churn.took(false, bytes, NOW.rowsIn);
    }
    assert.equal(churn.wantsWhole(NOW), true);
    churn.took(true, BASE, NOW.rowsIn);
    assert.equal(churn.wantsWhole(NOW), false);
  }
});

Deno.test("new bases of state on disk, of much and of one that nothing is known of are left to the store", () => {
  const churn = new Churn();
  assert.equal(churn.makesBases(0), false);
  churn.took(true, CHECKPOINT_WHOLE_BYTES_MAX + 1, 0);
  assert.equal(churn.makesBases(0), false);
  churn.took(false, CHECKPOINT_WHOLE_BYTES_MAX, 0);
  assert.equal(churn.wantsWhole(NOW), false);
  churn.took(true, CHECKPOINT_WHOLE_BYTES_MAX, 0);
  assert.equal(churn.makesBases(0), true);
  assert.equal(churn.makesBases(1), false);
});
