import { METRIC_SERIES_MAX } from "../core/limits.ts";
import { escapeHelp, formatLabels, formatNumber } from "./prometheus.ts";

type MetricKind = "counter" | "gauge" | "histogram";

/** A number that only grows. */
export interface Counter {
  /** Adds `by`, which is not negative. */
  increment(by?: number): void;
  readonly value: number;
}

/** A number that goes up and down. */
export interface Gauge {
  set(value: number): void;
  add(by: number): void;
  readonly value: number;
}

/** Counts values by the first bucket whose bound they do not exceed. */
export interface Histogram {
  observe(value: number): void;
  readonly count: number;
  readonly sum: number;
}

/** One metric with its series, one for each combination of label values. */
export interface Family<Series> {
  readonly name: string;
  /** The series of these label values, in the order of the label names; made at the first call. */
  with(...values: string[]): Series;
  /** Forgets a series: what it spoke of is gone. */
  remove(...values: string[]): void;
}

class Cell implements Counter, Gauge {
  value = 0;
  increment(by = 1) {
    this.value += by;
  }
  set(value: number) {
    this.value = value;
  }
  add(by: number) {
    this.value += by;
  }
}

class Buckets implements Histogram {
  readonly counts: Float64Array;
  readonly #bounds: readonly number[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length);
  }

  observe(value: number) {
    this.sum += value;
    this.count++;
    for (let i = 0; i < this.#bounds.length; i++) {
      if (value <= this.#bounds[i]) {
        this.counts[i]++;
        return;
      }
    }
  }
}

/** The series of one metric. Beyond METRIC_SERIES_MAX further ones are counted but not shown. */
class SeriesTable<Series> implements Family<Series> {
  readonly series = new Map<string, { values: readonly string[]; cell: Series }>();
  #unshown: Series | null = null;

  constructor(
    readonly name: string,
    readonly help: string,
    readonly kind: MetricKind,
    readonly labels: readonly string[],
    readonly make: () => Series,
    readonly dropped: () => void,
  ) {
    if (labels.length === 0) this.with();
  }

  with(...values: string[]): Series {
    if (values.length !== this.labels.length) {
      throw new Error(`Metric ${this.name} has labels (${this.labels}), got ${values.length} values`);
    }
    const key = values.length === 1 ? values[0] : JSON.stringify(values);
    const found = this.series.get(key);
    if (found) return found.cell;
    if (this.series.size >= METRIC_SERIES_MAX) {
      this.dropped();
      return this.#unshown ??= this.make();
    }
    const cell = this.make();
    this.series.set(key, { values, cell });
    return cell;
  }

  remove(...values: string[]): void {
    this.series.delete(values.length === 1 ? values[0] : JSON.stringify(values));
  }
}

/**
 * The metrics of one process, rendered as Prometheus text 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * Whoever counts is given a family by whoever makes the registry.
 */
export class MetricRegistry {
  readonly #counters = new Map<string, SeriesTable<Cell>>();
  readonly #histograms = new Map<string, { table: SeriesTable<Buckets>; bounds: readonly number[] }>();
  readonly #collectors: (() => void)[] = [];
  readonly #dropped: Family<Counter>;

  /** `dropped` names the metric that counts what was left out; two registries behind one address need two names. */
  constructor(dropped = "rdx_metric_series_dropped_total") {
    this.#dropped = this.counter(
      dropped,
      "Look-ups of metric series beyond the bound on series",
    );
  }

  counter(name: string, help: string, labels: readonly string[] = []): Family<Counter> {
    return this.#scalar("counter", name, help, labels);
  }

  gauge(name: string, help: string, labels: readonly string[] = []): Family<Gauge> {
    return this.#scalar("gauge", name, help, labels);
  }

  /** `bounds` ascend; the bucket +Inf is added. */
  histogram(
    name: string,
    help: string,
    bounds: readonly number[],
    labels: readonly string[] = [],
  ): Family<Histogram> {
    this.#claim(name, labels);
    const table = new SeriesTable(
      name,
      help,
      "histogram",
      labels,
      () => new Buckets(bounds),
      () => this.#dropped.with().increment(),
    );
    this.#histograms.set(name, { table, bounds });
    return table;
  }

  /** Calls `collect` before each rendering: for gauges that are read from elsewhere. */
  onRender(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** All metrics in the text format; a histogram's buckets are cumulative. */
  render(): string {
    for (const collect of this.#collectors) collect();
    const lines: string[] = [];
    for (const table of this.#counters.values()) {
      writeHead(lines, table);
      for (const { values, cell } of table.series.values()) {
        lines.push(`${table.name}${formatLabels(table.labels, values)} ${formatNumber(cell.value)}`);
      }
    }
    for (const { table, bounds } of this.#histograms.values()) {
      writeHead(lines, table);
      for (const { values, cell } of table.series.values()) writeBuckets(lines, table, bounds, values, cell);
    }
    return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
  }

  #scalar(kind: "counter" | "gauge", name: string, help: string, labels: readonly string[]): SeriesTable<Cell> {
    this.#claim(name, labels);
    const table = new SeriesTable(
      name,
      help,
      kind,
      labels,
      () => new Cell(),
      () => this.#dropped.with().increment(),
    );
    this.#counters.set(name, table);
    return table;
  }

  #claim(name: string, labels: readonly string[]): void {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a metric`);
    for (const label of labels) {
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) || label === "le") {
        throw new Error(`${JSON.stringify(label)} is no name for a label of ${name}`);
      }
    }
    if (this.#counters.has(name) || this.#histograms.has(name)) throw new Error(`Metric ${name} is made twice`);
  }
}

function writeHead(lines: string[], table: { name: string; help: string; kind: MetricKind }): void {
  lines.push(`# HELP ${table.name} ${escapeHelp(table.help)}`, `# TYPE ${table.name} ${table.kind}`);
}

function writeBuckets(
  lines: string[],
  table: { name: string; labels: readonly string[] },
  bounds: readonly number[],
  values: readonly string[],
  cell: Buckets,
): void {
  const names = [...table.labels, "le"];
  let below = 0;
  bounds.forEach((bound, i) => {
    below += cell.counts[i];
    lines.push(`${table.name}_bucket${formatLabels(names, [...values, formatNumber(bound)])} ${below}`);
  });
  lines.push(`${table.name}_bucket${formatLabels(names, [...values, "+Inf"])} ${cell.count}`);
  lines.push(`${table.name}_sum${formatLabels(table.labels, values)} ${formatNumber(cell.sum)}`);
  lines.push(`${table.name}_count${formatLabels(table.labels, values)} ${cell.count}`);
}
