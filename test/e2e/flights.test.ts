import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type DuckDBConnection, DuckDBInstance } from "../deps/duckdb.ts";
import { flights3m, flights3mFile, FLIGHTS_3M_ROWS, toNdjson, VEGA_DATASETS } from "../../examples/flights/data.ts";
import { daily, FLIGHTS, hourly } from "../../examples/flights/pipelines.ts";
import { npmPackageFiles } from "../../scripts/npm_files.ts";
import { completed, startServer } from "./server.ts";

const PIECE_ROWS = 100_000;

/** All flights as NDJSON lines, in pieces; written once, so that runs differ in how they are cut alone. */
async function writeFlights(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const parquet = await flights3mFile(), encoder = new TextEncoder();
  for (let at = 0; at < FLIGHTS_3M_ROWS; at += PIECE_ROWS) {
    const bytes = encoder.encode(toNdjson(await flights3m(at, at + PIECE_ROWS, parquet)));
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  }
}

/** Bodies of `rows` lines each. */
function* bodies(bytes: Uint8Array<ArrayBuffer>, rows: number): Generator<Uint8Array<ArrayBuffer>> {
  for (let start = 0; start < bytes.length;) {
    let end = start;
    for (let row = 0; row < rows && end < bytes.length; row++) end = bytes.indexOf(10, end) + 1;
    yield bytes.subarray(start, end);
    start = end;
  }
}

interface RunResult {
  readonly sha256: string;
  readonly hourly: string;
  readonly daily: string;
}

/** A plan with its view replaced by a file. */
function toFile(plan: typeof hourly, path: string) {
  const nodes = plan.nodes.map((node) =>
    node.op === "sink" ? { ...node, sink: { kind: "file", path, format: "ndjson" } } : node
  );
  return { ...plan, nodes };
}

/**
 * Sends all flights over HTTP, in requests of `rows` rows, numbered by a producer; what is refused because the stream is full is sent
 * again.
 */
async function run(folder: string, lines: Uint8Array<ArrayBuffer>, workers: number, rows: number): Promise<RunResult> {
  await using server = await startServer({ args: ["--workers", String(workers)] });
  const paths = {
    hourly: `${folder}/hourly_${workers}_${rows}.ndjson`,
    daily: `${folder}/daily_${workers}_${rows}.ndjson`,
  };
  await server.put("/v1/streams/flights", FLIGHTS);
  await server.put(`/v1/pipelines/${hourly.name}`, toFile(hourly, paths.hourly));
  await server.put(`/v1/pipelines/${daily.name}`, toFile(daily, paths.daily));
  let sequence = 0, accepted = 0;
  for (const body of bodies(lines, rows)) {
    const headers = {
      "content-type": "application/x-ndjson",
      "rdx-producer": "flights",
      "rdx-sequence": String(sequence++),
    };
    accepted += await send(server.url, body, headers);
  }
  assert.equal(accepted, FLIGHTS_3M_ROWS);
  await server.fetch("/v1/streams/flights/end", { method: "POST" });
  await completed(server, hourly.name);
  await completed(server, daily.name);
  assert.equal(await server.signal("SIGTERM"), 0);
  const hash = createHash("sha256").update(await Deno.readFile(paths.hourly)).update(await Deno.readFile(paths.daily));
  return { sha256: hash.digest("hex"), ...paths };
}

async function send(url: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<number> {
  while (true) {
    const response = await fetch(`${url}/v1/streams/flights`, { method: "POST", headers, body });
    const answer = await response.json();
    if (response.ok) return answer.accepted;
    if (response.status !== 429) throw new Error(JSON.stringify(answer));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Rows in which the file and the query differ, in either direction. */
async function differences(duckdb: DuckDBConnection, file: string, expected: string): Promise<number> {
  const columns =
    "{window_start: 'TIMESTAMP', window_end: 'TIMESTAMP', origin: 'VARCHAR', avg_delay: 'DOUBLE', max_delay: 'BIGINT', flights: 'BIGINT'}";
  const ours = `SELECT * FROM read_json('${file}', format = 'newline_delimited', columns = ${columns})`;
  const result = await duckdb.runAndReadAll(
    `WITH ours AS (${ours}), theirs AS (${expected})
     SELECT count(*) FROM (
       (SELECT *, 1 FROM ours EXCEPT ALL SELECT *, 1 FROM theirs) UNION ALL
       (SELECT *, 2 FROM theirs EXCEPT ALL SELECT *, 2 FROM ours))`,
  );
  return Number(result.getRows()[0][0]);
}

/** Sums by hour once, so that a day is 24 rows and not all of its flights. Averages are divided as we do: sum / count. */
async function loadReference(duckdb: DuckDBConnection): Promise<void> {
  const parquet = `${await npmPackageFiles("vega-datasets", VEGA_DATASETS)}/data/flights-3m.parquet`;
  await duckdb.run(
    `CREATE TABLE by_hour AS SELECT time_bucket(INTERVAL 1 HOUR, date::TIMESTAMP) AS h, origin,
       sum(delay)::BIGINT AS total, max(delay) AS most, count(*) AS n FROM read_parquet('${parquet}') GROUP BY ALL`,
  );
}

const RESULT = "sum(total)::DOUBLE / sum(n)::DOUBLE AS avg_delay, max(most) AS max_delay, sum(n)::BIGINT AS flights";
const HOURLY =
  `SELECT h AS window_start, h + INTERVAL 1 HOUR AS window_end, origin, ${RESULT} FROM by_hour GROUP BY h, origin`;
const DAILY =
  `SELECT h - i * INTERVAL 1 HOUR AS window_start, h - i * INTERVAL 1 HOUR + INTERVAL 1 DAY AS window_end, origin, ${RESULT}
  FROM by_hour, range(24) AS hours(i) GROUP BY ALL`;

Deno.test("3 million flights over HTTP: every window equals DuckDB's, however they are cut and by how many workers", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rdx-flights-" });
  try {
    await writeFlights(`${folder}/flights.ndjson`);
    const lines = await Deno.readFile(`${folder}/flights.ndjson`);
    const cuts = [[1, 7919], [2, 7919], [1, 2000], [2, 50_000]] as const;
    const results: RunResult[] = [];
    for (const [workers, rows] of cuts) results.push(await run(folder, lines, workers, rows));
    assert.deepEqual(results.map(({ sha256 }) => sha256), cuts.map(() => results[0].sha256));
    const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
    await loadReference(duckdb);
    const windows = await duckdb.runAndReadAll(`SELECT count(*) FROM (${DAILY})`);
    assert.ok(Number(windows.getRows()[0][0]) > 500_000);
    assert.equal(await differences(duckdb, results[0].hourly, HOURLY), 0);
    assert.equal(await differences(duckdb, results[0].daily, DAILY), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
