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

interface Owned {
  readonly view: View;
  readonly pipeline: string;
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
  readonly #find: (pipeline: string) => Pipeline | null;
  readonly #views = new Map<string, Owned>();

  constructor(create: ViewFactory, find: (pipeline: string) => Pipeline | null) {
    this.#create = create;
    this.#find = find;
  }

  /** How plans write the sink of a view. */
  get kind(): SinkKind {
    return STANDARD_SINKS.get("view")!;
  }

  ownerOf(name: string): string | null {
    return this.#views.get(name)?.pipeline ?? null;
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
    return [...this.#views.values()].map(({ view, pipeline }) => {
      const { name, columns, keys, rows, seq, watermark } = view;
      return { name, pipeline, columns, keys, rows, seq, watermark };
    });
  }

  get(name: string): View {
    return this.#get(name).view;
  }

  #get(name: string): Owned {
    const owned = this.#views.get(name);
    if (!owned) throw new RdxError("not_found", `There is no view ${name}`);
    return owned;
  }

  async open(name: string): Promise<readonly RowRange[]> {
    const pipeline = this.#find(this.#get(name).pipeline);
    const sink = pipeline?.plan.sinks.findIndex(({ sink }) => sink.kind === "view" && sink.name === name) ?? -1;
    return sink < 0 ? [] : await pipeline!.openRows(sink);
  }
}
