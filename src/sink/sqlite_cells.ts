import { type Affinity, affinityOf } from "../client/sqlite/names.ts";
import { withPoint } from "../core/cell_text.ts";
import type { FrameView } from "../core/frame.ts";
import type { Column, DataType } from "../core/schema.ts";
import { formatTime } from "../core/time_text.ts";

/** A value as SQLite takes it. */
export type SqliteCell = bigint | number | string | Uint8Array | null;

/** Gives the value of one row. */
export type CellReader = (row: number) => SqliteCell;

/** The type that a column of a table gets which is made for rows: decimals and times are texts, so that nothing of them is lost. */
export function declaredType({ kind }: DataType): string {
  switch (kind) {
    case "int64":
    case "bool":
      return "INTEGER";
    case "double":
      return "REAL";
    case "bytes":
      return "BLOB";
    default:
      return "TEXT";
  }
}

/** Affinities of columns that keep values of a type as they are. Times are epoch milliseconds where the column is of whole numbers, else ISO 8601. */
function keepers({ kind }: DataType): readonly Affinity[] {
  switch (kind) {
    case "int64":
    case "bool":
      return ["integer", "numeric", "none"];
    case "double":
      return ["real", "numeric", "none"];
    case "timestamp":
      return ["text", "numeric", "integer", "none"];
    case "bytes":
      return ["none", "text"];
    default:
      return ["text", "none"];
  }
}

/** Whether a column that the table declares as `declared` keeps values of the type. */
export function keeps(declared: string, type: DataType): boolean {
  return keepers(type).includes(affinityOf(declared));
}

/** Reads a column of a frame for a table that declares it as `declared`. */
export function cellReader(view: FrameView, index: number, { type }: Column, declared: string): CellReader {
  const read = valueReader(view, index, type, affinityOf(declared));
  return (row) => view.isNull(index, row) ? null : read(row);
}

function valueReader(view: FrameView, index: number, { kind, scale = 0 }: DataType, affinity: Affinity): CellReader {
  switch (kind) {
    case "double":
      return (row) => {
        const value = view.double(index, row);
        return Number.isNaN(value) ? null : value;
      };
    case "bool":
      return (row) => view.bool(index, row) ? 1n : 0n;
    case "string":
      return (row) => view.text(index, row);
    case "bytes":
      return (row) => view.bytes(index, row);
    case "decimal":
      return (row) => withPoint(view.int64(index, row).toString(), scale);
    case "decimal128":
      return (row) => withPoint(view.decimal128(index, row).toString(), scale);
    case "timestamp":
      if (affinity === "integer") return (row) => view.int64(index, row);
      return (row) => {
        const value = view.int64(index, row);
        return formatTime(Number(value)) ?? value;
      };
    default:
      return (row) => view.int64(index, row);
  }
}
