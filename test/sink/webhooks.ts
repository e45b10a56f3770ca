import assert from "node:assert/strict";
import { rangeOf } from "../../src/client/http/address.ts";
import type { Web, WebRequest } from "../../src/client/http/web.ts";
import { DenoWeb } from "../../src/client/http/web_deno.ts";
import { openEncoder } from "../../src/codec/encoder.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import type { Log } from "../../src/log.ts";
import { MemoryLog } from "../../src/log/memory.ts";
import type { RefusedRows, Sink } from "../../src/sink.ts";
import { webhookSink } from "../../src/sink/webhook.ts";
import { silentLog } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { sinkMetrics } from "../../src/telemetry/sink_metrics.ts";
import { SINK_COLUMNS, SINK_INPUT } from "../contract/sink.ts";
import type { SimClock } from "../sim/clock.ts";

/** Logs of runs that go on when a sink is closed and opened again. */
export class KeptLogs {
  readonly #logs = new Map<string, MemoryLog<null>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open = (run: string, of: string): Promise<Log<null>> => {
    const key = `${run}~${of}`, kept = this.#logs.get(key) ?? new MemoryLog<null>(this.#clock);
    this.#logs.set(key, kept);
    const log = new Proxy(kept, {
      get: (target, name) => {
        if (name === "close") return () => Promise.resolve();
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return Promise.resolve(log);
  };

  /** A crash takes the newest notes of what was delivered. */
  forget(): void {
    for (const key of this.#logs.keys()) if (key.endsWith("~delivered")) this.#logs.delete(key);
  }
}

export interface Made {
  readonly registry: MetricRegistry;
  readonly logs: KeptLogs;
  readonly refused: RefusedRows[];
  sink(options?: Record<string, unknown>): Sink;
}

export function hooks(web: () => Web, clock: Clock = systemClock, random = Math.random): Made {
  const registry = new MetricRegistry(), logs = new KeptLogs(clock), refused: RefusedRows[] = [];
  const metrics = sinkMetrics(registry);
  const factory = webhookSink({
    openWeb: web,
    openEncoder,
    openLog: logs.open,
    clock,
    random,
    metrics,
    log: silentLog,
  });
  const refuse = (rows: RefusedRows) => Promise.resolve(void refused.push(rows));
  return {
    registry,
    logs,
    refused,
    sink: (options = {}) =>
      factory.create({ url: "http://receiver/rows", ...options }, SINK_COLUMNS, { ...SINK_INPUT, refuse }),
  };
}

export const openWeb = () => new DenoWeb([rangeOf("127.0.0.1")], (path) => path);

/** A network that answers as a test says. */
export class SimWeb implements Web {
  readonly requests: WebRequest[] = [];
  answer: (request: WebRequest, index: number) => Response | Promise<Response> = () => new Response();

  check(): Promise<void> {
    return Promise.resolve();
  }

  async send(request: WebRequest): Promise<Response> {
    this.requests.push(request);
    return await this.answer(request, this.requests.length - 1);
  }

  secret(): Promise<string> {
    return Promise.resolve("secret");
  }

  close(): void {}

  get keys(): string[] {
    return this.requests.map(({ headers }) => headers["idempotency-key"].replace(/[0-9a-f-]{36}/, "RUN"));
  }
}

export const turns = async (count = 8) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 0));
};

/** Lets time pass until `done` has come to its end; returns how long that took. */
export async function passTime(clock: SimClock, done: Promise<unknown>, stepMs = 10): Promise<number> {
  let isDone = false, passedMs = 0;
  done.then(() => isDone = true, () => isDone = true);
  for (await turns(); !isDone; await turns(2)) {
    clock.advance(stepMs);
    passedMs += stepMs;
    assert.ok(passedMs < 10_000_000, "it never comes to an end");
  }
  await done.catch(() => {});
  return passedMs;
}
