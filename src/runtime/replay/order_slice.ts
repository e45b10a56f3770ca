import type { OrderRecord, OrderReplay } from "../../log.ts";

/** The last number behind `after` whose rows, and those of all before it, lie before `ends` (by source) and which is not above `most`. */
export async function lastNumber(
  replay: OrderReplay,
  after: number,
  ends: ReadonlyMap<string, number>,
  most: number,
): Promise<number> {
  let last = after;
  try {
    while (last < Math.min(replay.last, most)) {
      const record = replay.peek() ?? await nextOf(replay);
      if (record.kind === "chunk" && record.to > (ends.get(record.source) ?? Infinity)) break;
      last = record.number;
      replay.shift();
    }
    return last;
  } finally {
    replay.close();
  }
}

function nextOf(replay: OrderReplay): Promise<OrderRecord> {
  return new Promise((resolve, reject) => {
    const silence = replay.onReady(() => {
      try {
        const record = replay.peek();
        if (!record) return;
        silence();
        resolve(record);
      } catch (thrown) {
        silence();
        reject(thrown);
      }
    });
  });
}

/** An order whose end never comes: whoever repeats it takes nothing new. */
export class EndlessOrder implements OrderReplay {
  readonly #replay: OrderReplay;

  constructor(replay: OrderReplay) {
    this.#replay = replay;
  }

  readonly last = Infinity;

  peek(): OrderRecord | null {
    return this.#replay.peek();
  }

  shift(): void {
    this.#replay.shift();
  }

  onReady(listener: () => void): () => void {
    return this.#replay.onReady(listener);
  }

  close(): void {
    this.#replay.close();
  }
}
