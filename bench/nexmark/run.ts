/**
 * P4: Nexmark, each query through SQL in a process of its own with one worker, over NDJSON that lies in memory. Prints events a second
 * and core (the processor time of all threads counts), against the gates and beside published figures, and the memory of each quarter of
 * the rows, which has to stay flat where the state of a query is bounded.
 *
 *   deno task bench:nexmark [--events 10000000] [--suite 10M|100k] [--queries q0,q5]
 */
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { QUERIES } from "../../test/nexmark/queries.ts";
import { makeFolder, type Suite, writeEvents } from "./data.ts";
import { gateOf, isBounded, isFlat, PUBLISHED } from "./figures.ts";
import type { Measured } from "./one.ts";

/** Part of the events that a query runs over first, to warm up. */
const WARM_PART = 20;

const { values: flags } = parseArgs({
  args: Deno.args,
  options: {
    events: { type: "string", default: "10000000" },
    suite: { type: "string" },
    queries: { type: "string", default: QUERIES.join(",") },
  },
});

const SUITES: readonly Suite[] = [
  { name: "10M", events: Number(flags.events), eventsPerSecond: 10_000_000 },
  { name: "100k", events: Number(flags.events), eventsPerSecond: 100_000 },
].filter(({ name }) => flags.suite === undefined || name === flags.suite);

/** Runs a query in a process of its own; a text says why it cannot. */
async function measure(query: string, { events, eventsPerSecond }: Suite, folder: string): Promise<Measured | string> {
  const one = new URL("one.ts", import.meta.url).pathname;
  const args = [query, String(events), String(eventsPerSecond), `${folder}/all`, `${folder}/warm`];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--initial-old-space-size=128", one, ...args],
  }).output();
  const text = new TextDecoder().decode(success ? stdout : stderr).trim();
  if (success) return JSON.parse(text.split("\n").at(-1)!);
  // deno-lint-ignore no-control-regex
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "");
  return /^error: .*?Error: (.*)$/m.exec(plain)?.[1] ?? plain;
}

function against(query: string, rate: number): string {
  const others = Object.entries(PUBLISHED).map(([name, figures]) => {
    const other = figures[query];
    return `${name} ${other === undefined ? "–" : `${other} k (${(rate / other / 1000).toFixed(1)} ×)`}`.padEnd(22);
  });
  const gate = gateOf(query);
  const verdict = gate === null ? "" : `gate ${gate / 1e6} M ${rate >= gate ? "held" : "MISSED"}`;
  return `${others.join("")}${verdict}`;
}

function mebi(bytes: number | null): string {
  return (bytes === null ? "–" : String(Math.round(bytes / 2 ** 20))).padStart(6);
}

/** Memory in each quarter of the run, keyed state at its end, and whether it has stayed flat where it has to. */
function memory(query: string, { quarterBytes, stateBytes }: Measured, eventSeconds: number): string {
  const flat = isBounded(query, eventSeconds) ? isFlat(quarterBytes) : null;
  const verdict = flat === null ? "" : flat ? "flat" : "GROWS";
  return `(${quarterBytes.map(mebi).join("")}, state${mebi(stateBytes.at(-1)!)}) ${verdict.padEnd(5)}`;
}

function line(query: string, measured: Measured | string, eventSeconds: number): string {
  if (typeof measured === "string") return `  ${query.padEnd(5)} cannot: ${measured}`;
  const { events, seconds, coreSeconds, rowsOut, peakBytes } = measured, rate = events / coreSeconds;
  const millions = (value: number) => `${(value / 1e6).toFixed(2).padStart(6)} M`;
  const facts = [`${millions(rate)} ev/s/core`, `${millions(events / seconds)} ev/s`, `${millions(rowsOut)} rows out`];
  return `  ${query.padEnd(5)}${facts.join("")}${mebi(peakBytes)} MiB ${memory(query, measured, eventSeconds)}  ${
    against(query, rate)
  }`;
}

const all = cpus();
console.log(
  `machine: ${all.length} × ${all[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, deno ${Deno.version.deno}`,
);
for (const suite of SUITES) {
  const folder = await makeFolder();
  try {
    const bytes = await writeEvents(suite, `${folder}/all`);
    await writeEvents({ ...suite, events: Math.ceil(suite.events / WARM_PART) }, `${folder}/warm`);
    const { events, eventsPerSecond } = suite;
    console.log(
      `\n${events / 1e6} M events (${(bytes / 1e9).toFixed(2)} GB) at ${
        eventsPerSecond / 1000
      } k a second of event time`,
    );
    for (const query of flags.queries.split(",")) {
      console.log(line(query, await measure(query, suite, folder), events / eventsPerSecond));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
