/** Puts an engine together on Deno: the only place, beside the workers' entries, where its parts are chosen. */
import { availableParallelism } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { systemClock } from "./core/clock.ts";
import { STATE_BYTES_MAX } from "./core/limits.ts";
import { Crc32c } from "./kernel/crc.ts";
import { compileKernels, Kernel } from "./kernel/module.ts";
import type { Durability } from "./log.ts";
import { DenoDevice } from "./log/device_deno.ts";
import { DurableLogs } from "./log/durable_logs.ts";
import { memoryLogs } from "./log/memory.ts";
import { zstdPacker } from "./log/packer_deno.ts";
import type { Durable } from "./store.ts";
import { ThreadCheckpoints } from "./store/checkpoints_thread.ts";
import { startCheckpointThread, type StoreKind } from "./store/checkpoints_thread_deno.ts";
import { openDataFolder, requireStore } from "./store/data_folder_deno.ts";
import { FileSavepoints } from "./store/savepoints_files.ts";
import { MetaFile } from "./store/meta_deno.ts";
import { rangeOf } from "./client/http/address.ts";
import { httpLookup } from "./lookup/http.ts";
import { DenoWeb } from "./client/http/web_deno.ts";
import { sqliteLookup } from "./lookup/sqlite.ts";
import { startSqliteThread } from "./lookup/sqlite_thread_deno.ts";
import { Engine } from "./runtime/engine.ts";
import { forgetfulOrder } from "./runtime/order.ts";
import { type Logger, silentLog } from "./telemetry/log.ts";
import { MetricRegistry } from "./telemetry/metrics.ts";
import { sinkMetrics } from "./telemetry/sink_metrics.ts";
import { discardSink } from "./sink/discard.ts";
import { fileSink } from "./sink/file.ts";
import { denoFiles } from "./sink/file_deno.ts";
import { filesSink } from "./sink/files.ts";
import { DenoPartFolder } from "./sink/part_folder_deno.ts";
import { sqliteSink } from "./sink/sqlite.ts";
import { startSqliteWriter } from "./sink/sqlite_thread_deno.ts";
import { webhookSink } from "./sink/webhook.ts";
import { stdoutSink } from "./sink/stdout.ts";
import { DenoFileReader } from "./source/file_deno.ts";
import { openMade } from "./source/made.ts";
import { openRanges } from "./source/range.ts";
import { openDecoder } from "./codec/decoder.ts";
import { openEncoder } from "./codec/encoder.ts";
import { createView } from "./view/create.ts";
import type { PageBundle } from "./server/page.ts";
import type { PipeParts, Site } from "./cli/engine_options.ts";
import { functionFiles } from "./cli/function_files.ts";
import { schemaInference } from "./codec/infer.ts";
import { rowLocator } from "./codec/row_places.ts";

export interface EngineSettings {
  /** What an accepted row survives; default: nothing, all lives in memory. */
  readonly durability?: Durability;
  /** The data directory, where something survives. */
  readonly data?: string;
  /** What keeps checkpoints there; default: files. */
  readonly store?: StoreKind;
  /** How rows are written there; default: as they are. */
  readonly compression?: "none" | "zstd";
  /** Worker threads; default: as many as processors, less one for the main thread, from 1 to 8. */
  readonly workers?: number;
  /** The folder that relative paths in plans start from; default: the current one. */
  readonly folder?: string;
  /** Addresses of inner networks, and ranges of them, that lookups over HTTP may ask: `127.0.0.1`, `10.0.0.0/8`. Default: none. */
  readonly allowPrivate?: readonly string[];
  /** Files and folders, absolute, whose user functions plans may call; null, the default: those of any module. */
  readonly functions?: readonly string[] | null;
  /** False: pipelines that an earlier process has left are left as they are; default: they go on. */
  readonly recoverPipelines?: boolean;
  /** Bytes of memory for the state of each pipeline in each worker; default: STATE_BYTES_MAX. */
  readonly stateBytesMax?: number;
  /** How often checkpoints are taken of what survives; 0: only at an orderly end. */
  readonly checkpointIntervalMs?: number;
  /** Default: nothing is logged. */
  readonly log?: Logger;
}

const WORKERS_DEFAULT_MAX = 8;

const dist = new URL("../dist/", import.meta.url);
const kernel = new URL("kernel.wasm", dist);
const worker = new URL("../workers/task_deno.ts", import.meta.url);
const sqliteWorker = new URL("../workers/sqlite_deno.ts", import.meta.url);
const checkpointsWorker = new URL("../workers/checkpoints_deno.ts", import.meta.url);
const sqliteSinkWorker = new URL("../workers/sqlite_sink_deno.ts", import.meta.url);

/**
 * Starts an engine. Where something outlives the process, what an earlier one has left is there again: `recovered` tells when pipelines have caught up.
 * Throws RdxError for a data directory that cannot be used.
 */
