export const HOW = { start: "earliest", state: "keep" } as const;

type Node = Readonly<Record<string, unknown>>;

/** A source that waits for no other. */
export function sourceOf(stream: string): Node {
  return { id: stream, op: "source", stream, idle_timeout_ms: 0 };
}

/** A plan of which the view `all` has one row: aggregates of all that the last of its nodes gives. */
export function wholePlan(nodes: readonly Node[], aggs: readonly Node[]) {
  return {
    rdx: 1,
    nodes: [
      ...nodes,
      { id: "all", op: "aggregate", input: [nodes.at(-1)!.id], keys: [], aggs },
      { id: "view", op: "sink", input: ["all"], sink: { kind: "view", name: "all" } },
    ],
  };
}

/** Sums by key, and how many keys there are and what their sums come to. `between` lie in front of the sums. */
export function keyedSumsPlan(...between: readonly Node[]) {
  const source = sourceOf("events");
  const sums = {
    id: "sums",
    op: "aggregate",
    input: [(between.at(-1) ?? source).id],
    keys: ["key"],
    aggs: [{ fn: "sum", arg: { column: "value" }, as: "total" }, { fn: "last", arg: { column: "key" }, as: "named" }],
  };
  return wholePlan([source, ...between, sums], [
    { fn: "count", as: "keys" },
    { fn: "sum", arg: { column: "total" }, as: "total" },
  ]);
}

/** Rows of long keys, one a millisecond, and what the sums of keyedSumsPlan come to. */
export class KeyedSums {
  readonly #random: () => number;
  readonly #keys: number;
  readonly #keyEnd: string;
  readonly #totals = new Map<string, bigint>();
  #rows = 0;

  constructor(random: () => number, keys: number, keyEndCharacters: number) {
    this.#random = random;
    this.#keys = keys;
    this.#keyEnd = "x".repeat(keyEndCharacters);
  }

  /** The next rows. */
  rows(count: number) {
    const below = (most: number) => Math.floor(this.#random() * most);
    return Array.from({ length: count }, () => {
      const key = `a key of ${below(this.#keys)} ${this.#keyEnd}`, value = below(1000);
      this.#totals.set(key, (this.#totals.get(key) ?? 0n) + BigInt(value));
      return { ts: this.#rows++, key, value };
    });
  }

  /** Keys that have come. */
  get keys(): number {
    return this.#totals.size;
  }

  /** The row of the view. */
  get text(): string {
    return `${this.keys}n ${[...this.#totals.values()].reduce((a, b) => a + b, 0n)}n`;
  }
}
