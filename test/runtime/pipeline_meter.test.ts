import assert from "node:assert/strict";
import { Latencies } from "../../src/runtime/latencies.ts";
import { FunctionFaults } from "../../src/runtime/function_faults.ts";
import { PipelineMeter } from "../../src/runtime/pipeline_meter.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { createLog, silentLog } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { SimClock } from "../sim/clock.ts";
import { done } from "./reports.ts";

function meterOf(registry: MetricRegistry, log = silentLog, clock = new SimClock()): PipelineMeter {
  return new PipelineMeter("p", ["s"], engineMetrics(registry), new FunctionFaults("p", log, clock));
}

Deno.test("a meter counts rows, late and dead rows, and times of chunks and results", () => {
  const registry = new MetricRegistry(), meter = meterOf(registry);
  meter.answered(
    done({ chunk: { source: 0, rows: 10, timeMax: 5 }, late: 2, busyMs: 4, stateRows: 3, stateBytes: 96 }),
  );
  meter.answered(done({ task: 1, late: 1, untimed: 1, busyMs: 1 }));
  meter.answered(done({ late: 3, deadRows: 2 }));
  meter.wrote(7);
  meter.committed(30);
  assert.deepEqual(meter.latencyMs, { p50: 30, p99: 30 });
  meter.gauge(1000, 3000, 5);
  assert.deepEqual([meter.rowsIn, meter.rowsOut, meter.lateRows, meter.deadRows], [10, 7, 4, 3]);
  const text = registry.render();
  for (
    const line of [
      'rdx_rows_in_total{pipeline="p",stream="s"} 10',
      'rdx_rows_out_total{pipeline="p"} 7',
      'rdx_late_rows_total{pipeline="p",stream="s"} 4',
      'rdx_dead_rows_total{stream="s"} 3',
      'rdx_batch_seconds_count{pipeline="p"} 3',
      'rdx_end_to_end_seconds_sum{pipeline="p"} 0.03',
      'rdx_watermark_lag_seconds{pipeline="p"} 2',
      'rdx_queue_rows{pipeline="p",stream="s"} 5',
    ]
  ) assert.ok(text.includes(line), `${line} is not in\n${text}`);
  meter.close();
  assert.doesNotMatch(registry.render(), /pipeline="p"/);
});

Deno.test("latencies are those of the newest results, by nearest rank", () => {
  const latencies = new Latencies();
  assert.equal(latencies.quantiles, null);
  latencies.add(7);
  assert.deepEqual(latencies.quantiles, { p50: 7, p99: 7 });
  for (let ms = 1; ms <= 99; ms++) latencies.add(ms);
  assert.deepEqual(latencies.quantiles, { p50: 49, p99: 98 });
  for (let i = 0; i < 10_000; i++) latencies.add(i % 2 === 0 ? 1 : 3);
  assert.deepEqual(latencies.quantiles, { p50: 1, p99: 3 });
});

Deno.test("a meter counts failures of user functions, and tells the log at once and then once a minute what came since", () => {
  const registry = new MetricRegistry(), clock = new SimClock(), lines: Record<string, unknown>[] = [];
  const log = createLog({ write: (line) => lines.push(JSON.parse(line)), clock });
  const meter = meterOf(registry, log, clock);
  const fail = (rows: number, reason: string) =>
    meter.answered(done({ functionFaults: [{ function: "f of m.ts", rows, reason }] }));
  fail(2, "first");
  fail(3, "second");
  clock.advance(59_999);
  fail(4, "third");
  clock.advance(1);
  fail(5, "fourth");
  assert.deepEqual(lines.map(({ rows, reason, function: name }) => [name, rows, reason]), [
    ["f of m.ts", 2, "first"],
    ["f of m.ts", 12, "fourth"],
  ]);
  assert.equal(meter.functionErrors, 14);
  assert.match(registry.render(), /^rdx_function_errors_total\{pipeline="p"\} 14$/m);
  meter.close();
  assert.doesNotMatch(registry.render(), /rdx_function_errors_total\{/);
});
