/**
 * Full load on a real server for a long time, with a checkpoint each second: memory and latency have to stay where they are. Prints figures each ten seconds, with what
 * holds the memory, and the slopes behind the first fifth of the time; ends with 1 when one is above a percent a minute.
 *
 *   deno task soak [--minutes 30] [--rate ROWS_A_SECOND]
 *
 * With a rate all who send keep to it together, so that a machine that others use has as much to do at any time.
 */
import { connect } from "../../src/client/rdx/mod.ts";
import { memoryParts } from "./memory_parts.ts";
import { startServer, type TestServer } from "../e2e/server.ts";
import { median, quantile, type Sample, slopeEachMinute } from "./slope.ts";

const MINUTES_DEFAULT = 30, SAMPLE_MS = 10_000, WARM_UP_SHARE = 0.2, SLOPE_MAX = 0.01;
const BATCH_ROWS = 2000, KEYS = 1000, HTTP_PRODUCERS = 2;

const STREAM = {
  columns: [
    { name: "ts", type: "timestamp", nullable: false },
    { name: "key", type: "int64", nullable: false },
    { name: "value", type: "int64", nullable: false },
  ],
  time: "ts",
  delay_ms: 500,
  retention_bytes: 64 << 20,
};

const source = { id: "source", op: "source", stream: "s" };
const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];

/** Counts in windows, to a view and to a folder. */
function windowsPlan(path: string) {
  const key = { call: "mod", args: [{ column: "key" }, { literal: 10 }] };
  return {
    rdx: 1,
    nodes: [
      source,
      { id: "keys", op: "project", input: ["source"], columns: ["ts", "value", { as: "key", expr: key }] },
      { id: "window", op: "window", input: ["keys"], window: { kind: "tumble", size_ms: 1000 } },
      { id: "aggregate", op: "aggregate", input: ["window"], keys: ["key"], aggs },
      { id: "view", op: "sink", input: ["aggregate"], sink: { kind: "view", name: "windows" } },
      { id: "parts", op: "sink", input: ["aggregate"], sink: { kind: "files", path, format: "ndjson", roll_ms: 5000 } },
    ],
  };
}

const totalsPlan = {
  rdx: 1,
  nodes: [
    source,
    { id: "totals", op: "aggregate", input: ["source"], keys: ["key"], aggs },
    { id: "view", op: "sink", input: ["totals"], sink: { kind: "view", name: "totals" } },
  ],
};

/** Rows that are made now; `from` numbers them. */
function rowsOf(from: number): { ts: number; key: number; value: number }[] {
  const ts = Date.now();
  return Array.from({ length: BATCH_ROWS }, (_, i) => ({ ts, key: (from + i) * 7919 % KEYS, value: i }));
}

/** What those who send have seen since somebody asked last. */
class Load {
  rows = 0;
  acksMs: number[] = [];
  #ended = false;
  /** Milliseconds from batch to batch, whoever sends them, and when the next one is due. */
  readonly #everyMs: number;
  #dueMs = performance.now();

  /** `rate`: rows a second, Infinity: as many as the server takes. */
  constructor(rate: number) {
    this.#everyMs = BATCH_ROWS * 1000 / rate;
  }

  /** Resolves when a batch may be sent. What was late is not made up for. */
  async #turn(): Promise<void> {
    const now = performance.now(), due = Math.max(this.#dueMs, now);
    this.#dueMs = due + this.#everyMs;
    if (due > now) await new Promise((resolve) => setTimeout(resolve, due - now));
  }

  end(): void {
    this.#ended = true;
  }

  async http(server: TestServer, producer: string): Promise<void> {
    for (let sequence = 0; !this.#ended; sequence++) {
      await this.#turn();
      const body = rowsOf(sequence * BATCH_ROWS).map((row) => JSON.stringify(row)).join("\n"), sent = performance.now();
      const headers = {
        "content-type": "application/x-ndjson",
        "rdx-producer": producer,
        "rdx-sequence": String(sequence),
      };
      const response = await server.fetch("/v1/streams/s", { method: "POST", headers, body });
      const text = await response.text();
      if (response.status === 503 || response.status === 429) {
        sequence--;
        continue;
      }
      if (!response.ok) throw new Error(`${response.status} ${text}`);
      this.#acknowledged(sent);
    }
  }

  async socket(server: TestServer): Promise<void> {
    const client = connect(server.url), writer = await client.writer("s", { batchRowsMax: BATCH_ROWS });
    for (let from = 0; !this.#ended; from += BATCH_ROWS) {
      await this.#turn();
      const sent = performance.now();
      await writer.write(rowsOf(from));
      await writer.flush();
      this.#acknowledged(sent);
    }
    await writer.close();
    await client.close();
  }

