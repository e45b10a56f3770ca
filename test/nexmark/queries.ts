const FOLDER = new URL("../../examples/nexmark/", import.meta.url);

/** Queries that there are: 6 cannot be said. */
export const QUERIES = [
  ...["q0", "q1", "q2", "q3", "q4", "q5", "q7", "q8", "q9", "q10", "q11"],
  ...["q12", "q13", "q14", "q15", "q16", "q17", "q18", "q19", "q20", "q21", "q22"],
];

/** Events of a script's tables. */
export interface ScriptEvents {
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly seed: number;
}

/** A query of the examples as a script over so many events; `side` is the folder of its side input. */
export async function queryScript(
  name: string,
  { events, eventsPerSecond, seed }: ScriptEvents,
  side: string,
): Promise<string> {
  const texts = await Promise.all(["ddl", name].map((file) => Deno.readTextFile(new URL(`${file}.sql`, FOLDER))));
  return texts.join("\n").replaceAll(/'events' = '\d+'/g, `'events' = '${events}'`)
    .replaceAll(/'events-per-second' = '\d+'/g, `'events-per-second' = '${eventsPerSecond}'`)
    .replaceAll(/'seed' = '\d+'/g, `'seed' = '${seed}'`)
    .replace("'side_input.csv'", `'${side}/side_input.csv'`);
}

/** The script with its last query as a query alone, whose rows go where the caller says. */
export function withoutSink(script: string): string {
  return script.replace(/CREATE TABLE q\d+ WITH \([^)]*\) AS\n/, "");
}
