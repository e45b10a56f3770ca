import { FrameView } from "../../src/core/frame.ts";
import { createEngine } from "../../src/compose.ts";
import type { Engine } from "../../src/runtime/engine.ts";
import { makeBids } from "../data/bids.ts";
import { which } from "../lib/compare.ts";

/** Bids of P3. */
export const ROWS = 4_000_000;
/** Bids of P9: half a second of work for two workers. */
export const MANY_ROWS = 8_000_000;
const PIECE_ROWS = 50_000;
const SIZE_MS = 10_000;
const READ_BYTES = 1 << 20;

/** Groups over all windows, the rows in them and the sum of their prices. */
export interface Answer {
  readonly groups: number;
  readonly rows: number;
  readonly sum: number;
}

/** A file of bids in a temporary folder, which the page cache then holds. */
export async function writeBids(folder: string, rows: number): Promise<{ path: string; bytes: number }> {
  const path = `${folder}/bids_${rows}.ndjson`;
  using file = await Deno.open(path, { write: true, create: true });
  let bytes = 0;
  const piece = makeBids({ rows: PIECE_ROWS, seed: 11 }),
    text = new TextDecoder().decode(piece),
    encoder = new TextEncoder();
  for (let at = 0; at < rows; at += PIECE_ROWS) {
    // Each piece goes on in time where the last one ended.
    const later = text.replace(/"dateTime":(\d+)/g, (_, ms) => `"dateTime":${Number(ms) + at / 10}`);
    const all = encoder.encode(later);
    for (let done = 0; done < all.length;) done += await file.write(all.subarray(done));
    bytes += all.length;
  }
  return { path, bytes };
}

function plan(path: string, twoPhase: boolean) {
  const column = (name: string) => ({ name, type: "int64", nullable: false });
  return {
    rdx: 1,
    nodes: [
      {
        id: "bids",
        op: "source",
        connector: { kind: "file", path, format: "ndjson" },
        columns: ["auction", "price", "dateTime"].map(column),
        time: "dateTime",
        // Bids share milliseconds: with no delay the first of a window's last millisecond would make the others late.
        delay_ms: 1,
      },
      { id: "w", op: "window", input: ["bids"], window: { kind: "tumble", size_ms: SIZE_MS } },
      {
        id: "a",
        op: "aggregate",
        input: ["w"],
        keys: ["auction"],
        aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: "price", as: "total" }],
        two_phase: twoPhase,
      },
      { id: "out", op: "sink", input: ["a"], sink: { kind: "view", name: "totals" } },
    ],
  };
}

/** Seconds that this thread, the engine's main thread, was on a processor (Linux). */
function mainThreadSeconds(): number {
  return Number(Deno.readTextFileSync("/proc/thread-self/schedstat").split(" ")[0]) / 1e9;
}

/** The sum of a column of int64 below 2^53, without a BigInt for each: their garbage would be collected during the next run. */
function sumOf(frame: FrameView, column: number, { start, rows }: { start: number; rows: number }): number {
  const { buffer, byteOffset } = frame.buffers(column).data, words = new Uint32Array(buffer, byteOffset);
  let sum = 0;
  for (let row = start; row < start + rows; row++) sum += words[row * 2] + words[row * 2 + 1] * 2 ** 32;
  return sum;
}

/** An engine that reads the file with its workers, from deploy to the last window. */
export class BidsRun {
  /** CPU of the main thread by wall clock, over all runs since `forget`. */
  mainShare = 0;
  readonly #plan: ReturnType<typeof plan>;
  readonly #engine: Engine;
  #main = 0;
  #wall = 0;

  private constructor(engine: Engine, path: string, twoPhase: boolean) {
    this.#engine = engine;
    this.#plan = plan(path, twoPhase);
  }

  /** `twoPhase`: workers add up the rows of a chunk before they exchange them. */
  static async open(path: string, workers: number, twoPhase = false): Promise<BidsRun> {
    return new BidsRun(await createEngine({ workers }), path, twoPhase);
  }

