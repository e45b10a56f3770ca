/** Gates: events a second that one core has to reach. */
export const GATES: readonly {
  readonly what: string;
  readonly queries: readonly string[];
  readonly eventsPerSecond: number;
}[] = [
  { what: "stateless", queries: ["q0", "q1", "q2", "q14", "q21", "q22"], eventsPerSecond: 2_000_000 },
  {
    what: "windows and keys",
    queries: ["q5", "q7", "q8", "q11", "q12", "q15", "q16", "q17"],
    eventsPerSecond: 800_000,
  },
  { what: "joins and top-n", queries: ["q3", "q4", "q9", "q18", "q19", "q20"], eventsPerSecond: 250_000 },
];

/** The gate of a query, or null. */
export function gateOf(query: string): number | null {
  return GATES.find(({ queries }) => queries.includes(query))?.eventsPerSecond ?? null;
}

/** Queries that keep nothing. */
const KEEP_NOTHING: readonly string[] = ["q0", "q1", "q2", "q10", "q14", "q21", "q22"];

/** Queries whose state goes with their windows or sessions of event time, ten seconds each, or when the watermark has passed its rows. */
const KEEP_WINDOWS: readonly string[] = ["q5", "q7", "q8", "q11", "q13"];

/** Event time over which windows have come and gone. */
const LONG_S = 50;

/** Whether the state of a query has a bound that a run over so much event time reaches. */
export function isBounded(query: string, eventSeconds: number): boolean {
  return KEEP_NOTHING.includes(query) || (KEEP_WINDOWS.includes(query) && eventSeconds >= LONG_S);
}

/** What the memory of the last quarter of a run may have more than that of the second, of a query whose state is bounded. */
const FLAT = { part: 1.1, bytes: 16 * 2 ** 20 };

/** Whether memory has stayed flat: buffers and code have come to their sizes in the first quarter. Null: the run was too short. */
export function isFlat(quarterBytes: readonly (number | null)[]): boolean | null {
  const [, second, , last] = quarterBytes;
  return second === null || last === null ? null : last <= second * FLAT.part + FLAT.bytes;
}

/** Published figures, thousands of events a second and core: of Flink in its own guide, of Feldera in its documentation. */
export const PUBLISHED: Readonly<Record<"flink" | "feldera", Readonly<Record<string, number>>>> = {
  flink: { q0: 379, q4: 28, q5: 75, q7: 23, q9: 14, q16: 45, q20: 18 },
  feldera: { q0: 436, q4: 265, q5: 412, q7: 196, q9: 57, q16: 51, q18: 85, q19: 75, q20: 85 },
};
