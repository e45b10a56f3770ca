import assert from "node:assert/strict";
import { bytesOf, drainSteps } from "../kernel/state_steps.ts";
import { type InputRow, Task } from "./form_task.ts";
import { OPERATOR_FORMS } from "./forms.ts";

const KEYS = 3000;
/** So far that no watermark has passed it. */
const TIME = 1_000_000n;

/** A row for each of `count` keys. */
function rows(count: number, number: bigint): InputRow[] {
  return Array.from({ length: count }, (_, i): InputRow => {
    const at = i * (KEYS / count), own = BigInt(at), raw = new Uint8Array([at & 255]);
    return { kind: 0, values: [`key ${at}`, number, at / 8, TIME, TIME + number, true, own, own, raw] };
  });
}

const NAMES = [
  "group of cells",
  "group of texts",
  "group of sets",
  "group of lists",
  "group of sketches",
  "group of windows",
  "group of ticks, time to live",
  "sessions of rows",
  "rank",
  "rank of windows",
  "over a range",
  "over rows",
  "upserts",
  "left join",
  "full window join",
  "inner interval join",
  "left temporal join",
];

for (const name of NAMES) {
  Deno.test(`what 1 % of the keys changed is at most 2 % of the bytes of all: ${name}`, () => {
    const task = new Task(OPERATOR_FORMS.get(name)!, 0, 1), { kernel, operator: { state, exchanges } } = task;
    assert.ok(typeof state === "object");
    const send = (count: number, number: bigint) =>
      exchanges.forEach((_, input) => task.run({ input, rows: rows(count, number), tick: false, watermark: 0 }));
    send(KEYS, 1n);
    const whole = bytesOf(drainSteps(kernel, state, false)), nothing = bytesOf(drainSteps(kernel, state, false));
    send(KEYS / 100, 2n);
    const steps = drainSteps(kernel, state, false), delta = bytesOf(steps);
    // What frames take beside their rows does not shrink with them: their heads, and what columns are padded with
    const heads = steps.reduce((sum, { frame }) => sum + (frame === null ? 0 : 4096), 0);
    assert.ok(delta > nothing && delta <= 0.02 * whole + heads, `${delta} bytes of ${whole}`);
    task.close();
  });
}
