import { DEAD_COUNT_ROWS_MAX, DEAD_REASONS_MAX } from "../../core/limits.ts";
import type { DeadFilter, DeadReasons } from "../service.ts";
import { matcher, takesAll } from "./letter.ts";
import { scanOpen, type ScanParts } from "./scan.ts";

interface Counted {
  readonly reason: string;
  readonly field: string | null;
  rows: number;
}

/** Counts by reason, of the newest letters. Those of all letters are kept, so that only what came since is counted the next time. */
export class ReasonCounts {
  #counts = new Map<string, Counted>();
  #from = 0;
  #to = 0;
  #rows = 0;
  #version = -1;
  /** One count after the other. */
  #counting: Promise<unknown> = Promise.resolve();

  of(parts: ScanParts, filter: DeadFilter): Promise<DeadReasons> {
    if (!takesAll(filter)) return countNow(parts, filter);
    const counted = this.#counting.then(() => this.#countAll(parts));
    this.#counting = counted.catch(() => {});
    return counted;
  }

  async #countAll(parts: ScanParts): Promise<DeadReasons> {
    const { log, settled } = parts, first = Math.max(log.start, log.end - DEAD_COUNT_ROWS_MAX), to = log.end;
    const known = settled.version === this.#version && first === this.#from;
    if (!known) {
      this.#counts = new Map();
      this.#rows = 0;
      this.#from = this.#to = first;
      this.#version = settled.version;
    }
    await scanOpen(parts, this.#to, to, (letter) => {
      this.#rows++;
      count(this.#counts, letter.kind, letter.field);
      return true;
    });
    this.#to = to;
    return answer(this.#counts, this.#rows, first === log.start);
  }
}

async function countNow(parts: ScanParts, filter: DeadFilter): Promise<DeadReasons> {
  const { log } = parts, first = Math.max(log.start, log.end - DEAD_COUNT_ROWS_MAX), matches = matcher(filter);
  const counts = new Map<string, Counted>();
  let rows = 0;
  await scanOpen(parts, first, log.end, (letter) => {
    if (!matches(letter)) return true;
    rows++;
    count(counts, letter.kind, letter.field);
    return true;
  });
  return answer(counts, rows, first === log.start);
}

/** Beyond DEAD_REASONS_MAX different ones, rows are counted in all alone. */
function count(counts: Map<string, Counted>, reason: string, field: string | null): void {
  const key = JSON.stringify([reason, field]), known = counts.get(key);
  if (known) known.rows++;
  else if (counts.size < DEAD_REASONS_MAX) counts.set(key, { reason, field, rows: 1 });
}

function answer(counts: ReadonlyMap<string, Counted>, rows: number, whole: boolean): DeadReasons {
  const reasons = [...counts.values()].map((one) => ({ ...one })).sort((a, b) => b.rows - a.rows);
  return { rows, complete: whole && counts.size < DEAD_REASONS_MAX, reasons };
}
