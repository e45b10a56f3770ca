import { FrameBuilder, FrameView } from "../../core/frame.ts";
import type { SavedStep, SavedTable } from "../../store.ts";

type RowStep = Extract<SavedStep, { readonly kind: "delete" | "upsert" }>;

/** Tables of one row whose operators run in several tasks: the rows that these have become one, as StateTable.merge says. */
export class RowMerger {
  readonly #tables: ReadonlyMap<string, SavedTable>;
  readonly #rows = new Map<string, { readonly step: RowStep; readonly values: bigint[] }>();

  constructor(tables: readonly SavedTable[]) {
    this.#tables = new Map(
      tables.filter(({ keys }) => keys === 0).map((table) => [keyOf(table.node, table.name), table]),
    );
  }

  /** Whether the step has such a row: then it is in `take`. */
  holds(step: SavedStep): boolean {
    const key = keyOf(step.node, step.table), table = this.#tables.get(key);
    if (!table || step.kind !== "upsert") return false;
    const view = new FrameView(step.frame), before = this.#rows.get(key)?.values;
    const values = table.columns.map((_, column) => {
      const value = view.int64(column, 0);
      if (!before) return value;
      return table.merge?.[column] === "sum" ? before[column] + value : value > before[column] ? value : before[column];
    });
    this.#rows.set(key, { step, values });
    return true;
  }

  /** The merged rows. */
  take(): SavedStep[] {
    return [...this.#rows.values()].map(({ step, values }) => ({ ...step, frame: frameOf(step, values) }));
  }
}

/** The row as a task takes it that is not the first: what is summed, the first has. */
export function withoutSums(step: RowStep, { merge, columns }: SavedTable): SavedStep {
  const view = new FrameView(step.frame);
  return {
    ...step,
    frame: frameOf(step, columns.map((_, column) => merge?.[column] === "sum" ? 0n : view.int64(column, 0))),
  };
}

function frameOf({ columns }: RowStep, values: readonly bigint[]): ArrayBuffer {
  const builder = new FrameBuilder(columns);
  builder.append(values);
  return builder.finish();
}

function keyOf(node: string, table: string): string {
  return JSON.stringify([node, table]);
}
