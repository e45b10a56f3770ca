/** User functions for rdx: batch-wise, with declared types. See distance.sql and distance_run.ts beside this file. */
import type { BatchFunction } from "../../src/mod.ts";

const EARTH_KM = 6371;
const RADIANS = Math.PI / 180;

/** Kilometres along the earth between two places, given by latitude and longitude in degrees. */
export const kilometres: BatchFunction<["double", "double", "double", "double"], "double"> = (rows, a, b, c, d) => {
  const distances = new Float64Array(rows), nulls = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    const north = (c.values[i] - a.values[i]) * RADIANS / 2, east = (d.values[i] - b.values[i]) * RADIANS / 2;
    const chord = Math.sin(north) ** 2 +
      Math.cos(a.values[i] * RADIANS) * Math.cos(c.values[i] * RADIANS) * Math.sin(east) ** 2;
    distances[i] = 2 * EARTH_KM * Math.asin(Math.sqrt(chord));
    // Where a place is not known, neither is the distance.
    nulls[i] = [a, b, c, d].some((column) => column.nulls?.[i] === 1) ? 1 : 0;
  }
  return { values: distances, nulls };
};

/** A text such as `long` for so many kilometres. */
export const haul: BatchFunction<["double"], "string"> = (rows, km) =>
  Array.from({ length: rows }, (_, i) => {
    if (km.nulls?.[i] === 1) return null;
    return km.values[i] < 1500 ? "short" : km.values[i] < 4000 ? "medium" : "long";
  });
