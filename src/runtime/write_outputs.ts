import type { Sink } from "../sink.ts";
import { type Finished, outputOf } from "./collector.ts";

/** Gives all sinks what is theirs of a number; `told` hears of each, by its position, before and after. Resolves to how many rows that are. */
export async function writeOutputs(
  sinks: readonly Sink[],
  finished: Finished,
  watermark: number,
  told: { writes(rows: number): void; wrote(sink: number, rows: number): void },
): Promise<number> {
  let all = 0;
  await Promise.all(sinks.map(async (sink, i) => {
    const output = outputOf(finished, i, watermark), { rows } = output;
    all += rows;
    told.writes(rows);
    await sink.write(output);
    told.wrote(i, rows);
  }));
  return all;
}
