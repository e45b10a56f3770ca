import { sideInput } from "../../examples/nexmark/side_input.ts";
import { NEXMARK_BASE_MS, NEXMARK_TABLES, nexmarkLines, openNexmark } from "../../src/source/nexmark.ts";

/** A stream of events, written out once for all queries. */
export interface Suite {
  readonly name: string;
  readonly events: number;
  /** Of event time. */
  readonly eventsPerSecond: number;
}

export const SEED = 1;

/** Memory that is a folder, where there is one. */
const MEMORY = "/dev/shm";

/** A new folder, in memory if that can be: then nothing is read from a disk while a query runs. */
export async function makeFolder(): Promise<string> {
  try {
    return await Deno.makeTempDir({ prefix: "rdx-nexmark-", dir: MEMORY });
  } catch {
    return await Deno.makeTempDir({ prefix: "rdx-nexmark-" });
  }
}

/** Writes a table for each kind of event as NDJSON, and the side input; returns how many bytes they are. */
export async function writeEvents({ events, eventsPerSecond }: Omit<Suite, "name">, folder: string): Promise<number> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/side_input.csv`, sideInput());
  let bytes = 0;
  for (const table of NEXMARK_TABLES) {
    const options = { table, events, eventsPerSecond, seed: SEED, baseMs: NEXMARK_BASE_MS };
    const source = openNexmark(options), lines = nexmarkLines(options);
    using file = await Deno.open(`${folder}/${table}.ndjson`, { write: true, create: true, truncate: true });
    let buffer = new Uint8Array(0);
    for (let range = source.next(); range; range = source.next()) {
      const most = lines.bytesMax(range);
      if (buffer.length < most) buffer = new Uint8Array(most);
      const length = lines.make(range, buffer);
      for (let done = 0; done < length;) done += await file.write(buffer.subarray(done, length));
      bytes += length;
    }
  }
  return bytes;
}
