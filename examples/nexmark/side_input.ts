/**
 * Writes the side input of query 13: a text for each number that the id of an auction leaves.
 *
 *   deno run -A examples/nexmark/side_input.ts [examples/nexmark/side_input.csv]
 */

/** How many numbers there are. */
export const SIDE_KEYS = 10_000;

/** What the side input says of a number. */
export function sideValue(key: number): string {
  return `side value ${key}`;
}

/** The side input as CSV, each row valid from the start of time. */
export function sideInput(): string {
  const rows = Array.from({ length: SIDE_KEYS }, (_, key) => `${key},${sideValue(key)},1970-01-01T00:00:00.000Z\n`);
  return `key,value,valid_from\n${rows.join("")}`;
}

if (import.meta.main) {
  const path = Deno.args[0] ?? new URL("side_input.csv", import.meta.url).pathname;
  await Deno.writeTextFile(path, sideInput());
  console.log(path);
}
