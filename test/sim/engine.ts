import { NOTHING_COLD } from "../../src/core/cold_file.ts";
import { type Catalog, STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { RdxError } from "../../src/core/errors.ts";
import { FrameBuilder } from "../../src/core/frame_builder.ts";
import { FrameView } from "../../src/core/frame.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type {
  EngineService,
  PipelineFlow,
  PipelineInfo,
  PipelineService,
  PipelineStart,
  ReplayedRows,
  ReplayService,
  ViewInfo,
  ViewService,
} from "../../src/runtime/service.ts";
import type { PipelineStateInfo, StateService } from "../../src/runtime/state_service.ts";
import type { RowRange } from "../../src/sink.ts";
import { SimDead } from "./dead.ts";
import { SimSavepoints } from "./savepoints.ts";
import { SimStreams } from "./streams.ts";
import { SimView } from "./view.ts";

/** Columns of every simulated view; the key is `city`. */
export const VIEW_COLUMNS: readonly Column[] = [
  { name: "window_start", type: TIMESTAMP, nullable: false },
  { name: "window_end", type: TIMESTAMP, nullable: false },
  { name: "city", type: STRING, nullable: true },
  { name: "count", type: INT64, nullable: false },
];

interface SimNode {
  readonly id: string;
  readonly op: string;
  readonly stream?: string;
  readonly sink?: { readonly kind: string; readonly name?: string };
}

/**
 * A double of an engine for tests of the server and the command line. Pipelines run nothing: tests set what they show, and emit into
 * their views.
 */
export class SimEngine implements EngineService {
  readonly streams = new SimStreams();
  readonly dead = new SimDead(this.streams);
  readonly simViews = new Map<string, SimView>();
  readonly pipelines: SimPipelines = new SimPipelines(this);
  readonly savepoints = new SimSavepoints(this.pipelines);
  readonly replays: ReplayService = {
    pipeline: (name) => {
      this.pipelines.get(name);
      return Promise.resolve(noRows());
    },
    plan: () => Promise.resolve(noRows()),
  };
  readonly states: StateService = {
    get: (name) => Promise.resolve({ ...this.state, pipeline: this.pipelines.get(name).name }),
    digest: (name, number) => {
      this.pipelines.get(name);
      return Promise.resolve({ number: number ?? 7, digest: "0f".repeat(32), tables: [] });
    },
    look: (name, { node, table, key, limit }) => {
      this.pipelines.get(name);
      const columns = [{ name: "key", type: STRING, nullable: true }, { name: "at", type: TIMESTAMP, nullable: true }];
      const values = key ? key(columns.slice(0, 1), table ?? "groups") : ["first"], builder = new FrameBuilder(columns);
      builder.append([...values, 1_000n]);
      const view = new FrameView(builder.finish()), rows = limit > 1 || key ? [{ view, row: 0 }] : [];
      const told = { node, table: table ?? "groups", number: 7, key: columns.slice(0, 1), columns };
      return Promise.resolve({ ...told, rows, more: false });
    },
  };
  /** What every pipeline keeps. */
  state: PipelineStateInfo = {
    pipeline: "",
    state: "running",
    numbers: [7],
    operators: [],
    checkpoint: null,
    checkpoints: [],
  };
  readonly views: ViewService;
  ready = true;
  drained = 0;
  closed = 0;
  /** The drain waits for it. */
  drainGate: Promise<void> = Promise.resolve();

  constructor() {
    const get = (name: string) => {
      const view = this.simViews.get(name);
      if (!view) throw new RdxError("not_found", `There is no view ${name}`);
      return view;
    };
    this.views = {
      get,
      list: (): ViewInfo[] => [...this.simViews.values()].map((view) => viewInfo(view)),
      open: (name): Promise<readonly RowRange[]> => Promise.resolve(get(name).open),
    };
  }

  metrics(): string {
    return "# HELP rdx_rows_in_total Rows\n# TYPE rdx_rows_in_total counter\nrdx_rows_in_total 7\n";
  }

  readonly recovered = Promise.resolve();

  readiness(): { ready: boolean; reason: string; progress: number | null } {
    return this.ready
      ? { ready: true, reason: "Ready", progress: null }
      : { ready: false, reason: "The engine starts", progress: null };
  }

  async drain(): Promise<void> {
    this.drained++;
    await this.drainGate;
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  addView(name: string, deltasMax?: number): SimView {
    const view = new SimView(name, VIEW_COLUMNS, ["city"], deltasMax);
    this.simViews.set(name, view);
    return view;
  }
}

function viewInfo({ name, columns, keys, rows, seq, watermark }: SimView): ViewInfo {
  return { name, pipeline: "p", state: "ready", columns, keys, rows, seq, watermark };
}

/** Pipelines that are only remembered. */
export class SimPipelines implements PipelineService {
  readonly #engine: SimEngine;
  readonly #pipelines = new Map<string, PipelineInfo>();
  readonly puts: { name: string; start: PipelineStart; state: string }[] = [];
  /** Put over what `put` makes of a plan. */
  shown: Partial<PipelineInfo> = {};