  #acknowledged(sent: number): void {
    this.acksMs.push(performance.now() - sent);
    this.rows += BATCH_ROWS;
  }

  take(): { rows: number; p99Ms: number } {
    const taken = { rows: this.rows, p99Ms: this.acksMs.length === 0 ? NaN : quantile(this.acksMs, 0.99) };
    this.rows = 0;
    this.acksMs = [];
    return taken;
  }
}

interface Pipeline {
  readonly state: string;
  readonly reason: string | null;
  readonly latency_ms: { readonly p99: number } | null;
  readonly checkpoint: { readonly number: number | null; readonly problem: string | null };
}

interface Figures {
  readonly rss: Sample[];
  readonly ack: Sample[];
  readonly latency: Sample[];
  readonly rowsEachSecond: number[];
  checkpoints: number;
}

async function sample(server: TestServer, load: Load, figures: Figures, atSeconds: number): Promise<void> {
  const { rows, p99Ms } = load.take(), rss = server.rss();
  const { state, reason, latency_ms, checkpoint } = await server.json<Pipeline>("/v1/pipelines/totals");
  if (state !== "running" || checkpoint.problem !== null) throw new Error(`${state}: ${reason} ${checkpoint.problem}`);
  figures.rss.push({ atSeconds, value: rss / 2 ** 20 });
  figures.ack.push({ atSeconds, value: p99Ms });
  if (latency_ms) figures.latency.push({ atSeconds, value: latency_ms.p99 });
  figures.rowsEachSecond.push(rows / (SAMPLE_MS / 1000));
  figures.checkpoints = checkpoint.number ?? 0;
  const load1 = Deno.loadavg()[0].toFixed(1);
  const parts = Object.entries(memoryParts(Deno.readTextFileSync(`/proc/${server.pid}/smaps`)));
  const mib = parts.map(([name, bytes]) => `${name} ${Math.round(bytes / 2 ** 20)}`).join(" + ");
  const files = [...Deno.readDirSync(`/proc/${server.pid}/fd`)].length;
  console.log(
    `${Math.round(atSeconds)} s: ${Math.round(rows / (SAMPLE_MS / 1000))} rows/s, RSS ${
      Math.round(rss / 2 ** 20)
    } MiB (${mib}), ${files} open files, ` +
      `p99 of acknowledgements ${p99Ms.toFixed(1)} ms, of results ${latency_ms?.p99.toFixed(1)} ms, ` +
      `checkpoint ${checkpoint.number}, load of the machine ${load1}`,
  );
}

async function soak(server: TestServer, path: string, minutes: number, rate: number): Promise<Figures> {
  await server.put("/v1/streams/s", STREAM);
  await server.put("/v1/pipelines/windows", windowsPlan(path));
  await server.put("/v1/pipelines/totals", totalsPlan);
  const load = new Load(rate);
  const figures: Figures = { rss: [], ack: [], latency: [], rowsEachSecond: [], checkpoints: 0 };
  const http = Array.from({ length: HTTP_PRODUCERS }, (_, i) => load.http(server, `p${i}`));
  const running = Promise.all([...http, load.socket(server)]), started = performance.now();
  const end = started + minutes * 60_000;
  while (performance.now() < end) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, SAMPLE_MS)), running]);
    await sample(server, load, figures, (performance.now() - started) / 1000);
  }
  load.end();
  await running;
  return figures;
}

/** Says what the slopes are; whether none is too steep. */
function judge({ rss, ack, latency, rowsEachSecond, checkpoints }: Figures, minutes: number): boolean {
  const warm = (samples: readonly Sample[]) =>
    samples.filter(({ atSeconds }) => atSeconds >= minutes * 60 * WARM_UP_SHARE);
  const slopes = Object.entries({
    "RSS in MiB": rss,
    "p99 of acknowledgements in ms": ack,
    "p99 of results in ms": latency,
  }).map(
    ([name, samples]) => {
      const slope = slopeEachMinute(warm(samples)), middle = median(warm(samples).map(({ value }) => value));
      console.log(`${name}: median ${middle.toFixed(1)}, ${(slope * 100).toFixed(2)} % a minute`);
      return slope;
    },
  );
  console.log(`${Math.round(median(rowsEachSecond))} rows/s, the last checkpoint is behind number ${checkpoints}`);
  return slopes.every((slope) => slope <= SLOPE_MAX);
}

/** A number above 0 among the arguments. */
function argument(name: string, otherwise: number): number {
  const at = Deno.args.indexOf(name), value = at < 0 ? otherwise : Number(Deno.args[at + 1]);
  if (!(value > 0)) throw new Error(`Expected ${name} and a number above 0`);
  return value;
}

const minutes = argument("--minutes", MINUTES_DEFAULT), rate = argument("--rate", Infinity);
const folder = await Deno.makeTempDir({ prefix: "rdx-soak-" });
try {
  await using server = await startServer({
    data: `${folder}/data`,
    args: ["--checkpoint-interval", "1s"],
  });
  if (!judge(await soak(server, `${folder}/parts`, minutes, rate), minutes)) Deno.exitCode = 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}
