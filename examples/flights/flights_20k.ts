/** The smaller set of real flights: what demos play and the server gives its page. */
import { npmPackageFiles } from "../../scripts/npm_files.ts";

export const VEGA_DATASETS = "3.2.1";

export interface Flight {
  /** Epoch ms, UTC. */
  ts: number;
  delay: number;
  distance: number;
  origin: string;
  destination: string;
}

/** 20,000 flights of January to March 2001, in order of time. */
export async function flights20k(): Promise<Flight[]> {
  const folder = await npmPackageFiles("vega-datasets", VEGA_DATASETS);
  type Row = Omit<Flight, "ts"> & { date: string };
  const rows = JSON.parse(await Deno.readTextFile(`${folder}/data/flights-20k.json`)) as Row[];
  const flights = rows.map(({ date, ...rest }) => ({ ts: Date.parse(`${date.replaceAll("/", "-")}Z`), ...rest }));
  return flights.sort((a, b) => a.ts - b.ts);
}
