import { cpuUsage } from "node:process";
import { createEngine } from "../../src/compose.ts";
import { type Column, type DataType, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Engine } from "../../src/runtime/engine.ts";

export const KEYS = 1_000_000;
/** Of rows with hot keys, nine in ten have one of these. */
const HOT_KEYS = 1000;
const PIECE_ROWS = 100_000;
const POLL_MS = 1;
/** Groups of P8, and the bytes that each keeps in texts. */
const WIDE_KEYS = 2_000_000, WIDE_BYTES = 400;
const SEED = 17;

/** A run that was timed behind the rows that made the keys. */
export interface Paced {
  readonly rows: number;
  readonly seconds: number;
  /** Of all threads. */
  readonly cpuSeconds: number;
  readonly checkpoints: readonly { readonly bytes: number; readonly stoodMs: number }[];
}

interface Plan {
  readonly title: string;
  /** How often a file is read, so that a run takes long enough. */
  readonly times: number;
  nodes(path: string): unknown;
}

const column = (name: string, type: DataType = INT64): Column => ({ name, type, nullable: false });
const planColumn = (name: string) => ({ name, type: "int64", nullable: false });

/** Names that a file of keys has: sources of one name would be one. */
const LINKS = 8;

function linkOf(path: string, i: number): string {
  return `${path}.${i}`;
}

/** One file read so many times, side by side, as the node `keys`. */
function sources(path: string, times: number): unknown[] {
  const columns = ["k", "v", "ts"].map(planColumn),
    ids = times === 1 ? ["keys"] : Array.from({ length: times }, (_, i) => `keys${i}`);
  const read = ids.map((id, i) => {
    const connector = { kind: "file", path: linkOf(path, i), format: "ndjson" };
    return { id, op: "source", connector, columns, time: "ts", delay_ms: 1 };
  });
  return times === 1 ? read : [...read, { id: "keys", op: "union", input: ids }];
}

const aggregate = {
  id: "a",
  op: "aggregate",
  keys: ["k"],
  aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: "v", as: "total" }],
};
const sink = { id: "out", op: "sink", input: ["a"], sink: { kind: "discard" } };

/** One window that is open all the time. */
export const WINDOWS: Plan = {
  title: "windows",
  times: LINKS,
  nodes(path) {
    const window = { id: "w", op: "window", input: ["keys"], window: { kind: "tumble", size_ms: 1e9 } };
    return {
      rdx: 1,
      nodes: [...sources(path, this.times), window, { ...aggregate, input: ["w"], two_phase: false }, sink],
    };
  },
};

/** Groups that tell each change. */
export const COUNTS: Plan = {
  title: "groups",
  times: LINKS,
  nodes(path) {
    return { rdx: 1, nodes: [...sources(path, this.times), { ...aggregate, input: ["keys"] }, sink] };
  },
};

/** The newest row of each key. */
export const RANKS: Plan = {
  title: "ranks",
  times: LINKS / 2,
  nodes(path) {
    const order = [{ column: "ts", desc: true }];
    const rank = { id: "a", op: "rank", input: ["keys"], keys: ["k"], order, from: 1, to: 1 };
    return { rdx: 1, nodes: [...sources(path, this.times), rank, sink] };
  },
};

/** Of a quarter of the keys, counts beside the sums of their values: each row changes both inputs of the join. */
export const JOINS: Plan = {
  title: "joins",
  times: LINKS / 2,
  nodes(path) {
    const where = { call: "lt", args: [{ column: "k" }, { literal: KEYS / 4 }] };
    const some = { id: "some", op: "filter", input: ["keys"], where };
    const counts = { id: "counts", op: "aggregate", input: ["some"], keys: ["k"], aggs: [{ fn: "count", as: "n" }] };
    const totals = {
      id: "totals",
      op: "aggregate",
      input: ["some"],
      keys: ["k"],
      aggs: [{ fn: "sum", arg: "v", as: "total" }],
    };
    const right = {
      id: "right",
      op: "project",
      input: ["totals"],
      columns: [{ as: "of", expr: { column: "k" } }, { as: "total", expr: { column: "total" } }],
      keep: false,
    };
    const join = { id: "a", op: "join", input: ["counts", "right"], type: "inner", on: [{ left: "k", right: "of" }] };
    return { rdx: 1, nodes: [...sources(path, this.times), some, counts, totals, right, join, sink] };
  },
};

/** A small generator of numbers (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A file, under several names, in which every key comes once, and then `rows` rows with keys of this distribution. */
export async function writeKeys(folder: string, rows: number, keys: "uniform" | "hot"): Promise<string> {
  const path = `${folder}/${keys}.ndjson`, next = random(SEED), encoder = new TextEncoder();
  const key = () => Math.floor(next() * (keys === "hot" && next() < 0.9 ? HOT_KEYS : KEYS));
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for (let at = 0; at < KEYS + rows; at += PIECE_ROWS) {
    let text = "";
    for (let i = at; i < at + PIECE_ROWS; i++) {
      text += `{"k":${i < KEYS ? i : key()},"v":${i % 1000},"ts":${1_000_000_000_000 + (i >> 4)}}\n`;
    }
    const all = encoder.encode(text);
    for (let done = 0; done < all.length;) done += await file.write(all.subarray(done));
  }
  for (let i = 0; i < LINKS; i++) await Deno.link(path, linkOf(path, i));
  return path;
}

async function engineIn(folder: string, intervalMs: number): Promise<Engine> {
  const settings = { data: `${folder}/data`, durability: "os", folder, workers: 1 } as const;
  return await createEngine({ ...settings, checkpointIntervalMs: intervalMs });
}

