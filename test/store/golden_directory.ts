/**
 * Makes what test/store/golden_directory.test.ts opens: `deno run -A --lock=test/deno.lock test/store/golden_directory.ts FILE`.
 * What is kept in test/data was made by the first version of the format, and is not made again.
 */
import { createEngine } from "../../src/compose.ts";
import { INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Engine } from "../../src/runtime/engine.ts";
import type { StreamDeclaration } from "../../src/runtime/service.ts";

/** Rows of which key and value are as the index says. */
export interface GoldenRow {
  readonly ts: number;
  readonly key: string;
  readonly value: number | null;
}

export function goldenRows(from: number, to: number): GoldenRow[] {
  return Array.from({ length: to - from }, (_, i) => {
    const at = from + i;
    return { ts: at * 100, key: ["oslo", "rome", "ürümqi"][at % 3], value: at % 7 === 0 ? null : at * 11 };
  });
}

const EVENTS: StreamDeclaration = {
  columns: [
    { name: "ts", type: TIMESTAMP, nullable: false },
    { name: "key", type: STRING, nullable: false },
    { name: "value", type: INT64, nullable: true },
  ],
  time: "ts",
  delayMs: 0,
  futureSkewMs: 0,
  onError: "dead_letter",
  retentionMs: null,
};

/** Scripts by the names of their pipelines. */
export const GOLDEN_SCRIPTS: Readonly<Record<string, string>> = {
  totals: "SELECT key, COUNT(*) AS n, SUM(value) AS total, MIN(value) AS low FROM events GROUP BY key",
  windows: "SELECT key, window_start, COUNT(*) AS n, MAX(value) AS high " +
    "FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY key, window_start, window_end",
  pairs:
    "SELECT a.key, a.value AS one, b.value AS other FROM events a JOIN events b ON a.key = b.key AND a.value = b.value",
};

/** Rows of each part: before the checkpoint, behind it, and, packed, behind a restart. */
export const GOLDEN_PARTS = [40, 60, 80] as const;
export const GOLDEN_BAD = '{"ts":0,"key":"oslo","value":"no number"}';

async function send(engine: Engine, body: string, sequence: number): Promise<void> {
  const bytes = new TextEncoder().encode(body);
  await engine.streams.ingest("events", { body: bytes, format: "ndjson", autoCreate: false, producer: "p", sequence });
}

export function goldenBody(from: number, to: number): string {
  return goldenRows(from, to).map((row) => JSON.stringify(row)).join("\n");
}

async function settled(engine: Engine): Promise<void> {
  while ([...engine.pipelines.all()].some(({ lagRows, inFlight }) => lagRows + inFlight > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Makes a data directory in the three parts. */
async function make(data: string): Promise<void> {
  const { deploySql } = await import("../../src/server/sql.ts");
  const open = (compression: "none" | "zstd") =>
    createEngine({ durability: "fsync", data, workers: 2, checkpointIntervalMs: 0, compression });
  const [first, second, third] = GOLDEN_PARTS;
  let engine = await open("none");
  engine.streams.put("events", EVENTS);
  for (const [name, sql] of Object.entries(GOLDEN_SCRIPTS)) {
    await deploySql(engine, name, sql, { start: "earliest", state: "keep" });
  }
  await send(engine, goldenBody(0, first), 0);
  await settled(engine);
  for (const name of Object.keys(GOLDEN_SCRIPTS)) await engine.pipelines.checkpoint(name);
  await engine.savepoints.take("totals", "first");
  await send(engine, `${goldenBody(first, second)}\n${GOLDEN_BAD}`, 1);
  await settled(engine);
  await engine.close();
  engine = await open("zstd");
  await engine.recovered;
  await send(engine, goldenBody(second, third), 2);
  await settled(engine);
  await engine.close();
}

/** All files of a folder in one: segments have room in front of them that packs well. */
async function pack(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const files: Record<string, string> = {};
  const walk = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(`${folder}/${path}`)) {
      if (isDirectory) walk(`${path}${name}/`);
      else files[path + name] = Deno.readFileSync(`${folder}/${path}${name}`).toBase64();
    }
  };
  walk("");
  const text = new Blob([JSON.stringify(files)]).stream();
  return await new Response(text.pipeThrough(new CompressionStream("gzip"))).bytes();
}

/** Puts the files back. */
export async function unpack(file: string | URL, folder: string): Promise<void> {
  const packed = new Blob([Deno.readFileSync(file)]).stream();
  const files = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).json() as Record<
    string,
    string
  >;
  for (const [path, bytes] of Object.entries(files)) {
    const full = `${folder}/${path}`;
    Deno.mkdirSync(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(full, Uint8Array.fromBase64(bytes));
  }
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  await make(`${folder}/data`);
  Deno.writeFileSync(Deno.args[0], await pack(`${folder}/data`));
  await Deno.remove(folder, { recursive: true });
}
