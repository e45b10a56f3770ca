import * as arrow from "../../test/deps/apache_arrow.ts";
import * as arquero from "../deps/arquero.ts";
import * as duckdb from "../deps/duckdb_wasm.ts";
import { type Contestant, which } from "../lib/compare.ts";

/** Groups of all windows, their counts and their sums. */
export interface Answer {
  groups: number;
  count: number;
  sum: number;
}

/** Rows with the times 0, 1, 2, …, and windows of `windowRows` milliseconds. */
export interface Work {
  readonly keys: Int32Array;
  readonly values: Int32Array;
  readonly distinct: number;
  readonly windowRows: number;
}

/** Keys and values by xorshift32 (Marsaglia, 2003), as hashagg.c makes them. */
export function makeWork(rows: number, distinct: number, windowRows: number): Work {
  const keys = new Int32Array(rows), values = new Int32Array(rows);
  for (let i = 0, x = 2463534242; i < rows; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    keys[i] = (x >>> 0) % distinct;
    values[i] = (x >>> 8) & 0xffff;
  }
  return { keys, values, distinct, windowRows };
}

/** hashagg.c: 4-byte keys and times, 16-byte slots in a table of the right size, software prefetch. */
export async function native(work: Work): Promise<Contestant<Answer> | null> {
  const gcc = await which("gcc");
  if (gcc === null) return null;
  const source = new URL("../native/hashagg.c", import.meta.url).pathname;
  const program = new URL("../../dist/hashagg", import.meta.url).pathname;
  await new Deno.Command(gcc, { args: ["-O3", "-march=native", source, "-o", program] }).output();
  const args = [work.keys.length, work.distinct, work.windowRows, 2].map(String);
  return {
    name: "C",
    async run() {
      const { stdout } = await new Deno.Command(program, { args }).output();
      const last = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
      const [seconds, groups, count, sum] = last.split(" ").map(Number);
      return { answer: { groups, count, sum }, seconds };
    },
  };
}

const DUCKDB_ROWS = 1_000_000;

/** DuckDB-WASM over a table in its own memory; one thread, as a page has it. */
export async function duckdbWasm(work: Work): Promise<Contestant<Answer>> {
  const database = await duckdb.createDuckDB(duckdb.bundles(), new duckdb.VoidLogger(), duckdb.NODE_RUNTIME);
  await database.instantiate();
  database.open({});
  const connection = database.connect(), rows = work.keys.length;
  for (let at = 0; at < rows; at += DUCKDB_ROWS) {
    const end = Math.min(rows, at + DUCKDB_ROWS);
    const t = Int32Array.from({ length: end - at }, (_, i) => at + i);
    const part = arrow.tableFromArrays({ t, k: work.keys.slice(at, end), v: work.values.slice(at, end) });
    connection.insertArrowFromIPCStream(arrow.tableToIPC(part, "stream"), { name: "rows", create: at === 0 });
  }
  const query = `select count(*)::double, sum(c)::double, sum(s)::double
    from (select t // ${work.windowRows}, k, count(*) as c, sum(v) as s from rows group by all)`;
  return {
    name: "DuckDB-WASM",
    run() {
      const [groups, count, sum] = [...connection.query(query).toArray()[0]].map(([, value]) => value as number);
      return { answer: { groups, count, sum }, seconds: null };
    },
  };
}

/** A Map from key to an object, emptied at each window's end. */
export function jsMap({ keys, values, windowRows }: Work): Contestant<Answer> {
  return {
    name: "JS Map",
    run() {
      const answer = { groups: 0, count: 0, sum: 0 }, open = new Map<number, { count: number; sum: number }>();
      const fire = () => {
        answer.groups += open.size;
        for (const { count, sum } of open.values()) {
          answer.count += count;
          answer.sum += sum;
        }
        open.clear();
      };
      for (let i = 0, end = windowRows; i < keys.length; i++) {
        if (i >= end) {
          fire();
          end += windowRows;
        }
        const found = open.get(keys[i]);
        if (found === undefined) open.set(keys[i], { count: 1, sum: values[i] });
        else {
          found.count++;
          found.sum += values[i];
        }
      }
      fire();
      return { answer, seconds: null };
    },
  };
}

/** Arquero: groupby and rollup over typed arrays. */
export function arqueroGroups({ keys, values, windowRows }: Work): Contestant<Answer> {
  const w = Int32Array.from({ length: keys.length }, (_, i) => Math.floor(i / windowRows));
  const rows = arquero.table({ w, k: keys, v: values });
  return {
    name: "Arquero",
    run() {
      const groups = rows.groupby("w", "k").rollup({ c: arquero.op.count(), s: arquero.op.sum("v") });
      const answer = { groups: groups.numRows(), count: 0, sum: 0 };
      for (const c of groups.array("c") as number[]) answer.count += c;
      for (const s of groups.array("s") as number[]) answer.sum += s;
      return { answer, seconds: null };
    },
  };
}
