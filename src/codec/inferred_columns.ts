import { RdxError } from "../core/errors.ts";
import { COLUMNS_MAX } from "../core/limits.ts";
import { type Column, type DataType, DOUBLE, JSON_VALUE, STRING } from "../core/schema.ts";
import type { Seen } from "./seen.ts";
import { joined, seenScalar } from "./seen_nested.ts";

interface Inferred {
  readonly name: string;
  /** Null as long as no value was seen. */
  type: DataType | null;
  nullable: boolean;
  /** A whole number was seen that no double holds. */
  beyondDouble: boolean;
}

/**
 * The columns that fit all values seen so far, in order of appearance. Each value widens its column at most: int64 → double
 * → string, timestamp → string, all others → string; what is an array or an object only at times is JSON, unless it was a string. Whole numbers widen to double only if a double holds them exactly,
 * so that nothing is ever rounded; in timestamp columns they are epoch milliseconds. Values that come row by row give the same
 * columns as those that come at once.
 */
export class InferredColumns {
  readonly #columns = new Map<string, Inferred>();
  /** Names under which objects were seen. */
  readonly #objects = new Set<string>();

  constructor(known: readonly Column[]) {
    for (const { name, type, nullable } of known) {
      this.#columns.set(name, { name, type, nullable, beyondDouble: false });
    }
  }

  /** Makes sure that there is a column. */
  add(name: string): void {
    this.#column(name);
  }

  /** A value was seen, of arrays its type. */
  see(name: string, seen: Seen | DataType): void {
    if (seen === "empty" && this.#objects.has(name)) return;
    const column = this.#column(name);
    if (seen === "empty") column.nullable = true;
    else if (this.#objects.has(name)) column.type = withNested(column.type, JSON_VALUE);
    else if (typeof seen === "object") column.type = withNested(column.type, seen);
    else if (seen === "json" || column.type?.nested) column.type = withNested(column.type, JSON_VALUE);
    else column.type = widened(column, seen);
  }

  /** An object was seen; its members are columns of their own. A column of that name takes it as JSON. */
  seeObject(name: string): void {
    this.#objects.add(name);
    if (this.#columns.get(name)?.type) this.see(name, "json");
  }

  /**
   * The columns; those without any value are strings. What was an object or NULL and nothing else has its members alone, and is JSON
   * where it never had one.
   */
  finish(): Column[] {
    this.#settleObjects();
    return [...this.#columns.values()].map(({ name, type, nullable }) => ({ name, type: type ?? STRING, nullable }));
  }

  #settleObjects(): void {
    const isOpen = (name: string) => (this.#columns.get(name)?.type ?? null) === null;
    const open = [...this.#objects].filter(isOpen), members = new Set<string>();
    if (open.length === 0) return;
    const addNames = (name: string) => {
      for (let at = name.indexOf("."); at >= 0; at = name.indexOf(".", at + 1)) members.add(name.slice(0, at));
    };
    for (const name of this.#columns.keys()) addNames(name);
    for (const name of open.toSorted((a, b) => b.length - a.length)) {
      if (members.has(name)) this.#columns.delete(name);
      else {
        this.#column(name).type = JSON_VALUE;
        addNames(name);
      }
    }
  }

  #column(name: string): Inferred {
    let column = this.#columns.get(name);
    if (!column) {
      if (this.#columns.size >= COLUMNS_MAX) {
        throw new RdxError("invalid", `The rows have more than ${COLUMNS_MAX} different fields: declare the columns`);
      }
      column = { name, type: null, nullable: true, beyondDouble: false };
      this.#columns.set(name, column);
    }
    return column;
  }
}

/** Columns whose texts are JSON values by themselves become nested; others take nested values as text. */
function withNested(type: DataType | null, nested: DataType): DataType {
  if (type === null) return nested;
  if (type.nested) return joined(type, nested);
  return type.kind === "int64" || type.kind === "double" || type.kind === "bool" ? JSON_VALUE : STRING;
}

function widened(column: Inferred, seen: Seen): DataType {
  const { type } = column;
  if (seen === "long" || seen === "huge") column.beyondDouble = true;
  switch (type?.kind) {
    case undefined:
      return seenScalar(seen);
    case "int64":
      if (seen === "whole" || seen === "long") return type;
      return (seen === "wide" || seen === "double") && !column.beyondDouble ? DOUBLE : STRING;
    case "double":
      return seen === "whole" || seen === "wide" || seen === "double" ? type : STRING;
    case "bool":
      return seen === "bool" ? type : STRING;
    case "timestamp":
      return seen === "timestamp" || seen === "date" || seen === "whole" || seen === "long" ? type : STRING;
    case "decimal":
    case "decimal128":
    case "bytes":
      return seen === "bool" ? STRING : type;
    default:
      return STRING;
  }
}
