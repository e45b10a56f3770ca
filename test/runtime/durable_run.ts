import { createEngine } from "../../src/compose.ts";
import type { Engine } from "../../src/runtime/engine.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { textOfRanges } from "./rows.ts";

const encoder = new TextEncoder();

/** An engine over a data directory that is closed and started again. */
export class DurableRun {
  readonly folder: string;
  /** What it said to those who run it. */
  readonly said: string[] = [];
  engine!: Engine;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async with(run: (life: DurableRun) => Promise<void>): Promise<void> {
    const life = new DurableRun(await Deno.makeTempDir({ prefix: "rdx-durable-" }));
    try {
      await life.start();
      await run(life);
      await life.engine.close();
    } finally {
      await Deno.remove(life.folder, { recursive: true });
    }
  }

  async start(): Promise<void> {
    const log = createLog({ write: (line) => void this.said.push(line) });
    const settings = {
      durability: "fsync",
      data: `${this.folder}/data`,
      folder: this.folder,
      workers: 1,
      allowPrivate: ["127.0.0.1"],
      log,
    } as const;
    this.engine = await createEngine(settings);
    await this.engine.recovered;
  }

  /** Ends the engine without finishing anything, and starts another on what it has left. */
  async restart(): Promise<void> {
    await this.engine.close();
    await this.start();
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
    for (let polls = 0; busy(); polls++) {
      if (polls > 4000) throw new Error("Pipelines did not come to an end");
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
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
