import assert from "node:assert/strict";
import { StateFull } from "../../src/operator.ts";
import { randomOf } from "../kernel/numbers.ts";
import { bounded, wholeText } from "./cold_run.ts";
import { type InputRow, Task } from "./form_task.ts";
import { OPERATOR_FORMS } from "./forms.ts";

const BOUND_BYTES = 600_000, ROWS = 5000;

function rowOf(random: () => number, key: string): InputRow {
  const number = BigInt(Math.floor(random() * 2 ** 40)), raw = new Uint8Array([1]);
  return { kind: 0, values: [key, number, Number(number) / 4, 50n, 10n, random() < 0.5, number, number, raw] };
}

const NAMES = [
  "group of cells",
  "group of texts",
  "group of sets",
  "rank",
  "upserts",
  "inner join",
  "over all rows",
  "tumbling windows",
];

for (const name of NAMES) {
  Deno.test(`a batch whose new keys alone take more than the bound is worked at in pieces: ${name}`, () => {
    const form = OPERATOR_FORMS.get(name)!, random = randomOf(11), memory = new Task(form, 0, 1);
    const task = bounded(form, BOUND_BYTES);
    for (let round = 0; round < 2; round++) {
      // The second one asks for all that has left
      const rows = Array.from({ length: ROWS }, (_, i) => rowOf(random, `key ${i} ${"x".repeat(100)}`));
      const step = { input: round % form.changes.length, rows, tick: false, watermark: 0 };
      assert.deepEqual(task.run(step), memory.run(step), `batch ${round}`);
    }
    assert.ok(memory.operator.stateBytes > 2 * BOUND_BYTES, `${memory.operator.stateBytes} bytes without a bound`);
    assert.ok(task.operator.cold!.rows > ROWS / 2, `${task.operator.cold!.rows} rows are on disk`);
    assert.deepEqual(wholeText(task), wholeText(memory));
    task.close();
    memory.close();
  });
}

for (const name of ["group of cells", "group of sets", "rank"]) {
  Deno.test(`a row that has no room even alone is a state that is full, and the reason says what helps: ${name}`, () => {
    const task = bounded(OPERATOR_FORMS.get(name)!, BOUND_BYTES), row = rowOf(randomOf(12), "x".repeat(2_000_000));
    assert.throws(
      () => task.run({ input: 0, rows: [row], tick: false, watermark: 0 }),
      (thrown) => thrown instanceof StateFull && /--state-memory/.test(thrown.message),
    );
    task.close();
  });
}

/** What an operator says when rows of so many bytes come, which are twice its bound; `keys`: of how many keys they are, one after the other. */
function saidOf(name: string, boundBytes: number, bytes: number, keys: number): string {
  const task = bounded(OPERATOR_FORMS.get(name)!, boundBytes), random = randomOf(13), raw = new Uint8Array(bytes);
  try {
    for (let at = 0; at < 2 * boundBytes; at += bytes) {
      const { kind, values } = rowOf(random, `key ${Math.floor(at * keys / (2 * boundBytes))}`);
      task.run({ input: 0, rows: [{ kind, values: [...values.slice(0, -1), raw] }], tick: false, watermark: 0 });
    }
    return "nothing";
  } catch (thrown) {
    assert.ok(thrown instanceof StateFull);
    return thrown.message;
  } finally {
    task.close();
  }
}

for (const name of ["group of texts", "rank", "inner join", "over rows"]) {
  Deno.test(`rows that are too long to leave memory are named when they fill it, and shorter ones leave: ${name}`, () => {
    assert.match(saidOf(name, 2_000_000, 70_000, 100), /more than 64 KiB.*--state-memory/);
    assert.equal(saidOf(name, 2_000_000, 60_000, 100), "nothing");
  });
}

Deno.test("keys whose rows are too many to leave memory are named when they fill it", () => {
  assert.match(saidOf("inner join", 24_000_000, 60_000, 1), /a key whose rows take more than 16 MiB.*--state-memory/);
  assert.equal(saidOf("inner join", 24_000_000, 60_000, 4), "nothing");
});