  constructor(engine: SimEngine) {
    this.#engine = engine;
  }

  get catalog(): Catalog {
    const { streams } = this.#engine;
    return {
      stream: (name) => streams.list().find((stream) => stream.name === name) ?? null,
      streamNames: () => streams.list().map(({ name }) => name),
      sinkKinds: STANDARD_SINKS,
    };
  }

  list(): PipelineInfo[] {
    return [...this.#pipelines.values()];
  }

  get(name: string): PipelineInfo {
    const pipeline = this.#pipelines.get(name);
    if (!pipeline) throw new RdxError("not_found", `There is no pipeline ${name}`);
    return pipeline;
  }

  put(name: string, plan: unknown, options: { start: PipelineStart; state: "keep" | "fresh"; sql?: string }) {
    const nodes = nodesOf(plan), created = !this.#pipelines.has(name);
    if (name === "incompatible" && options.state === "keep") {
      const details = [{ node: "agg", reason: "The keys differ" }];
      return Promise.reject(new RdxError("conflict", `The state of ${name} does not fit`, details));
    }
    this.puts.push({ name, ...options });
    const sinks = nodes.flatMap(({ sink }) =>
      sink ? [{ kind: sink.kind, name: sink.name ?? "", guarantee: "effectively once", trouble: null }] : []
    );
    for (const sink of sinks) if (sink.kind === "view") this.#engine.addView(sink.name);
    const pipeline: PipelineInfo = {
      name,
      state: "running",
      reason: null,
      sources: nodes.flatMap(({ stream }) => stream ? [stream] : []),
      partitions: [],
      sinks,
      watermark: null,
      rowsIn: 0,
      rowsOut: 0,
      lateRows: 0,
      deadRows: 0,
      quarantined: [],
      functionErrors: 0,
      errors: [],
      rowsInPerSecond: 0,
      rowsOutPerSecond: 0,
      latencyMs: null,
      lagRows: 0,
      stateRows: 0,
      stateBytes: 0,
      cold: NOTHING_COLD,
      progress: null,
      checkpoint: null,
      tasks: 1,
      plan,
      sql: options.sql ?? null,
      ...this.shown,
    };
    this.#pipelines.set(name, pipeline);
    return Promise.resolve({ created, pipeline, notes: name === "noted" ? ["Aggregate n is new"] : [] });
  }

  delete(name: string): Promise<void> {
    this.get(name);
    this.#pipelines.delete(name);
    return Promise.resolve();
  }

  /** Each node of the plan feeds the next. */
  async flow(name: string): Promise<PipelineFlow> {
    await Promise.resolve();
    const { state, reason, plan, watermark, rowsIn, lagRows } = this.get(name), nodes = nodesOf(plan);
    const edges = nodes.slice(1).map(({ id }, i) => ({
      from: nodes[i].id,
      to: id,
      rows: rowsIn,
      rowsPerSecond: 0,
      watermark,
      queueRows: i === 0 ? lagRows : 0,
    }));
    return { name, state, reason, nodes: nodes.map(({ id, op }) => ({ id, op, label: op })), edges };
  }

  explain(name: string) {
    return this.explainPlan(this.get(name).plan);
  }

  explainPlan(plan: unknown) {
    const nodes = nodesOf(plan);
    return { text: nodes.map(({ id, op }) => `${op} ${id}`).join("\n"), json: { nodes: nodes.length } };
  }

  /** Changes what a pipeline shows. */
  show(name: string, change: Partial<PipelineInfo>): void {
    this.#pipelines.set(name, { ...this.get(name), ...change });
  }
}

/** A plan's nodes; each must have an id and a known operation. */
function nodesOf(plan: unknown): SimNode[] {
  const nodes = (plan as { nodes?: unknown } | null)?.nodes;
  if (!Array.isArray(nodes)) throw new RdxError("invalid_plan", "Cannot use the plan: nodes is missing");
  const details = (nodes as SimNode[]).flatMap(({ id, op }, i) =>
    ["source", "aggregate", "sink"].includes(op)
      ? []
      : [{ node: id, path: `nodes[${i}].op`, reason: `Unknown op "${op}"`, hint: "Did you mean source?" }]
  );
  if (details.length > 0) throw new RdxError("invalid_plan", "Cannot use the plan", details);
  return nodes;
}

/** A replay that gives nothing. */
function noRows(): ReplayedRows {
  return {
    async *outputs() {},
    close: () => Promise.resolve(),
  };
}
