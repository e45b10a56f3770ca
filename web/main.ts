/** The engine for a page: the same plans, kernels and runtime as on the server, in Web Workers. */
import { systemClock } from "../src/core/clock.ts";
import { compileKernels } from "../src/kernel/module.ts";
import { memoryLogs } from "../src/log/memory.ts";
import { Engine } from "../src/runtime/engine.ts";
import { forgetfulOrder } from "../src/runtime/order.ts";
import { discardSink } from "../src/sink/discard.ts";
import { openMade } from "../src/source/made.ts";
import { MetricRegistry } from "../src/telemetry/metrics.ts";
import { createView } from "../src/view/create.ts";

export { RdxError } from "../src/core/errors.ts";
export type { EngineService } from "../src/runtime/service.ts";

export interface PageEngineOptions {
  /** Where kernel.wasm is served. */
  readonly kernel: string | URL;
  /** Where functions.wasm and operators.wasm are served, which some plans need; default: beside kernel.wasm. */
  readonly extensions?: string | URL;
  /** Where the worker's bundle (task.js) is served; the same origin as the page. */
  readonly worker: string | URL;
  /** Default: one less than the page's processors, at least 1, at most 4. */
  readonly workers?: number;
}

/** Starts an engine in this page. Streams live in memory. */
export async function startEngine(options: PageEngineOptions): Promise<Engine> {
  const discard = discardSink(), kernel = new URL(options.kernel, location.href);
  return await Engine.start({
    module: await fetchKernels(kernel),
    loadExtension: (name) => fetchKernels(new URL(`${name}.wasm`, new URL(options.extensions ?? kernel, kernel))),
    spawn: (index) => new Worker(options.worker, { type: "module", name: `rdx task ${index}` }),
    workers: options.workers ?? Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1)),
    clock: systemClock,
    registry: new MetricRegistry(),
    createLog: memoryLogs(systemClock),
    createOrder: () => forgetfulOrder,
    createView,
    sinks: new Map([[discard.kind, discard]]),
    openMade,
    openRanges: null,
  });
}

async function fetchKernels(url: URL): Promise<WebAssembly.Module> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return await compileKernels(new Uint8Array(await answer.arrayBuffer()));
}
