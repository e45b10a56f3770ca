import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { METRIC_SERIES_MAX } from "../../src/core/limits.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";

/** The lines of one metric. */
function linesOf(registry: MetricRegistry, name: string): string[] {
  return registry.render().split("\n").filter((line) => line.includes(name));
}

Deno.test("a counter without labels is there from the start, with help and type", () => {
  const registry = new MetricRegistry();
  const rows = registry.counter("rows_total", "Rows").with();
  assert.deepEqual(linesOf(registry, "rows_total"), [
    "# HELP rows_total Rows",
    "# TYPE rows_total counter",
    "rows_total 0",
  ]);
  rows.increment();
  rows.increment(2.5);
  assert.equal(linesOf(registry, "rows_total")[2], "rows_total 3.5");
});

Deno.test("gauges go up and down, and are read when they are rendered", () => {
  const registry = new MetricRegistry(), lag = registry.gauge("lag", "Lag", ["pipeline"]);
  registry.onRender(() => lag.with("p").add(-2));
  lag.with("p").set(5);
  assert.equal(linesOf(registry, "lag")[2], 'lag{pipeline="p"} 3');
  assert.equal(linesOf(registry, "lag")[2], 'lag{pipeline="p"} 1');
});

Deno.test("values beyond all numbers are written by name", () => {
  const registry = new MetricRegistry(), lag = registry.gauge("lag", "Lag", ["of"]);
  for (const [of, value] of [["a", Infinity], ["b", -Infinity], ["c", NaN]] as const) lag.with(of).set(value);
  assert.deepEqual(linesOf(registry, "lag").slice(2), ['lag{of="a"} +Inf', 'lag{of="b"} -Inf', 'lag{of="c"} NaN']);
});

Deno.test("a histogram's buckets are cumulative, bounds belong to their bucket, and +Inf equals the count", () => {
  const registry = new MetricRegistry(), seconds = registry.histogram("took", "Time", [0.1, 1], ["p"]).with("x");
  for (const value of [0.05, 0.1, 0.5, 1, 7]) seconds.observe(value);
  assert.deepEqual(linesOf(registry, "took").slice(2), [
    'took_bucket{p="x",le="0.1"} 2',
    'took_bucket{p="x",le="1"} 4',
    'took_bucket{p="x",le="+Inf"} 5',
    'took_sum{p="x"} 8.65',
    'took_count{p="x"} 5',
  ]);
});

Deno.test("any label value can be read back, and any text stays one line", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 5 }), (values) => {
    const registry = new MetricRegistry(), rows = registry.counter("rows_total", "a\\b\nc", ["s", "t"]);
    for (const value of values) rows.with(value, "t").increment();
    const lines = linesOf(registry, "rows_total");
    assert.equal(lines[0], "# HELP rows_total a\\\\b\\nc");
    const read = lines.slice(2).map((line) => {
      const text = /^rows_total\{s="((?:[^"\\\n]|\\["\\n])*)",t="t"\} \d+$/.exec(line)![1];
      return text.replace(/\\(["\\n])/g, (_, code) => code === "n" ? "\n" : code);
    });
    assert.deepEqual(read.sort(), [...new Set(values)].sort());
  }));
});

Deno.test("series of the same values are one, also when values look like each other joined", () => {
  const registry = new MetricRegistry(), rows = registry.counter("rows_total", "Rows", ["a", "b"]);
  rows.with("x", "y").increment();
  rows.with("x", "y").increment();
  rows.with('x","y', "").increment();
  assert.equal(linesOf(registry, "rows_total").length, 4);
  assert.equal(rows.with("x", "y").value, 2);
});

Deno.test("a removed series is gone", () => {
  const registry = new MetricRegistry(), rows = registry.counter("rows_total", "Rows", ["a"]);
  rows.with("x").increment();
  rows.remove("x");
  assert.equal(linesOf(registry, "rows_total").length, 2);
});

Deno.test("series are bounded: those beyond are counted and not shown", () => {
  const registry = new MetricRegistry(), rows = registry.counter("rows_total", "Rows", ["a"]);
  for (let i = 0; i < METRIC_SERIES_MAX + 5; i++) rows.with(`x${i}`).increment();
  assert.equal(linesOf(registry, "rows_total").length, METRIC_SERIES_MAX + 2);
  assert.equal(linesOf(registry, "dropped_total")[2], "rdx_metric_series_dropped_total 5");
});

Deno.test("names are checked, and given once", () => {
  const registry = new MetricRegistry();
  registry.counter("a", "A");
  assert.throws(() => registry.gauge("a", "A"), /twice/);
  assert.throws(() => registry.counter("a-b", "A"), /no name/);
  assert.throws(() => registry.counter("b", "A", ["le"]), /no name for a label/);
  assert.throws(() => registry.counter("c", "A", ["x"]).with(), /labels/);
});

Deno.test("the engine's metrics have the names that dashboards use", () => {
  const registry = new MetricRegistry();
  engineMetrics(registry);
  const names = [...registry.render().matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  for (
    const name of [
      "rows_in_total",
      "rows_out_total",
      "dead_rows_total",
      "late_rows_total",
      "bytes_in_total",
      "watermark_lag_seconds",
      "queue_rows",
      "state_rows",
      "state_bytes",
      "evicted_rows",
      "cold_bytes",
      "cold_reads",
      "batch_seconds",
      "end_to_end_seconds",
      "checkpoint_seconds",
    ]
  ) assert.ok(names.includes(`rdx_${name}`), name);
});
