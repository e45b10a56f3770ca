import { createEngine } from "../../src/compose.ts";
import type { Engine } from "../../src/runtime/engine.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { until } from "../until.ts";
import { textOfRanges } from "./rows.ts";

const encoder = new TextEncoder();

/** How often checkpoints are taken, and how many workers there are. */
export interface LifeOptions {
  /** Default: none but those that are asked for. */
  readonly intervalMs?: number;
  readonly workers?: number;
  /** Memory for the state of each task; default: the engine's. */
  readonly stateBytesMax?: number;
}

/** An engine over a data directory that is closed and started again. */
export class DurableRun {
  readonly folder: string;
  /** What it said to those who run it. */
  readonly said: string[] = [];
  engine!: Engine;
  #options: LifeOptions;

  private constructor(folder: string, options: LifeOptions) {
    this.folder = folder;
    this.#options = options;
  }

  static async with(run: (life: DurableRun) => Promise<void>, options: LifeOptions = {}): Promise<void> {
    const life = new DurableRun(await Deno.makeTempDir({ prefix: "rdx-durable-" }), options);
    try {
      await life.start();
      await run(life);
      await life.engine.close();
    } finally {
      await Deno.remove(life.folder, { recursive: true });
    }
  }

  async start(workers?: number): Promise<void> {
    await this.open(workers);
    await this.engine.recovered;
  }

  /** Starts without waiting for pipelines to be through with what they did. */
  async open(workers = this.#options.workers ?? 1): Promise<void> {
    const log = createLog({ write: (line) => void this.said.push(line) });
    const settings = {
      durability: "fsync",
      data: `${this.folder}/data`,
      folder: this.folder,
      workers,
      allowPrivate: ["127.0.0.1"],
      log,
      checkpointIntervalMs: this.#options.intervalMs ?? 0,
      ...(this.#options.stateBytesMax === undefined ? {} : { stateBytesMax: this.#options.stateBytesMax }),
    } as const;
    this.engine = await createEngine(settings);
  }

  /** Ends the engine without finishing anything, and starts another on what it has left; `more`: what is another from now on. */
  async restart(workers?: number, more: LifeOptions = {}): Promise<void> {
    await this.engine.close();
    this.#options = { ...this.#options, ...more };
    await this.start(workers);
  }

  /** Takes a checkpoint of a pipeline, which has to be possible. */
  async checkpoint(name: string): Promise<number> {
    const status = await this.engine.pipelines.checkpoint(name);
    if (!status || status.problem !== null || status.number === null) {
      throw new Error(`No checkpoint: ${status?.problem}`);
    }
    return status.number;
  }

  async send(
    stream: string,
    rows: readonly Record<string, unknown>[],
    more: { producer?: string; sequence?: number } = {},
  ) {
    const body = encoder.encode(rows.map((row) => JSON.stringify(row)).join("\n"));
    return await this.engine.streams.ingest(stream, { body, format: "ndjson", autoCreate: true, ...more });
  }

  /** Waits until every pipeline is through with what came. */
  async settled(): Promise<void> {
    const busy = () => [...this.engine.pipelines.all()].some(({ lagRows, inFlight }) => lagRows + inFlight > 0);
    await until(() => !busy(), 2);
  }

  view(name: string): { rows: string[]; seq: number } {
    const view = this.engine.views.get(name);
    return { rows: textOfRanges(view.query({ limit: 10_000, order: "asc" }).ranges), seq: view.seq };
  }

  async rows(stream: string): Promise<string[]> {
    return textOfRanges((await this.engine.streams.rows(stream, 10_000)).ranges).reverse();
  }

  async file(name: string): Promise<string> {
    return await Deno.readTextFile(`${this.folder}/${name}`);
  }
}
