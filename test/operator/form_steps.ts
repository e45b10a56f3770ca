import type { Value } from "../../src/core/value.ts";
import { randomOf } from "../kernel/numbers.ts";
import type { InputRow, Step } from "./form_task.ts";
import type { Form } from "./forms.ts";

const SPAN_MS = 100;

/** How much of it there is. */
interface Amount {
  /** Different texts. */
  readonly texts: number;
  /** Rows of a step, at most. */
  readonly rows: number;
}

function rowOf(random: () => number, watermark: number, texts: number): Value[] {
  const below = (most: number) => Math.floor(random() * most), now = Math.max(0, watermark);
  const at = below(texts),
    text = at === 5 ? null : at < 5 ? "abcde"[at] : `text ${at}`,
    end = SPAN_MS * (Math.floor(now / SPAN_MS) + below(4));
  const wide = BigInt(below(5)) * 10n ** 30n, number = below(9) === 0 ? null : BigInt(below(7));
  const time = BigInt(now + below(150) - 20), raw = new Uint8Array([below(3), 7]);
  return [text, number, below(20) / 4, BigInt(end), time, random() < 0.5, BigInt(below(400)), wide, raw];
}

/** Rows for the inputs by turns; of those that may be taken back, some are. */
export function stepsOf(
  { plan, changes }: Form,
  seed: number,
  count: number,
  { texts, rows: most }: Amount = { texts: 6, rows: 12 },
): Step[] {
  const random = randomOf(seed), alive: InputRow[][] = changes.map(() => []);
  let watermark = -50;
  return Array.from({ length: count }, (_, i): Step => {
    const input = i % changes.length, rows: InputRow[] = [];
    for (let n = 1 + Math.floor(random() * most); n > 0; n--) {
      const back = changes[input] && alive[input].length > 0 && random() < 0.4;
      if (back) {
        const [gone] = alive[input].splice(Math.floor(random() * alive[input].length), 1);
        rows.push({ kind: 3, values: gone.values });
      } else {
        const row = {
          kind: plan.op === "normalize" && random() < 0.3 ? 3 : 0,
          values: rowOf(random, watermark, texts),
        };
        rows.push(row);
        alive[input].push(row);
      }
    }
    if (random() < 0.5) watermark += Math.floor(random() * SPAN_MS);
    return { input, rows, tick: random() < 0.3, watermark };
  });
}
