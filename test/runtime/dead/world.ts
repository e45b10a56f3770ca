import { openDecoder } from "../../../src/codec/decoder.ts";
import { schemaInference as inference } from "../../../src/codec/infer.ts";
import { rowLocator as locator } from "../../../src/codec/row_places.ts";
import { type Clock, systemClock } from "../../../src/core/clock.ts";
import { type LogBounds, memoryLogs } from "../../../src/log/memory.ts";
import { Streams } from "../../../src/runtime/streams.ts";
import { BodyDecoder } from "../../../src/runtime/task/decode_job.ts";
import { engineMetrics } from "../../../src/telemetry/engine_metrics.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { loadKernel } from "../../kernel/load.ts";

const decoder = new BodyDecoder(loadKernel(), { openDecoder, inference, locator });

/** Streams in memory whose bodies are decoded by the kernel, in this thread. */
export function streamsInMemory(bounds: Partial<LogBounds> = {}, clock: Clock = systemClock): Streams {
  const metrics = engineMetrics(new MetricRegistry()), createLog = memoryLogs(clock, bounds);
  return new Streams({ createLog, clock, metrics, decode: (job) => Promise.resolve(decoder.decode(job)) });
}
