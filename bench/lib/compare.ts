/**
 * Comparisons of one piece of work done by several contestants, timed in turn in one run (A B C A B C …), since
 * machines drift: only ratios within a run mean something.
 */
import { cpus, totalmem } from "node:os";

export interface Contestant<Answer> {
  readonly name: string;
  /** Does the whole work once and returns its answer. Time it measures itself (a native program's own clock) goes into `seconds`. */
  run(): Promise<Timed<Answer>> | Timed<Answer>;
}

export interface Timed<Answer> {
  readonly answer: Answer;
  /** Null: the time around `run` counts. */
  readonly seconds: number | null;
}

export interface Comparison<Answer> {
  readonly title: string;
  /** How much work one run is. */
  readonly events: number;
  readonly bytes?: number;
  readonly ours: Contestant<Answer>;
  readonly rivals: readonly Contestant<Answer>[];
  /** Rounds that count, after one that does not. */
  readonly rounds?: number;
  /** Ratios to hold (`gate`) and to reach (`goal`) against a rival, by its name: ours is so many times as fast. */
  readonly bars?: Readonly<Record<string, { gate?: number; goal?: number }>>;
  /** Whether two answers are the same (default: equal JSON). */
  same?(a: Answer, b: Answer): boolean;
}

export interface Row {
  readonly name: string;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** How many times as fast ours is. */
  readonly ratio: number;
}

const printed = { machine: false };

function machineLine(): string {
  const all = cpus();
  return `machine: ${all.length} × ${all[0]?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
    `deno ${Deno.version.deno}, v8 ${Deno.version.v8}`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/**
 * Runs a comparison and prints events/s, GB/s and ratios. Throws when answers differ: a fast wrong answer is no answer.
 * Returns one row for each contestant, ours first.
 */
export async function compare<Answer>(comparison: Comparison<Answer>): Promise<Row[]> {
  const { ours, rivals, events, bytes } = comparison;
  const contestants = [ours, ...rivals], rounds = comparison.rounds ?? 5;
  const same = comparison.same ?? ((a, b) => JSON.stringify(a) === JSON.stringify(b));
  const seconds = contestants.map((): number[] => []);
  let expected: Answer | undefined;
  for (let round = 0; round <= rounds; round++) {
    for (let c = 0; c < contestants.length; c++) {
      const start = performance.now();
      const timed = await contestants[c].run();
      const around = (performance.now() - start) / 1000;
      if (expected === undefined) expected = timed.answer;
      else if (!same(expected, timed.answer)) {
        throw new Error(
          `${comparison.title}: ${contestants[c].name} answers ${JSON.stringify(timed.answer)}, ` +
            `${ours.name} ${JSON.stringify(expected)}`,
        );
      }
      if (round > 0) seconds[c].push(timed.seconds ?? around);
    }
  }
  const rows = contestants.map(({ name }, c): Row => {
    const middle = median(seconds[c]);
    const ratio = median(seconds[c].map((value, round) => value / seconds[0][round]));
    return { name, seconds: middle, eventsPerSecond: events / middle, ratio };
  });
  print(comparison, rows, bytes);
  return rows;
}

function print<Answer>(comparison: Comparison<Answer>, rows: readonly Row[], bytes: number | undefined): void {
  if (!printed.machine) {
    console.log(machineLine());
    printed.machine = true;
  }
  console.log(`\n${comparison.title}`);
  for (const row of rows) {
    const rate = `${(row.eventsPerSecond / 1e6).toFixed(2).padStart(9)} M ev/s`;
    const volume = bytes === undefined ? "" : `${(bytes / row.seconds / 1e9).toFixed(2).padStart(7)} GB/s`;
    const bar = comparison.bars?.[row.name];
    const verdict = bar === undefined ? "" : barText(row.ratio, bar);
    const ratio = row === rows[0] ? "" : `  ours is ${row.ratio.toFixed(2)} ×${verdict}`;
    console.log(`  ${row.name.padEnd(36)}${rate}${volume}${ratio}`);
  }
}

function barText(ratio: number, bar: { gate?: number; goal?: number }): string {
  const parts: string[] = [];
  if (bar.gate !== undefined) parts.push(`gate ${bar.gate} ${ratio >= bar.gate ? "held" : "MISSED"}`);
  if (bar.goal !== undefined) parts.push(`goal ${bar.goal} ${ratio >= bar.goal ? "reached" : "not reached"}`);
  return `  (${parts.join(", ")})`;
}

/**
 * Registers a comparison with `deno bench`, which calls each bench several times: the first call does all the work, with rounds of
 * its own, and prints the ratios.
 */
export function benchOnce(name: string, compareAll: () => Promise<void> | void): void {
  let first: Promise<void> | null = null;
  Deno.bench({
    name,
    n: 1,
    warmup: 0,
    async fn() {
      await (first ??= Promise.resolve(compareAll()));
    },
  });
}

/** Finds a program on the PATH, or null. */
export async function which(program: string): Promise<string | null> {
  const { success, stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`] }).output();
  return success ? new TextDecoder().decode(stdout).trim() : null;
}
