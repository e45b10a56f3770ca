import { RdxError } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import type { SinkKind } from "../plan/catalog.ts";
import { STANDARD_SINKS } from "../plan/catalog.ts";
import type { PhysicalSink } from "../plan/physical.ts";
import type { Guarantee, OutputBatch, RowRange, Sink } from "../sink.ts";
import type { TableKeeper } from "../store.ts";
import { viewOrder } from "../plan/resolve_sink.ts";
import type { View, ViewOrder } from "../view.ts";
import type { Pipeline } from "./pipeline.ts";
import type { ViewInfo, ViewService } from "./service.ts";

/** Makes an empty view; the composition roots choose it. */
export type ViewFactory = (
  name: string,
  columns: readonly Column[],
  input: Pick<PhysicalSink, "keys" | "upsertKeys" | "changes"> & { readonly order: readonly ViewOrder[] },
) => View;

/** A view that was there before a restart. */
export interface ReturningView {
  readonly view: string;
  readonly pipeline: string;
}

interface Owned {
  readonly view: View;
  readonly pipeline: string;
}

/** What views have to know of the pipelines that write them. */
export interface PipelinesOfViews {
  find(name: string): Pipeline | null;
  /** Views that come back with their pipelines, also with those that have failed on the way to a plan and have to be deployed again for that. */
  readonly returningViews: readonly ReturningView[];
}

/** A view as a pipeline writes it. What is in it lives as long as the pipeline. */
class ViewSink implements Sink {
  readonly guarantee: Guarantee = "effectively once";
  readonly view: View;

  constructor(view: View) {
    this.view = view;
  }

  open(): Promise<number> {
    return Promise.resolve(this.view.seq === 0 ? -1 : this.view.seq);
  }

  get keeper(): TableKeeper | undefined {
    return this.view.keeper;
  }

  write(output: OutputBatch): Promise<void> {
    this.view.apply(output);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The view behind a sink that was made by `create`, or null. */
export function viewBehind(sink: Sink): View | null {
  return sink instanceof ViewSink ? sink.view : null;
}

/** The views of an engine, by name. */
export class Views implements ViewService {
  readonly #create: ViewFactory;
  readonly #pipelines: () => PipelinesOfViews;
  readonly #views = new Map<string, Owned>();

  constructor(create: ViewFactory, pipelines: () => PipelinesOfViews) {
    this.#create = create;
    this.#pipelines = pipelines;
  }

  /** How plans write the sink of a view. */
  get kind(): SinkKind {
    return STANDARD_SINKS.get("view")!;
  }

  /** The pipeline that writes it, or is about to again. */
  ownerOf(name: string): string | null {
    return this.#views.get(name)?.pipeline ?? this.#returning(name)?.pipeline ?? null;
  }

  #returning(name: string): ReturningView | undefined {
    return this.#pipelines().returningViews.find(({ view }) => view === name);
  }

  #hasFailed(pipeline: string): boolean {
    return this.#pipelines().find(pipeline)?.state === "failed";
  }

  /** The sink of a new view, which nobody sees before `show`. */
  create(name: string, sink: PhysicalSink): Sink {
    const { keys, upsertKeys, changes, columns } = sink;
    const order = viewOrder(sink.sink).map(({ column, desc, nulls_last }) => ({ column, desc, nullsLast: nulls_last }));
    return new ViewSink(this.#create(name, columns, { keys, upsertKeys, changes, order }));
  }

  /** Makes the views among `sinks` those of the pipeline; others that it had are forgotten. */
  show(pipeline: string, sinks: readonly Sink[]): void {
    const views = sinks.flatMap((sink) => sink instanceof ViewSink ? [sink.view] : []);
    for (const [name, owned] of this.#views) {
      if (owned.pipeline === pipeline && !views.includes(owned.view)) this.#views.delete(name);
    }
    for (const view of views) this.#views.set(view.name, { view, pipeline });
  }

  list(): ViewInfo[] {
    const pipelines = this.#pipelines();
    const there = [...this.#views.values()].map(({ view, pipeline }): ViewInfo => {
      const { name, columns, keys, rows, seq, watermark } = view;
      const state = pipelines.find(pipeline)?.state === "recovering" ? "recovering" : "ready";
      return { name, pipeline, state, columns, keys, rows, seq, watermark };
    });
    const absent = pipelines.returningViews.filter(({ view, pipeline }) =>
      !this.#views.has(view) && !this.#hasFailed(pipeline)
    );
    return [
      ...there,
      ...absent.map(({ view: name, pipeline }): ViewInfo => {
        return { name, pipeline, state: "absent", columns: [], keys: [], rows: 0, seq: 0, watermark: -Infinity };
      }),
    ];
  }

  get(name: string): View {
    return this.#get(name).view;
  }

  #get(name: string): Owned {
    const owned = this.#views.get(name);
    if (owned) return owned;
    const returning = this.#returning(name);
    if (returning && !this.#hasFailed(returning.pipeline)) {
      throw new RdxError(
        "unavailable",
        `View ${name} comes back with pipeline ${returning.pipeline}, which is about to go on from where it was: ask again`,
      );
    }
    throw new RdxError("not_found", `There is no view ${name}`);
  }

  async open(name: string): Promise<readonly RowRange[]> {
    const pipeline = this.#pipelines().find(this.#get(name).pipeline);
    const sink = pipeline?.plan.sinks.findIndex(({ sink }) => sink.kind === "view" && sink.name === name) ?? -1;
    return sink < 0 ? [] : await pipeline!.openRows(sink);
  }
}