export async function createEngine(settings: EngineSettings = {}): Promise<Engine> {
  const { allowPrivate = [], functions = null, log = silentLog } = settings;
  const { workers = Math.max(1, Math.min(WORKERS_DEFAULT_MAX, availableParallelism() - 1)), folder = Deno.cwd() } =
    settings;
  const pathOf = (path: string) => isAbsolute(path) ? path : resolve(folder, path);
  const allowed = allowPrivate.map(rangeOf), openWeb = () => new DenoWeb(allowed, pathOf);
  const registry = new MetricRegistry(), createLog = memoryLogs(systemClock);
  let data: Durable | null = null;
  const sinks = [
    fileSink(denoFiles(pathOf), openEncoder),
    filesSink((path) => new DenoPartFolder(pathOf(path)), openEncoder, systemClock),
    sqliteSink(() => startSqliteWriter(sqliteSinkWorker), pathOf),
    webhookSink({
      openWeb,
      openEncoder,
      openLog: (run, of) =>
        data ? data.openSinkLog(`${run}~${of}`) : Promise.resolve(createLog<null>(`${run}~${of}`, [])),
      clock: systemClock,
      random: Math.random,
      metrics: sinkMetrics(registry),
      log,
    }),
    stdoutSink(openEncoder),
    discardSink(),
  ];
  const lookups = [
    sqliteLookup(() => startSqliteThread(sqliteWorker), pathOf),
    httpLookup(openWeb),
  ];
  const module = await compileKernels(await Deno.readFile(kernel));
  data = await openData(settings, module);
  try {
    return await Engine.start({
      module,
      loadExtension: async (name) => await compileKernels(await Deno.readFile(new URL(`${name}.wasm`, dist))),
      spawn: (index) => new Worker(worker, { type: "module", name: `rdx task ${index}` }),
      workers,
      bodies: { openDecoder, inference: schemaInference, locator: rowLocator },
      clock: systemClock,
      registry,
      createLog,
      createOrder: () => forgetfulOrder,
      durable: data,
      createView,
      sinks: new Map(sinks.map((sink) => [sink.kind, sink])),
      lookups: new Map(lookups.map((lookup) => [lookup.kind, lookup])),
      openMade,
      log,
      recoverPipelines: settings.recoverPipelines,
      checkpointIntervalMs: settings.checkpointIntervalMs,
      state: {
        bytesMax: settings.stateBytesMax ?? STATE_BYTES_MAX,
        cold: { folder: data ? settings.data ?? null : null },
      },
      ...(functions === null ? {} : { functions: functionFiles(functions) }),
      openRanges: ({ path, format, delimiter }) =>
        openRanges(new DenoFileReader(), { path: pathOf(path), format, delimiter }),
    });
  } catch (thrown) {
    await data?.close();
    throw thrown;
  }
}

/** What outlives the process, or null. */
async function openData(settings: EngineSettings, module: WebAssembly.Module): Promise<Durable | null> {
  const { durability = "none", data, store = "files", compression = "none", log = silentLog } = settings;
  if (durability === "none" || data === undefined) return null;
  const folder = await openDataFolder(data);
  let meta: MetaFile | null = null;
  try {
    await requireStore(data, store);
    meta = new MetaFile(folder.metaPath);
    const crc = new Crc32c(new Kernel(module)), said = (what: string) => log.warn(what);
    const checksum = (bytes: Uint8Array, before?: number) => crc.of(bytes, before), device = new DenoDevice(data);
    const checkpoints = { kind: store, root: data, module, durability };
    return await DurableLogs.open({
      device,
      meta,
      checkpoints: new ThreadCheckpoints(store, () => startCheckpointThread(checkpointsWorker, checkpoints, said)),
      savepoints: new FileSavepoints({ device, checksum, durability }),
      checksum,
      packer: compression === "zstd" ? zstdPacker : null,
      unpacker: zstdPacker,
      durability,
      clock: systemClock,
      said,
      closed: () => folder.close(),
    });
  } catch (thrown) {
    meta?.close();
    folder.close();
    throw thrown;
  }
}

/** What reads and writes rows outside of an engine. */
export function openPipe(): PipeParts {
  return { inference: schemaInference, openEncoder };
}

/** What is below /assets, by its last name. */
const ASSETS = ["rdx-components.js", "rdx-client.js", "rdx-page.js", "rdx-sql.js", "page/page.css"];

/** The page as scripts/build_web.ts left it, and the flights that it can play. */
export async function openSite(): Promise<Site> {
  return { bundle: await readBundle(), loadDemo };
}

/** Null: nothing is built. A running server keeps what it read. */
async function readBundle(): Promise<PageBundle | null> {
  const page = await readBuilt("page/index.html");
  if (!page) return null;
  const assets = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const path of ASSETS) {
    const bytes = await readBuilt(path);
    if (bytes) assets.set(path.split("/").at(-1)!, bytes);
  }
  const build = /<meta name="rdx-build" content="([^"]*)"/.exec(new TextDecoder().decode(page))?.[1] ?? "";
  return { build, page, assets };
}

async function readBuilt(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await Deno.readFile(new URL(path, dist));
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return null;
    throw thrown;
  }
}

/** The flights are on disk, or on the network, when somebody asks for them. */
async function loadDemo(): Promise<Uint8Array<ArrayBuffer>> {
  const { flights20k } = await import("../examples/flights/flights_20k.ts");
  return new TextEncoder().encode(JSON.stringify(await flights20k()));
}
