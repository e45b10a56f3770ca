import { DatabaseSync } from "node:sqlite";
import { createEngine } from "../../src/compose.ts";
import { FrameView } from "../../src/core/frame.ts";
import type { Engine } from "../../src/runtime/engine.ts";

export const ROWS = 1_000_000;
const ITEMS = 200_000;
const CATEGORIES = 50;
const SIZE_MS = 10_000;
const READ_BYTES = 1 << 20;

/** Orders that name items: half of them one of a hundred, the others any of `items`. */
export interface Orders {
  readonly path: string;
  readonly bytes: number;
}

/** Rows of all windows and categories, and the sum of what the items weigh. */
export interface Answer {
  readonly groups: number;
  readonly rows: number;
  readonly weight: number;
}

export function writeOrders(folder: string, items: number): Orders {
  const path = `${folder}/orders_${items}.ndjson`, lines: string[] = [];
  let seed = 7;
  const below = (n: number) => (seed = Math.imul(seed, 1_103_515_245) + 12_345 & 0x7fffffff) % 1_000_003 % n;
  for (let i = 0; i < ROWS; i++) {
    const item = (i & 1 ? below(100) : below(items)) * Math.floor(ITEMS / items);
    lines.push(
      `{"ts":${1_700_000_000_000 + (i >> 3)},"item":${item},"amount":${below(1000)},"note":"order number ${i}"}\n`,
    );
  }
  const text = new TextEncoder().encode(lines.join(""));
  Deno.writeFileSync(path, text);
  return { path, bytes: text.length };
}

export function writeItems(folder: string): string {
  const path = `${folder}/items.db`, database = new DatabaseSync(path);
  database.exec("CREATE TABLE items (id INTEGER PRIMARY KEY, category INTEGER, weight INTEGER); BEGIN");
  const insert = database.prepare("INSERT INTO items VALUES (?, ?, ?)");
  for (let id = 0; id < ITEMS; id++) insert.run(id, id * 31 % CATEGORIES, id % 977);
  database.exec("COMMIT");
  database.close();
  return path;
}

function plan(orders: string, items: string) {
  const column = (name: string) => ({ name, type: "int64", nullable: false });
  return {
    rdx: 1,
    nodes: [
      {
        id: "orders",
        op: "source",
        connector: { kind: "file", path: orders, format: "ndjson" },
        columns: ["ts", "item"].map(column),
        time: "ts",
        delay_ms: 1,
      },
      {
        id: "items",
        op: "lookup",
        input: ["orders"],
        type: "inner",
        table: { kind: "sqlite", path: items, table: "items" },
        on: [{ left: "item", right: "id" }],
        columns: ["id", "category", "weight"].map(column),
        cache_rows: 1_000_000,
        cache_ttl_ms: 0,
      },
      { id: "w", op: "window", input: ["items"], window: { kind: "tumble", size_ms: SIZE_MS } },
      {
        id: "a",
        op: "aggregate",
        input: ["w"],
        keys: ["category"],
        aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: "weight", as: "total" }],
      },
      { id: "out", op: "sink", input: ["a"], sink: { kind: "view", name: "totals" } },
    ],
  };
}

/** An engine with one worker, which starts with nothing known of the items at every run. */
export class OrdersRun {
  readonly #engine: Engine;
  readonly #plan: ReturnType<typeof plan>;

  private constructor(engine: Engine, orders: string, items: string) {
    this.#engine = engine;
    this.#plan = plan(orders, items);
  }

  static async open(orders: string, items: string): Promise<OrdersRun> {
    return new OrdersRun(await createEngine({ workers: 1 }), orders, items);
  }

  async run(): Promise<{ answer: Answer; seconds: number }> {
    const { pipelines, views } = this.#engine, start = performance.now();
    await pipelines.put("orders", this.#plan, { start: "earliest", state: "fresh" });
    await pipelines.find("orders")!.settled();
    const seconds = (performance.now() - start) / 1000, { state, reason } = pipelines.get("orders");
    if (state !== "completed") throw new Error(`The pipeline is ${state}: ${reason}`);
    let groups = 0, rows = 0, weight = 0;
    for (const delta of views.get("totals").since(0) ?? []) {
      for (const { range } of delta.changes) {
        const frame = new FrameView(range.frame);
        groups += range.rows;
        for (let row = range.start; row < range.start + range.rows; row++) {
          rows += Number(frame.int64(3, row));
          weight += Number(frame.int64(4, row));
        }
      }
    }
    await pipelines.delete("orders");
    return { answer: { groups, rows, weight }, seconds };
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** One thread of JavaScript: JSON.parse for each line, a Map in front of a prepared statement, a Map for the groups. */
export function loopWithMap(orders: string, items: string): Answer {
  const database = new DatabaseSync(items, { readOnly: true });
  const find = database.prepare("SELECT category, weight FROM items WHERE id = ?");
  const known = new Map<number, { readonly category: number; readonly weight: number } | null>();
  const groups = new Map<number, { rows: number; weight: number }>(), answer = { groups: 0, rows: 0, weight: 0 };
  let end = -Infinity;
  const fire = () => {
    for (const { rows, weight } of groups.values()) {
      answer.rows += rows;
      answer.weight += weight;
    }
    answer.groups += groups.size;
    groups.clear();
  };
  for (const line of linesOf(orders)) {
    const { ts, item } = JSON.parse(line) as { ts: number; item: number };
    let found = known.get(item);
    if (found === undefined) {
      const row = find.get(item);
      found = row ? { category: Number(row.category), weight: Number(row.weight) } : null;
      known.set(item, found);
    }
    if (found === null) continue;
    if (ts >= end) {
      fire();
      end = (Math.floor(ts / SIZE_MS) + 1) * SIZE_MS;
    }
    const group = groups.get(found.category);
    if (group) {
      group.rows++;
      group.weight += found.weight;
    } else groups.set(found.category, { rows: 1, weight: found.weight });
  }
  fire();
  database.close();
  return answer;
}

function* linesOf(path: string): Generator<string> {
  const decoder = new TextDecoder(), buffer = new Uint8Array(READ_BYTES);
  using file = Deno.openSync(path);
  for (let kept = 0;;) {
    const got = file.readSync(buffer.subarray(kept)) ?? 0, have = kept + got;
    const end = got === 0 ? have : buffer.lastIndexOf(10, have - 1) + 1;
    for (const line of decoder.decode(buffer.subarray(0, end)).split("\n")) if (line !== "") yield line;
    if (got === 0) return;
    buffer.copyWithin(0, end, have);
    kept = have - end;
  }
}
