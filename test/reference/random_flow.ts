import type { PlanNode } from "../../src/plan/plan.ts";
import { project } from "./nodes.ts";
import type { Picks, Typed } from "./random_parts.ts";

/** Kinds of things that random plans have; a test says which ones the engine knows. */
export const FEATURES = [
  "filter",
  "project",
  "tumble",
  "hop",
  "cumulate",
  "session",
  "union",
  "table_function",
  "group",
  "group_by_window",
  "distinct",
  "grouping_sets",
  "early_results",
  "lateness",
  "inner_join",
  "outer_join",
  "semi_join",
  "window_join",
  "best_rows",
  "interval_join",
  "as_of_join",
  "rank",
  "window_rank",
  "over",
  "unnest",
  "changelog",
  "several_sources",
] as const;
export type Feature = typeof FEATURES[number];

/** A stream that tests feed: all have the columns of STREAM_COLUMNS. */
export interface RandomSource {
  readonly id: string;
  readonly delayMs: number;
  /** Its rows come and go. */
  readonly changes: boolean;
}

export const STREAM_COLUMNS: readonly Typed[] = [
  { name: "ts", type: "timestamp" },
  { name: "k", type: "int64" },
  { name: "s", type: "string" },
  { name: "b", type: "bool" },
  { name: "d", type: "decimal(10,2)" },
  { name: "x", type: "double" },
  { name: "n", type: "int64" },
  { name: "w", type: "decimal(30,2)" },
];
/** The column of a changelog's row kinds. */
export const KIND_COLUMN = "op";

export interface Span {
  readonly start: string;
  readonly end: string;
  /** Equal for windows that are the same; empty for sessions, which never are. */
  readonly window: string;
}

/** What is known of a node's output. */
export interface Flow {
  readonly id: string;
  readonly columns: readonly Typed[];
  readonly time: string | null;
  /** Rows may be taken back. */
  readonly changes: boolean;
  /** Columns that are the start and the end of a window, and which windows these are. */
  readonly span: Span | null;
  /** Rows come in an order that is fixed: that of the log. */
  readonly ordered: boolean;
  readonly sources: readonly string[];
}

/** The flows of a plan that is being made. */
export class Flows {
  readonly features: ReadonlySet<Feature>;
  readonly sources: RandomSource[] = [];
  readonly nodes: PlanNode[] = [];
  /** What may be read, the newest last. */
  readonly #flows: Flow[] = [];
  #names = 0;

  constructor(features: ReadonlySet<Feature>, picks: Picks) {
    this.features = features;
    const count = features.has("several_sources") ? 1 + picks.below(3) : 1;
    for (let i = 0; i < count; i++) {
      const changes = features.has("changelog") && picks.rarely(), delayMs = picks.of([0, 1, 5, 20]), id = `in${i}`;
      this.sources.push({ id, delayMs, changes });
      const timing = { time: "ts", delay_ms: delayMs, idle_timeout_ms: 0, future_skew_ms: 0 };
      const changelog = changes ? { changes: "all", kind_column: KIND_COLUMN } as const : {};
      this.push(
        { id, op: "source", stream: id, ...timing, ...changelog },
        { columns: STREAM_COLUMNS, time: "ts", changes, span: null, ordered: true, sources: [id] },
      );
    }
  }

  /** A name that nothing has. */
  fresh = (): string => `c${this.#names++}`;

  push(node: PlanNode, flow: Omit<Flow, "id">): Flow {
    this.nodes.push(node);
    const whole = { ...flow, id: node.id };
    this.#flows.push(whole);
    return whole;
  }

  /** One of the three newest flows for which the test holds, or null. */
  pick(picks: Picks, test: (flow: Flow) => boolean = () => true): Flow | null {
    const usable = this.#flows.filter(test).reverse();
    return usable.length === 0 ? null : picks.of(usable.slice(0, 3));
  }

  get newest(): Flow {
    return this.#flows.at(-1)!;
  }

  /** Whether the flow comes right out of a window: an aggregate behind it would be by window. */
  isWindow({ id }: Flow): boolean {
    return this.nodes.find((node) => node.id === id)!.op === "window";
  }

  /** The flow with new names for all its columns: those of a join may not collide. */
  renamed(flow: Flow): Flow {
    const names = new Map(flow.columns.map(({ name }) => [name, this.fresh()]));
    const named = (name: string) => names.get(name)!;
    const wanted = Object.fromEntries(flow.columns.map(({ name }) => [named(name), name]));
    return this.push(project(this.fresh(), flow.id, wanted), {
      ...flow,
      columns: flow.columns.map((column) => ({ ...column, name: named(column.name) })),
      span: flow.span && { ...flow.span, start: named(flow.span.start), end: named(flow.span.end) },
      time: flow.time === null ? null : named(flow.time),
    });
  }
}

/** What is known of the sources of two flows that come together. */
export function together(a: Flow, b: Flow): Pick<Flow, "sources" | "ordered"> {
  const apart = !a.sources.some((id) => b.sources.includes(id));
  return { sources: [...new Set([...a.sources, ...b.sources])], ordered: a.ordered && b.ordered && apart };
}

/** Adds something to the plan, where it can stand. */
export type Step = (flows: Flows, picks: Picks) => void;
