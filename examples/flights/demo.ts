/**
 * Plays real flights into rdx, in event time, and prints delays by origin live.
 *
 *   deno task demo                       20,000 flights, a day a second, into a server of its own
 *   deno task demo --volume --speed max  3 million flights, as fast as they go
 */
import { parseArgs } from "node:util";
import { type Client, connect, RdxError } from "../../src/client/rdx/mod.ts";
import { type Flight, flights20k, flights3m, flights3mFile, FLIGHTS_3M_ROWS } from "./data.ts";
import { daily, FLIGHTS, hourly } from "./pipelines.ts";
import { type LiveRow, Screen } from "./screen.ts";

const HELP = `Plays real flights into rdx and prints delays by origin live.

  --url URL       a running server (default: starts one on port 8080, or any free port)
  --token TOKEN   the server's token (default: RDX_TOKEN)
  --speed N       event-time seconds a second (default 86400, a day), or max
  --volume        3 million flights instead of 20,000
  --exit          end when the flights have ended (default: the own server goes on)
  --help`;

/** Rows of one request, and how often requests go out. */
const REQUEST_ROWS = 2000;
const TICK_MS = 100;
const PIECE_ROWS = 200_000;

async function* pieces(volume: boolean): AsyncGenerator<Flight[]> {
  if (!volume) {
    yield await flights20k();
    return;
  }
  const file = await flights3mFile();
  for (let at = 0; at < FLIGHTS_3M_ROWS; at += PIECE_ROWS) yield await flights3m(at, at + PIECE_ROWS, file);
}

/** Posts rows, again when the server has no room for a while. */
async function post(client: Client, rows: readonly Flight[]): Promise<void> {
  while (true) {
    try {
      await client.request("POST", "/v1/streams/flights", rows);
      return;
    } catch (thrown) {
      if (!(thrown instanceof RdxError) || thrown.code !== "busy") throw thrown;
      await sleep(Number(thrown.extra.retryMs ?? 1000));
    }
  }
}

/** Deletes what may not be there. */
async function remove(client: Client, path: string): Promise<void> {
  await client.request("DELETE", path).catch((thrown) => {
    if (!(thrown instanceof RdxError) || thrown.code !== "not_found") throw thrown;
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Sends flights when their time has come; with an infinite speed at once. Returns how many. */
async function play(client: Client, volume: boolean, speed: number, screen: Screen, url: string): Promise<number> {
  const started = performance.now();
  let first = NaN, sent = 0;
  for await (const flights of pieces(volume)) {
    if (Number.isNaN(first)) first = flights[0].ts;
    for (let at = 0; at < flights.length;) {
      const now = first + (performance.now() - started) * speed;
      let end = at;
      while (end < flights.length && end - at < REQUEST_ROWS && flights[end].ts <= now) end++;
      if (end > at) await post(client, flights.slice(at, end));
      else await sleep(TICK_MS);
      sent += end - at;
      at = end;
      const seconds = (performance.now() - started) / 1000, time = new Date(flights[Math.max(at - 1, 0)].ts);
      screen.status(
        `${time.toISOString().slice(0, 16).replace("T", " ")}  ${sent} flights, ` +
          `${Math.round(sent / seconds)} a second  ${url}`,
      );
    }
  }
  return sent;
}

async function follow(client: Client, view: "hourly" | "daily", screen: Screen, signal: AbortSignal): Promise<void> {
  for await (const change of client.live(`delays_${view}`, { signal })) {
    if (change.kind === "snapshot") screen.rows(view, change.rows as unknown as LiveRow[]);
    if (change.kind === "delta") screen.rows(view, change.rows.map(({ row }) => row as unknown as LiveRow));
  }
}

/** Starts a server of this project and waits until it says where it is. */
async function ownServer(port: number): Promise<{ url: string; child: Deno.ChildProcess }> {
  const main = new URL("../../src/main.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", main, "serve", "--port", String(port), "--durability", "none"],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })) {
    text += part;
    const ready = /rdx ready at (\S+)/.exec(text);
    if (ready) return { url: ready[1], child };
  }
  await child.status;
  if (port !== 0) return ownServer(0);
  throw new Error("The server did not start");
}

interface PipelineState {
  readonly state: string;
  readonly reason: string | null;
}

async function waitFor(client: Client, pipeline: string): Promise<void> {
  while (true) {
    const { state, reason } = await client.request("GET", `/v1/pipelines/${pipeline}`) as PipelineState;
    if (state === "completed") return;
    if (state !== "running" && state !== "starting") throw new Error(`Pipeline ${pipeline} is ${state}: ${reason}`);
    await sleep(TICK_MS);
  }
}

async function demo(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: "string" },
      token: { type: "string", default: Deno.env.get("RDX_TOKEN") },
      speed: { type: "string", default: "86400" },
      volume: { type: "boolean", default: false },
      exit: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const speed = values.speed === "max" ? Infinity : Number(values.speed);
  if (!(speed > 0)) throw new TypeError(`Cannot play at speed ${values.speed}: expected a number of seconds, or max`);
  const own = values.url ? null : await ownServer(8080), url = values.url ?? own!.url;
  const client = connect(url, values.token ? { token: values.token } : {}), screen = new Screen();
  const ended = new AbortController();
  for (const { name } of [hourly, daily]) await remove(client, `/v1/pipelines/${name}`);
  await remove(client, "/v1/streams/flights");
  await client.request("PUT", "/v1/streams/flights", FLIGHTS);
  for (const plan of [hourly, daily]) await client.request("PUT", `/v1/pipelines/${plan.name}`, plan);
  const drawing = setInterval(() => screen.draw(), TICK_MS);
  const followers = (["hourly", "daily"] as const).map((view) => follow(client, view, screen, ended.signal));
  const started = performance.now(), sent = await play(client, values.volume, speed, screen, url);
  await client.request("POST", "/v1/streams/flights/end");
  for (const { name } of [hourly, daily]) await waitFor(client, name);
  const seconds = (performance.now() - started) / 1000;
  screen.status(`${sent} flights in ${seconds.toFixed(1)} s  ${url}`);
  await sleep(TICK_MS * 3);
  clearInterval(drawing);
  ended.abort();
  await Promise.allSettled(followers);
  console.log(`\n${sent} flights in ${seconds.toFixed(1)} s, ${screen.windows} windows closed`);
  if (own && values.exit) own.child.kill("SIGTERM");
  else if (own) console.log(`The server goes on at ${url}; Ctrl+C ends it`);
  if (own) await own.child.status;
}

if (import.meta.main) {
  await demo().catch((thrown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    Deno.exit(1);
  });
}
