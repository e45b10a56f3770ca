import { FrameView } from "../../../src/core/frame.ts";
import { startEngine } from "../../../web/main.ts";
import { type Contestant, Top } from "./contestant.ts";
import { COLUMNS } from "./feed.ts";

const PLAN = {
  rdx: 1,
  nodes: [
    { id: "feed", op: "source", stream: "feed", time: "ts" },
    { id: "day", op: "window", input: ["feed"], window: { kind: "tumble", size_ms: 86_400_000 } },
    {
      id: "groups",
      op: "aggregate",
      input: ["day"],
      keys: ["key"],
      aggs: [{ fn: "count", as: "count" }, { fn: "sum", arg: "value", as: "sum" }],
    },
    { id: "out", op: "sink", input: ["groups"], sink: { kind: "view", name: "groups" } },
  ],
};
/** Updates that the engine has not acknowledged. */
const UNDER_WAY_MAX = 8;
/** Columns of the view. */
const KEY = 2, COUNT = 3, SUM = 4;

/** The engine in the page, one worker: the open window is the grouped table. */
export async function rdx(): Promise<Contestant> {
  const engine = await startEngine({ kernel: "/kernel.wasm", worker: "/task.js", workers: 1 });
  engine.streams.put("feed", {
    columns: COLUMNS,
    time: "ts",
    delayMs: 1,
    futureSkewMs: 0,
    onError: "reject",
    retentionMs: null,
  });
  await engine.pipelines.put("groups", PLAN, { start: "earliest", state: "fresh" });
  const underWay = new Set<Promise<unknown>>();
  return {
    async update({ arrow }) {
      // What is full now has room again when the pipeline has taken it.
      while (engine.streams.credit("feed") <= 0) {
        await new Promise<void>((resolve) => {
          const leave = engine.streams.onCredit("feed", () => (leave(), resolve()));
        });
      }
      const sent = engine.streams.ingest("feed", { body: arrow.slice(), format: "arrow", autoCreate: false });
      underWay.add(sent);
      sent.finally(() => underWay.delete(sent));
      if (underWay.size >= UNDER_WAY_MAX) await Promise.race(underWay);
    },
    async picture() {
      await Promise.all(underWay);
      const top = new Top();
      let count = 0, sum = 0;
      for (const { frame, start, rows } of await engine.views.open("groups")) {
        const view = new FrameView(frame), sums = view.buffers(SUM).data as Float64Array;
        const keys = lowWords(view, KEY), counts = lowWords(view, COUNT);
        for (let row = start; row < start + rows; row++) {
          count += counts[row * 2];
          sum += sums[row];
          top.offer(keys[row * 2], counts[row * 2], sums[row]);
        }
      }
      return { top: top.rows, count, sum };
    },
    close: () => engine.close(),
  };
}

/** An int64 column as pairs of words; the feed's numbers fit the low ones. */
function lowWords(view: FrameView, column: number): Int32Array {
  const { buffer, byteOffset, length } = view.buffers(column).data as BigInt64Array;
  return new Int32Array(buffer, byteOffset, length * 2);
}
