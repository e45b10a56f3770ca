import { RdxError } from "../core/errors.ts";
import { type Column, sameType } from "../core/schema.ts";
import type { SavedStep, SavedTable } from "../store.ts";

/** Whether rows of both are of one table. */
export function sameColumns(a: readonly Column[], b: readonly Column[]): boolean {
  return a.length === b.length && a.every(({ name, type }, i) => name === b[i].name && sameType(type, b[i].type));
}

type Named = Pick<SavedStep, "kind" | "node" | "table">;

/** Which tables steps were of, and with which columns. */
export class StepColumns {
  readonly #known = new Map<string, Named & { readonly columns: readonly Column[] | null }>();

  /** Throws RdxError("invalid") when rows have other columns than those before. */
  note(step: SavedStep): void {
    const { kind, node, table } = step, key = keyOf(step), before = this.#known.get(key);
    const columns = "columns" in step ? step.columns : null;
    if (!before) this.#known.set(key, { kind, node, table, columns });
    else if (before.columns && columns && !sameColumns(before.columns, columns)) {
      throw refused(step, "its columns are not always the same");
    }
  }

  /** Throws RdxError("invalid") when a step was of no table that is told here. */
  check(tables: readonly SavedTable[]): void {
    for (const noted of this.#known.values()) {
      const { kind, node, table, columns } = noted, own = tables.find((one) => one.node === node && one.name === table);
      if (!own) throw refused(noted, "the checkpoint has no such table");
      const expected = kind === "delete" ? own.columns.slice(0, own.keys) : own.columns;
      if (columns && !sameColumns(expected, columns)) {
        throw refused(noted, `the columns of what was to ${kind} are not the table's`);
      }
    }
  }
}

/** Steps of one table and kind have one key. */
export function keyOf({ kind, node, table }: Named): string {
  return JSON.stringify([kind, node, table]);
}

function refused({ node, table }: Named, reason: string): RdxError {
  return new RdxError("invalid", `Cannot save rows of table ${table} of ${node}: ${reason}`);
}
