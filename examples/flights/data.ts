/**
 * The real flights of npm `vega-datasets`: on-time data of the US Bureau of Transportation Statistics. Each row has the scheduled departure
 * (`ts`), the delay in minutes (negative: early), the distance in miles, origin and destination.
 */
import { zstdDecompressSync } from "node:zlib";
import { parquetReadObjects } from "hyparquet";
import { npmPackageFiles } from "../../scripts/npm_files.ts";
import { type Flight, VEGA_DATASETS } from "./flights_20k.ts";

export { type Flight, flights20k, VEGA_DATASETS } from "./flights_20k.ts";

/** Rows `start` to `end` of 3 million flights of January to June 2001, in order of time. */
export async function flights3m(start: number, end: number, file?: ArrayBuffer): Promise<Flight[]> {
  type Row = { date: Date; delay: bigint; distance: bigint; origin: string; destination: string };
  const rows = await parquetReadObjects({
    file: file ?? await flights3mFile(),
    rowStart: start,
    rowEnd: end,
    compressors: { ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)) },
  }) as unknown as Row[];
  return rows.map(({ date, delay, distance, origin, destination }) => ({
    ts: date.getTime(),
    delay: Number(delay),
    distance: Number(distance),
    origin,
    destination,
  }));
}

export const FLIGHTS_3M_ROWS = 3_000_000;

/** The bytes of the Parquet file, to read several pieces of it. */
export async function flights3mFile(): Promise<ArrayBuffer> {
  const folder = await npmPackageFiles("vega-datasets", VEGA_DATASETS);
  return (await Deno.readFile(`${folder}/data/flights-3m.parquet`)).buffer;
}

/** Flights as NDJSON. */
export function toNdjson(flights: readonly Flight[]): string {
  return flights.map((flight) => JSON.stringify(flight)).join("\n") + "\n";
}
