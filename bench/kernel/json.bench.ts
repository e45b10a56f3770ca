/**
 * P1: NDJSON bids → columns, strictly validated, against native simdjson on-demand and JSON.parse for each line.
 *
 *   deno run -A scripts/build.ts && deno bench -A bench/kernel/json.bench.ts
 *
 * RDX_KERNEL_ROOM=json takes the build of the room alone. Every contestant reads all seven fields of every row and answers
 * with the number of rows and the sum of the prices. The clock runs while chunks of CHUNK_BYTES in kernel memory (where
 * workers read files to) become columns; for simdjson while its padded text does; for JSON.parse while bytes do.
 */
import type { Vector } from "../../src/core/batch.ts";
import { CHUNK_BYTES } from "../../src/core/limits.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import { inputAddress, inputBytes, JsonParser, type ParsedBatch } from "../../src/kernel/json.ts";
import { Kernel } from "../../src/kernel/module.ts";
import { makeBids } from "../data/bids.ts";
import { benchOnce, compare, type Contestant, which } from "../lib/compare.ts";

const ROWS = 100_000;
const SEED = 7;
/** Passes whose median one run is, as in the native program. */
const PASSES = 5;
const TEXTS = ["channel", "url", "extra"];
const FIELDS = ["auction", "bidder", "price", "channel", "url", "dateTime", "extra"];
const PRICE = FIELDS.indexOf("price");
const dist = new URL("../../dist/", import.meta.url);

interface Answer {
  rows: number;
  sum: number;
}

/** Chunks of at most CHUNK_BYTES that end with a line. */
function chunksOf(text: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < text.length;) {
    const limit = Math.min(text.length, start + CHUNK_BYTES), end = text.lastIndexOf(10, limit - 1) + 1;
    chunks.push(text.subarray(start, end));
    start = end;
  }
  return chunks;
}

/** The sum of an int64 column, NULL as 0. Bids' prices stay far below 2^53. */
function sumOf(kernel: Kernel, { data, validity }: Vector, rows: number): number {
  const { bytes, data: memory } = kernel;
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    if (validity !== 0 && (bytes[validity + (row >> 3)] >> (row & 7) & 1) === 0) continue;
    sum += memory.getUint32(data + row * 8, true) + memory.getInt32(data + row * 8 + 4, true) * 2 ** 32;
  }
  return sum;
}

function ours(chunks: readonly Uint8Array[]): Contestant<Answer> {
  const room = Deno.env.get("RDX_KERNEL_ROOM") ?? "kernel";
  const kernel = new Kernel(new WebAssembly.Module(Deno.readFileSync(new URL(`${room}.wasm`, dist))));
  const columns = FIELDS.map((name) => ({ name, type: TEXTS.includes(name) ? STRING : INT64, nullable: true }));
  const parser = new JsonParser(kernel, columns), address = inputAddress(kernel.alloc(inputBytes(CHUNK_BYTES)));
  return {
    name: "rdx",
    run() {
      const passes = Array.from({ length: PASSES }, () => pass(kernel, parser, chunks, address));
      passes.sort((a, b) => a.ms - b.ms);
      return { answer: passes[0].answer, seconds: passes[PASSES >> 1].ms / 1000 };
    },
  };
}

/** Reads all chunks once; `ms` counts the parsing alone. */
function pass(kernel: Kernel, parser: JsonParser, chunks: readonly Uint8Array[], address: number) {
  let rows = 0, sum = 0, ms = 0;
  for (const chunk of chunks) {
    kernel.copyIn(chunk, address);
    const batches: ParsedBatch[] = [], start = performance.now();
    parser.begin(address, chunk.length, "ndjson");
    for (let batch = parser.next(); batch; batch = parser.next()) batches.push(batch);
    ms += performance.now() - start;
    for (const batch of batches) {
      rows += batch.rows;
      sum += sumOf(kernel, batch.columns[PRICE], batch.rows);
    }
    kernel.reset();
  }
  return { answer: { rows, sum }, ms };
}

interface Bid {
  auction?: number;
  bidder?: number;
  price?: number;
  channel?: string;
  url?: string;
  dateTime?: number;
  extra?: string;
}

/** JSON.parse of each line into arrays, one for each column. */
function jsonParse(chunks: readonly Uint8Array[]): Contestant<Answer> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return {
    name: "JSON.parse a line",
    run() {
      let rows = 0, sum = 0;
      for (const chunk of chunks) {
        const auction = [], bidder = [], price = [], channel = [], url = [], dateTime = [], extra = [];
        for (const line of decoder.decode(chunk).split("\n")) {
          if (line === "") continue;
          const bid: Bid = JSON.parse(line);
          auction.push(bid.auction ?? null);
          bidder.push(bid.bidder ?? null);
          price.push(bid.price ?? null);
          channel.push(bid.channel ?? null);
          url.push(bid.url ?? null);
          dateTime.push(bid.dateTime ?? null);
          extra.push(bid.extra ?? null);
        }
        rows += price.length;
        for (const value of price) sum += value ?? 0;
      }
      return { answer: { rows, sum }, seconds: null };
    },
  };
}

/** Builds bench/native/simdjson.cpp; null if this machine has no compiler or no libsimdjson. */
async function buildSimdjson(): Promise<string | null> {
  if (await which("g++") === null) return null;
  const source = new URL("../native/simdjson.cpp", import.meta.url).pathname, out = new URL("simdjson", dist).pathname;
  const args = ["-O3", "-march=native", "-std=c++17", source, "-lsimdjson", "-o", out];
  const { success } = await new Deno.Command("g++", { args, stderr: "null" }).output();
  return success ? out : null;
}

function simdjson(program: string, mode: "lookup" | "fields", file: string): Contestant<Answer> {
  return {
    name: `simdjson on-demand, ${mode}`,
    async run() {
      const { success, stdout } = await new Deno.Command(program, { args: [mode, file] }).output();
      if (!success) throw new Error("simdjson failed");
      const { rows, sum, seconds } = JSON.parse(new TextDecoder().decode(stdout));
      return { answer: { rows, sum }, seconds };
    },
  };
}

benchOnce("NDJSON to columns", async () => {
  const program = await buildSimdjson();
  if (program === null) console.log("simdjson: skipped, for g++ or libsimdjson-dev is not there");
  for (const shuffled of [false, true]) {
    const text = makeBids({ rows: ROWS, seed: SEED, shuffled }),
      chunks = chunksOf(text),
      mode = shuffled ? "fields" : "lookup";
    const rivals = [jsonParse(chunks)], file = await Deno.makeTempFile({ suffix: ".ndjson" });
    await Deno.writeFile(file, text);
    if (program !== null) rivals.push(simdjson(program, mode, file));
    await compare({
      title: shuffled
        ? "P1 NDJSON bids to columns, every line in an order of its own, 10 % of the fields missing"
        : "P1 NDJSON bids to columns, one order",
      events: ROWS,
      bytes: text.length,
      ours: ours(chunks),
      rivals,
      bars: shuffled
        ? { "JSON.parse a line": { gate: 2 }, "simdjson on-demand, fields": { goal: 0.5 } }
        : { "JSON.parse a line": { gate: 8 }, "simdjson on-demand, lookup": { gate: 1.4, goal: 2 } },
    });
    await Deno.remove(file);
  }
});
