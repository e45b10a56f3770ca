import { type Clock, systemClock } from "../../src/core/clock.ts";
import { INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { memoryLogs } from "../../src/log/memory.ts";
import { Engine } from "../../src/runtime/engine.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import type { StreamDeclaration } from "../../src/runtime/service.ts";
import type { OutputBatch, Sink, SinkFactory } from "../../src/sink.ts";
import { DenoFileReader } from "../../src/source/file_deno.ts";
import { openMade } from "../../src/source/made.ts";
import { openRanges } from "../../src/source/range.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { createView } from "../../src/view/create.ts";
import type { Extension, LoadExtension } from "../../src/kernel/extension.ts";
import { extensionModule, kernelModule } from "../kernel/load.ts";
import { until } from "../until.ts";
import { textOfRanges } from "./rows.ts";

const encoder = new TextEncoder();

export const EVENTS: StreamDeclaration = {
  columns: [
    { name: "ts", type: TIMESTAMP, nullable: false },
    { name: "key", type: STRING, nullable: false },
    { name: "value", type: INT64, nullable: true },
  ],
  time: "ts",
  delayMs: 0,
  futureSkewMs: 3_600_000,
  onError: "dead_letter",
  retentionMs: null,
};

/** A sink that keeps rows as text, and writes only while nobody holds it. */
export class HeldSink implements Sink {
  readonly guarantee = "at least once";
  readonly rows: string[] = [];
  closed = 0;
  /** Each write waits for it. */
  gate: Promise<void> = Promise.resolve();
  openError: Error | null = null;
  writeError: Error | null = null;

  open(): Promise<number> {
    return this.openError ? Promise.reject(this.openError) : Promise.resolve(-1);
  }

  async write(output: OutputBatch): Promise<void> {
    await this.gate;
    if (this.writeError) throw this.writeError;
    this.rows.push(...textOfRanges(output.ranges));
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

/** Sinks by the name that plans give: `{ kind: "held", name }`. */
export class HeldSinks implements SinkFactory {
  readonly kind = "held";
  readonly options = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
  readonly made = new Map<string, HeldSink>();
  /** Is told of each sink before it is opened. */
  onMade: (sink: HeldSink, name: string) => void = () => {};

  create({ name }: Readonly<Record<string, unknown>>): Sink {
    const sink = new HeldSink();
    this.made.set(String(name), sink);
    this.onMade(sink, String(name));
    return sink;
  }

  of(name: string): HeldSink {
    return this.made.get(name)!;
  }
}

/** Counts timers that have not run, so that a test can see that none is left. */
class CountingClock implements Clock {
  readonly waiting = new Set<number>();
  /** Times that nobody waits out in a test, and how long they take there. */
  readonly shortened = new Map<number, number>();
  #last = 0;

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  after(ms: number, call: () => void): () => void {
    const id = ++this.#last;
    this.waiting.add(id);
    const cancel = systemClock.after(this.shortened.get(ms) ?? ms, () => {
      this.waiting.delete(id);
      call();
    });
    return () => {
      this.waiting.delete(id);
      cancel();
    };
  }

  soon(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }
}

/** An engine with real workers over one stream `events`. */
export class EngineRun {
  readonly sinks = new HeldSinks();
  readonly registry = new MetricRegistry();
  readonly clock = new CountingClock();
  readonly workers: Worker[] = [];
  /** The extensions that were asked for, in order. */
  readonly loads: Extension[] = [];
  loadExtension: LoadExtension = (name) => Promise.resolve(extensionModule(name));
  engine!: Engine;

  static async start(
    tasks: number,
    entry = new URL("../../workers/task_deno.ts", import.meta.url),
  ): Promise<EngineRun> {
    const run = new EngineRun();
    run.engine = await Engine.start({
      module: kernelModule(),
      loadExtension: (name) => {
        run.loads.push(name);
        return run.loadExtension(name);
      },
      spawn: (index) => {
        const worker = new Worker(entry, { type: "module", name: `task ${index}` });
        run.workers.push(worker);
        return worker;
      },
      workers: tasks,
      clock: run.clock,
      registry: run.registry,
      createLog: memoryLogs(run.clock),
      createOrder: () => forgetfulOrder,
      createView,
      sinks: new Map([["held", run.sinks]]),
      openMade,
      openRanges: ({ path, format, delimiter }) => openRanges(new DenoFileReader(), { path, format, delimiter }),
    });
    run.engine.streams.put("events", EVENTS);
    return run;
  }

  /** Sends rows `[ts, key, value]`. */
  async send(...rows: readonly (readonly [number, string, number])[]): Promise<void> {
    const text = rows.map(([ts, key, value]) => JSON.stringify({ ts, key, value })).join("\n");
    const body = encoder.encode(text);
    await this.engine.streams.ingest("events", { body, format: "ndjson", autoCreate: false });
  }

  put(name: string, plan: unknown, options: { start?: "earliest" | "latest"; state?: "keep" | "fresh" } = {}) {
    return this.engine.pipelines.put(name, plan, { start: "earliest", state: "keep", ...options });
  }

  /** Waits until `done`, but not for ever. */
  async until(done: () => boolean): Promise<void> {
    await until(done, 2);
  }

  /** Waits until the pipeline has taken so many rows in all and is through with them. */
  async taken(name: string, rows: number): Promise<void> {
    await this.until(() => {
      const { rowsIn, state } = this.engine.pipelines.get(name);
      return state !== "running" || (rowsIn >= rows && this.engine.pipelines.find(name)!.inFlight === 0);
    });
  }

  metric(line: string): number {
    const found = this.engine.metrics().split("\n").find((one) => one.startsWith(`${line} `));
    return found === undefined ? NaN : Number(found.slice(line.length + 1));
  }

  viewRows(name: string): string[] {
    return textOfRanges(this.engine.views.get(name).query({ limit: 10_000, order: "asc" }).ranges);
  }
}

/** Counts and sums by key in windows of 10 ms, to a view of its name or to a sink. */
export function windowsPlan(
  sink: Record<string, unknown>,
  more: { where?: number; sums?: boolean; keys?: string[]; delayMs?: number } = {},
) {
  const where = { call: "ge", args: [{ column: "value" }, { literal: more.where ?? 0 }] };
  const aggs: unknown[] = [{ fn: "count", as: "n" }];
  if (more.sums ?? true) aggs.push({ fn: "sum", arg: { column: "value" }, as: "total" });
  return {
    rdx: 1,
    nodes: [
      { id: "source", op: "source", stream: "events", idle_timeout_ms: 0, delay_ms: more.delayMs ?? 0 },
      ...(more.where === undefined ? [] : [{ id: "where", op: "filter", input: ["source"], where }]),
      {
        id: "window",
        op: "window",
        input: [more.where === undefined ? "source" : "where"],
        window: { kind: "tumble", size_ms: 10 },
      },
      { id: "aggregate", op: "aggregate", input: ["window"], keys: more.keys ?? ["key"], aggs },
      { id: "sink", op: "sink", input: ["aggregate"], sink },
    ],
  };
}
