import { FrameView } from "../../src/core/frame.ts";
import { type Column, columnIndex } from "../../src/core/schema.ts";
import type { OutputBatch, Sink, SinkFactory, SinkInput } from "../../src/sink.ts";
import type { Row } from "./value.ts";

/** A sink that keeps what comes, of any changelog. */
export class CollectSink implements Sink, SinkFactory {
  readonly kind = "collect";
  readonly changes = "all";
  readonly options = { type: "object", properties: {} };
  readonly guarantee = "at least once";
  readonly rows: Row[] = [];
  columns: readonly Column[] = [];
  /** The positions of what tells the rows of a changelog apart; null: nothing known does, or rows are only inserted. */
  keys: readonly number[] | null = null;

  create(
    _options: Readonly<Record<string, unknown>>,
    columns: readonly Column[],
    { changes, upsertKeys }: SinkInput,
  ): Sink {
    this.columns = columns;
    this.keys = changes && upsertKeys ? upsertKeys.map((key) => columnIndex(columns, key)) : null;
    return this;
  }

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
