import type { AppOptions } from "../../src/server/app.ts";
import { type RunningServer, startServer } from "../../src/server/serve.ts";
import { SimEngine } from "../sim/engine.ts";
import { until as untilFound } from "../until.ts";

export interface Harness {
  readonly engine: SimEngine;
  readonly server: RunningServer;
  readonly url: string;
  /** Asks the server, with a path. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

type Options = Partial<Omit<AppOptions, "engine">> & { readonly hostname?: string; readonly insecure?: boolean };

/** Runs `test` against a server on a free port of loopback, over a simulated engine, and stops it. */
export async function withServer(options: Options, test: (harness: Harness) => Promise<void>): Promise<void> {
  const engine = new SimEngine();
  const server = startServer({ hostname: "127.0.0.1", port: 0, token: null, ...options, engine });
  try {
    await test({ engine, server, url: server.url, ask: (path, init) => fetch(`${server.url}${path}`, init) });
  } finally {
    await server.stop();
  }
}

export const NDJSON = { "content-type": "application/x-ndjson" };
export const JSON_TYPE = { "content-type": "application/json" };

/** Posts rows to a stream. */
export function post(
  { ask }: Harness,
  stream: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return ask(`/v1/streams/${stream}`, { method: "POST", body: body as BodyInit, headers: { ...NDJSON, ...headers } });
}

/** The members of a problem, once its type of content is checked. */
export async function problemOf(answer: Response) {
  const type = answer.headers.get("content-type"), text = await answer.text();
  if (type !== "application/problem+json") throw new Error(`Expected a problem, got ${type}: ${text}`);
  return { ...JSON.parse(text), code: JSON.parse(text).type.slice("/problems/".length) };
}

/** Sends bytes over a connection of its own and returns what came back until the server closed or `enough` was seen. */
export async function rawRequest(port: number, bytes: string | Uint8Array, enough?: RegExp): Promise<string> {
  const connection = await Deno.connect({ port, hostname: "127.0.0.1" });
  const buffer = new Uint8Array(65536), decoder = new TextDecoder();
  let text = "";
  try {
    const all = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    for (let at = 0; at < all.length;) at += await connection.write(all.subarray(at));
    while (!enough?.test(text)) {
      const count = await connection.read(buffer);
      if (count === null) break;
      text += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.ConnectionReset) && !(thrown instanceof Deno.errors.BrokenPipe)) throw thrown;
  } finally {
    connection.close();
  }
  return text;
}

/** A clock that stands until it is told to go. */
export class HandClock {
  #now = 0;
  #waiting: { at: number; call: () => void }[] = [];

  now = () => this.#now;
  monotonic = () => this.#now;

  after = (ms: number, call: () => void) => {
    const timer = { at: this.#now + ms, call };
    this.#waiting.push(timer);
    return () => void (this.#waiting = this.#waiting.filter((one) => one !== timer));
  };

  soon = (ms: number) => new Promise<void>((resolve) => void this.after(ms, resolve));

  /** Timers that have not rung. */
  get timers(): number {
    return this.#waiting.length;
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#waiting.filter(({ at }) => at <= this.#now);
    this.#waiting = this.#waiting.filter(({ at }) => at > this.#now);
    for (const { call } of due) call();
  }
}

/** Resolves once `holds`, looking at each turn of the event loop. Throws when it does not for UNTIL_MS_MAX. */
export async function until(holds: () => boolean): Promise<void> {
  await untilFound(holds, 1);
}