  async run(): Promise<{ answer: Answer; seconds: number }> {
    const { pipelines, views } = this.#engine, start = performance.now(), main = mainThreadSeconds();
    await pipelines.put("bids", this.#plan, { start: "earliest", state: "fresh" });
    await pipelines.find("bids")!.settled();
    const seconds = (performance.now() - start) / 1000;
    this.#main += mainThreadSeconds() - main;
    this.#wall += seconds;
    this.mainShare = this.#main / this.#wall;
    const { state, reason } = pipelines.get("bids");
    if (state !== "completed") throw new Error(`The pipeline is ${state}: ${reason}`);
    let groups = 0, rows = 0, sum = 0;
    const view = views.get("totals");
    for (const delta of view.since(0) ?? []) {
      for (const { range } of delta.changes) {
        const frame = new FrameView(range.frame);
        groups += range.rows;
        rows += sumOf(frame, 3, range);
        sum += sumOf(frame, 4, range);
      }
    }
    await pipelines.delete("bids");
    return { answer: { groups, rows, sum }, seconds };
  }

  /** Leaves the runs so far out of `mainShare`. */
  forget(): void {
    this.#main = this.#wall = 0;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** One thread of JavaScript: reads the file a chunk at a time, each line with JSON.parse, groups in a Map. */
export function jsonParseAndMap(path: string): Answer {
  const decoder = new TextDecoder(), buffer = new Uint8Array(READ_BYTES), groups = new BidGroups();
  using file = Deno.openSync(path);
  for (let kept = 0;;) {
    const got = file.readSync(buffer.subarray(kept)) ?? 0, have = kept + got;
    const end = got === 0 ? have : buffer.lastIndexOf(10, have - 1) + 1;
    for (const line of decoder.decode(buffer.subarray(0, end)).split("\n")) {
      if (line !== "") groups.add(JSON.parse(line));
    }
    if (got === 0) return groups.finish();
    buffer.copyWithin(0, end, have);
    kept = have - end;
  }
}

interface Bid {
  readonly auction: number;
  readonly price: number;
  readonly dateTime: number;
}

class BidGroups {
  readonly #groups = new Map<number, { count: number; sum: number }>();
  readonly #answer = { groups: 0, rows: 0, sum: 0 };
  #end = -Infinity;

  add({ auction, price, dateTime }: Bid): void {
    if (dateTime >= this.#end) {
      this.#fire();
      this.#end = (Math.floor(dateTime / SIZE_MS) + 1) * SIZE_MS;
    }
    const known = this.#groups.get(auction);
    if (known) {
      known.count++;
      known.sum += price;
    } else this.#groups.set(auction, { count: 1, sum: price });
  }

  #fire(): void {
    for (const { count, sum } of this.#groups.values()) {
      this.#answer.rows += count;
      this.#answer.sum += sum;
    }
    this.#answer.groups += this.#groups.size;
    this.#groups.clear();
  }

  finish(): Answer {
    this.#fire();
    return this.#answer;
  }
}

/** Builds the C++ rival; null where there is no compiler or no simdjson. */
export async function buildNative(folder: string): Promise<string | null> {
  if (!await which("g++")) return null;
  const source = new URL("../native/windows.cpp", import.meta.url).pathname, out = `${folder}/windows`;
  const args = ["-O3", "-march=native", "-std=c++17", source, "-lsimdjson", "-o", out];
  return (await new Deno.Command("g++", { args, stderr: "null" }).output()).success ? out : null;
}

export async function runNative(program: string, path: string): Promise<{ answer: Answer; seconds: number }> {
  const { stdout } = await new Deno.Command(program, { args: [path, String(SIZE_MS)] }).output();
  const runs = new TextDecoder().decode(stdout).trim().split("\n").map((line) => line.split(" ").map(Number));
  const [seconds, groups, rows, sum] = runs.sort((a, b) => a[0] - b[0])[runs.length >> 1];
  return { answer: { groups, rows, sum }, seconds };
}
