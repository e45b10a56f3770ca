import { FrameView } from "../../src/core/frame.ts";
import { type Column, columnIndex } from "../../src/core/schema.ts";
import type { OutputBatch, Sink, SinkFactory, SinkInput } from "../../src/sink.ts";
import type { Row } from "./value.ts";

/** Makes sinks that keep what comes, of any changelog, and knows the newest of each name. */
export class CollectSinks implements SinkFactory {
  readonly kind = "collect";
  readonly changes = "all";
  readonly options = { type: "object", properties: { name: { type: "string" } } };
  readonly made = new Map<string, CollectSink>();

  create(
    { name = "" }: Readonly<Record<string, unknown>>,
    columns: readonly Column[],
    { changes, upsertKeys }: SinkInput,
  ): Sink {
    const keys = changes && upsertKeys ? upsertKeys.map((key) => columnIndex(columns, key)) : null;
    const sink = new CollectSink(columns, keys);
    this.made.set(String(name), sink);
    return sink;
  }
}

export class CollectSink implements Sink {
  readonly guarantee = "at least once";
  readonly rows: Row[] = [];

  /** `keys`: the positions of what tells the rows of a changelog apart; null: nothing known does, or rows are only inserted. */
  constructor(readonly columns: readonly Column[], readonly keys: readonly number[] | null) {}

  open(): Promise<number> {
    return Promise.resolve(-1);
  }

  write({ ranges }: OutputBatch): Promise<void> {
    for (const { frame, start, rows } of ranges) {
      const view = new FrameView(frame);
      for (let row = start; row < start + rows; row++) {
        this.rows.push({ kind: view.kind(row), values: view.types.map((_, column) => view.value(row, column)) });
      }
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