/** Engines that run over many keys. */
export class KeyedRun {
  /**
   * What comes through in so long behind the first row of each key, with a checkpoint at this interval (null: none), or for as long as it takes until so many
   * have fallen into it.
   */
  static async pace(
    folder: string,
    plan: Plan,
    path: string,
    bounds: { readonly seconds: number; readonly secondsMax: number },
    taken: { readonly intervalMs: number; readonly least: number } | null,
  ): Promise<Paced> {
    const engine = await engineIn(folder, taken?.intervalMs ?? 0), { pipelines } = engine;
    try {
      await pipelines.put("keyed", plan.nodes(path), { start: "earliest", state: "fresh" });
      const run = new KeyedRun(engine);
      await run.reach(({ rows }) => rows >= KEYS * plan.times);
      // The first checkpoint has everything
      if (taken) await pipelines.checkpoint("keyed");
      const least = taken?.least ?? 0, { seconds, secondsMax } = bounds;
      const cpu = cpuUsage();
      const paced = await run.reach(({ seconds: passed, checkpoints }) => {
        return passed >= (checkpoints < least ? secondsMax : seconds);
      });
      const { user, system } = cpuUsage(cpu), { state } = pipelines.get("keyed");
      // Where it only waited for more checkpoints, it has run for long enough
      if (state !== "running" && paced.seconds < seconds) {
        throw new Error(`The pipeline is ${state}: set RDX_BENCH_ROWS higher`);
      }
      return { ...paced, cpuSeconds: (user + system) / 1e6 };
    } finally {
      await engine.close();
      await Deno.remove(`${folder}/data`, { recursive: true });
    }
  }

  readonly #engine: Engine;

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Watches until it is enough of rows or of time. */
  async reach(
    enough: (now: { rows: number; seconds: number; checkpoints: number }) => boolean,
  ): Promise<Omit<Paced, "cpuSeconds">> {
    const begin = performance.now(), checkpoints: { bytes: number; stoodMs: number }[] = [];
    const first = this.#engine.pipelines.get("keyed").rowsIn;
    let last = this.#checkpoint().number;
    for (;;) {
      const { rowsIn, state, reason } = this.#engine.pipelines.get("keyed"), nowMs = performance.now();
      if (state === "failed" || state === "stalled") throw new Error(`The pipeline is ${state}: ${reason}`);
      const { number, bytes, stoodSeconds, problem } = this.#checkpoint();
      if (problem !== null) throw new Error(problem);
      if (number !== last) checkpoints.push({ bytes: bytes!, stoodMs: stoodSeconds! * 1000 });
      last = number;
      const seconds = (nowMs - begin) / 1000;
      if (state !== "running" || enough({ rows: rowsIn, seconds, checkpoints: checkpoints.length })) {
        return { rows: rowsIn - first, seconds, checkpoints };
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #checkpoint() {
    const status = this.#engine.pipelines.get("keyed").checkpoint;
    return status ?? { number: null, bytes: null, stoodSeconds: null, problem: null };
  }

  /** Makes about a gigabyte of state with a base and deltas, and has a second engine restore it. */
  static async recover(folder: string): Promise<{ bytes: number; seconds: number; rows: number }> {
    const columns = [column("k"), column("t", STRING), column("ts", TIMESTAMP)];
    const aggs = [{ fn: "max", arg: "t", as: "t" }, { fn: "count", as: "n" }];
    const stream = { id: "keys", op: "source", stream: "keys" };
    const plan = { rdx: 1, nodes: [stream, { ...aggregate, aggs, input: ["keys"] }, sink] };
    let engine = await engineIn(folder, 0), bytes = 0;
    try {
      const rest = { delayMs: 1, futureSkewMs: 0, onError: "reject", retentionMs: null } as const;
      engine.streams.put("keys", { columns, time: "ts", ...rest });
      await engine.pipelines.put("keyed", plan, { start: "earliest", state: "fresh" });
      const wide = "x".repeat(WIDE_BYTES);
      const send = async (from: number, to: number) => {
        for (let at = from; at < to; at += PIECE_ROWS / 10) {
          let body = "";
          for (let k = at; k < at + PIECE_ROWS / 10; k++) body += `{"k":${k},"t":"${wide}${k}","ts":${1e12 + k}}\n`;
          await engine.streams.ingest("keys", {
            body: new TextEncoder().encode(body),
            format: "ndjson",
            autoCreate: false,
          });
        }
      };
      const take = async () => {
        const busy = () => [...engine.pipelines.all()].some(({ lagRows, inFlight }) => lagRows + inFlight > 0);
        while (busy()) await new Promise((resolve) => setTimeout(resolve, 10));
        const status = await engine.pipelines.checkpoint("keyed");
        if (!status || status.problem !== null) throw new Error(`No checkpoint: ${status?.problem}`);
        bytes += status.bytes!;
      };
      await send(0, WIDE_KEYS);
      await take();
      for (let delta = 0; delta < 3; delta++) {
        await send(WIDE_KEYS / 2 + delta * 50_000, WIDE_KEYS / 2 + (delta + 1) * 50_000);
        await take();
      }
      const { stateRows } = engine.pipelines.get("keyed");
      await engine.close();
      const begin = performance.now();
      engine = await engineIn(folder, 0);
      await engine.recovered;
      const seconds = (performance.now() - begin) / 1000, again = engine.pipelines.get("keyed");
      if (again.checkpoint?.restored === null) throw new Error("It did not go on from a checkpoint");
      return { bytes, seconds, rows: stateRows };
    } finally {
      await engine.close();
      await Deno.remove(`${folder}/data`, { recursive: true });
    }
  }
}
