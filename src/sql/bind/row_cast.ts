import { type DataType, type Field, rowOf, sameType, STRING } from "../../core/schema.ts";
import { isCall } from "../../expr/mod.ts";
import { commonType } from "../../expr/type.ts";
import type { Span } from "../ast.ts";
import type { Value, ValueMaker } from "./value.ts";

/** The fields of a row type; null: it is none. */
export function fieldsOf(type: DataType | null): readonly Field[] | null {
  return type?.nested?.of === "row" ? type.nested.fields : null;
}

/** The fields of a row one by one; those of a row that is written here are its parts. */
export function partsOf(row: Value, values: ValueMaker): Value[] {
  const { expr, at } = row;
  if (isCall(expr) && expr.call === "row") {
    return expr.args.filter((_, i) => i % 2 === 1).map((part) => values.part(part));
  }
  return fieldsOf(row.type)!.map(({ name }) => values.call("field", [row, values.literal(name, STRING, at)], at)!);
}

/** A row as one of other names and types, field by field in their order, as in Flink; null with a problem. */
export function castRow(row: Value, type: DataType, at: Span, shown: string, values: ValueMaker): Value | null {
  const from = fieldsOf(row.type)!, to = fieldsOf(type)!;
  if (from.length !== to.length) {
    const fields = (count: number) => `${count} ${count === 1 ? "field" : "fields"}`;
    return values.report.add(
      row.at,
      `A row of ${fields(from.length)} cannot be a row of ${fields(to.length)}`,
      `Write ROW(…) with ${to.map(({ name }) => name).join(", ")}`,
    );
  }
  const parts = partsOf(row, values).map((part, i) => values.cast(part, to[i].type, at, shown));
  if (parts.includes(null)) return null;
  const args = parts.flatMap((part, i) => [values.literal(to[i].name, STRING, at), part!]);
  const made = values.call("row", args, at, "ROW");
  if (made === null || !row.nullable) return made;
  const missing = values.call("is_null", [row], at);
  return missing && values.call("case", [missing, values.literal(null, type, at, true), made], at);
}

/**
 * The row that rows of other names are together: names are those of the first, or of the first that is not written as
 * ROW(…). Null where their names are the same or their fields have no type in common.
 */
export function commonRow(rows: readonly Value[]): DataType | null {
  const types = rows.map(({ type }) => fieldsOf(type)).filter((fields) => fields !== null);
  if (types.length < 2 || types.length < rows.filter(({ type }) => type !== null).length) return null;
  const isWritten = ({ expr }: Value) => isCall(expr) && expr.call === "row";
  const named = fieldsOf((rows.find((one) => fieldsOf(one.type) && !isWritten(one)) ?? rows[0]).type) ?? types[0];
  if (types.some((fields) => fields.length !== named.length)) return null;
  if (types.every((fields) => fields.every(({ name }, i) => name === named[i].name))) return null;
  const parts = named.map((_, i) => types.map((fields) => fields[i].type).reduce(both, null));
  return parts.includes(null) ? null : rowOf(named.map(({ name }, i) => ({ name, type: parts[i]! })));
}

function both(a: DataType | null, b: DataType, i: number): DataType | null {
  return i === 0 ? b : a && commonType(a, b);
}

/** Rows of other names as one type; all else as it is. Null with a problem. */
export function alikeRows(args: readonly Value[], values: ValueMaker): readonly Value[] | null {
  const type = commonRow(args);
  if (type === null) return args;
  const made = args.map((arg) => {
    return arg.type === null || sameType(arg.type, type) ? arg : castRow(arg, type, arg.at, "ROW", values);
  });
  return made.includes(null) ? null : made as Value[];
}
