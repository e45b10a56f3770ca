import { crc32 } from "node:zlib";
import { setImmediate } from "node:timers";
import type { Clock } from "../../src/core/clock.ts";
import { openEncoder } from "../../src/codec/encoder.ts";
import { Crc32c } from "../../src/kernel/crc.ts";
import { DurableLogs } from "../../src/log/durable_logs.ts";
import { memoryLogs } from "../../src/log/memory.ts";
import { zstdPacker } from "../../src/log/packer_deno.ts";
import { Engine } from "../../src/runtime/engine.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import { createApp } from "../../src/server/app.ts";
import type { App } from "../../src/server/context.ts";
import { filesSink } from "../../src/sink/files.ts";
import { openMade } from "../../src/source/made.ts";
import type { SinkFactory } from "../../src/sink.ts";
import { webhookSink } from "../../src/sink/webhook.ts";
import { silentLog } from "../../src/telemetry/log.ts";
import { sinkMetrics } from "../../src/telemetry/sink_metrics.ts";
import type { SimReceiver } from "./web_receiver.ts";
import { FileSavepoints } from "../../src/store/savepoints_files.ts";
import { FileCheckpoints } from "../../src/store/checkpoints_files.ts";
import type { Meta } from "../../src/store.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { createView } from "../../src/view/create.ts";
import { extensionModule, kernelModule, loadKernel } from "../kernel/load.ts";
import { SimClock } from "./clock.ts";
import type { SimDisk } from "./disk.ts";
import { SimEnginePool } from "./engine_pool.ts";
import type { NotedOrders } from "./noted_orders.ts";
import { mortal } from "./mortal.ts";
import { SimPartFolder } from "./part_folder.ts";
import type { Random } from "./pool.ts";
import { type VerifiedRows, verifyingSinks } from "./verifying_sink.ts";

/** Small ones are full soon, so that old rows can leave. */
const SEGMENT_BYTES = { first: 4096, max: 8192 };

const crc = new Crc32c(loadKernel());

export function checksum(bytes: Uint8Array, before?: number): number {
  return crc.of(bytes, before);
}

/** What outlives a process of the simulation. */
export interface Remains {
  readonly disk: SimDisk;
  readonly meta: Meta;
  readonly verified: VerifiedRows;
  /** Takes what webhooks send; absent: there are none. */
  readonly receiver?: SimReceiver;
  /** What each order has come to, by its folder. */
  readonly orders: NotedOrders;
}

export interface LifeParts extends Remains {
  readonly random: Random;
  readonly workers: number;
  readonly wallMs: number;
  readonly checkpointIntervalMs: number;
  readonly packs: boolean;
  readonly stateBytesMax?: number;
  said(what: string): void;
}

/** One process of a whole engine: the real one, over a disk, a clock and tasks that a seed drives. Nothing happens in it but by `turn`. */
export class EngineLife {
  readonly clock: SimClock;
  readonly #parts: LifeParts;
  readonly #pool: SimEnginePool;
  #alive = true;
  engine!: Engine;
  app!: App;

  constructor(parts: LifeParts) {
    this.#parts = parts;
    this.clock = new SimClock(parts.wallMs);
    this.#pool = new SimEnginePool(parts.workers, parts.random, parts.stateBytesMax);
  }

  /** Resolves when streams take rows; `engine.recovered` tells when pipelines have caught up. */
  async open(): Promise<void> {
    const { clock } = this, { disk, random, verified, receiver, checkpointIntervalMs } = this.#parts;
    const isAlive = () => this.#alive, registry = new MetricRegistry(), durable = await this.#durable(clock);
    const sinks = [
      verifyingSinks(verified, random, () => disk.turn(), isAlive),
      verifyingSinks(verified, random, () => disk.turn(), isAlive, "changes"),
      filesSink((path) => new SimPartFolder(disk, path), openEncoder, clock),
      ...(receiver ? [this.#webhooks(receiver, registry, durable)] : []),
    ];
    this.engine = await Engine.start({
      module: kernelModule(),
      loadExtension: (name) => Promise.resolve(extensionModule(name)),
      spawn: () => {
        throw new Error("Tasks of the simulation are in its own thread");
      },
      workers: this.#parts.workers,
      startPool: () => Promise.resolve(mortal(this.#pool, isAlive, "promises")),
      clock,
      registry,
      createLog: memoryLogs(clock),
      createOrder: () => forgetfulOrder,
      durable,
      createView,
      sinks: new Map(sinks.map((sink) => [sink.kind, sink])),
      openMade,
      openRanges: null,
      checkpointIntervalMs,
    });
    this.app = createApp({ engine: this.engine, autoCreate: false, token: null, loopback: true, clock }).app;
  }

  #webhooks(receiver: SimReceiver, registry: MetricRegistry, durable: DurableLogs): SinkFactory {
    const { disk, random } = this.#parts;
    return webhookSink({
      openWeb: () => receiver.web(() => disk.turn(), () => this.#alive),
      openEncoder,
      openLog: (run, of) => durable.openSinkLog(`${run}~${of}`),
      clock: this.clock,
      random: () => random(1000) / 1000,
      metrics: sinkMetrics(registry),
      log: silentLog,
    });
  }

  async #durable(clock: Clock): Promise<DurableLogs> {
    const { disk, meta, packs, said, orders } = this.#parts;
    const logs = await DurableLogs.open({
      device: disk,
      meta: mortal(meta, () => this.#alive, "values"),
      checkpoints: new FileCheckpoints({ device: disk, checksum, crc32, durability: "fsync", bounds: {}, said }),
      savepoints: new FileSavepoints({ device: disk, checksum, durability: "fsync" }),
      checksum,
      packer: packs ? zstdPacker : null,
      unpacker: zstdPacker,
      durability: "fsync",
      clock,
      segmentBytes: SEGMENT_BYTES,
      said,
    });
    return orders.watch(logs);
  }

  /** Some messages arrive, some of what waits for the disk is done, and perhaps time passes. */
  async turn(): Promise<void> {
    const { random } = this.#parts;
    for (let steps = random(24); steps > 0 && this.#pool.step(); steps--) if (random(4) === 0) await null;
    if (random(3) === 0) this.clock.advance(random(12));
    await new Promise<void>((resolve) => setImmediate(() => resolve()));
  }

  /** The process is gone, in the middle of whatever it did. */
  end(): void {
    this.#alive = false;
  }
}
