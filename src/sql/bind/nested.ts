import { STRING } from "../../core/schema.ts";
import { nameOf } from "../../expr/type.ts";
import type * as ast from "../ast.ts";
import type { ExpressionBinder } from "./expression.ts";
import { harmonise } from "./operators.ts";
import type { Value, ValueMaker } from "./value.ts";

type Nested = ast.FieldAccess | ast.IndexAccess | ast.ArrayConstructor | ast.MapConstructor | ast.RowConstructor;

/** Parts of nested values, and what makes these. */
export function bindNested(expression: Nested, binder: ExpressionBinder): Value | null {
  const { values } = binder, { at } = expression;
  switch (expression.kind) {
    case "field": {
      const of = binder.bind(expression.of);
      return of && fieldOf(of, expression.name, at, values);
    }
    case "index": {
      const parts = binder.bindAll([expression.of, expression.index]);
      return parts && values.call("element", parts, at, "An item");
    }
    case "array": {
      const items = binder.bindAll(expression.items), alike = items && harmonise(items, values);
      return alike && values.call("array", alike, at, "ARRAY");
    }
    case "map":
      return bindMap(expression, binder);
    case "row":
      return bindRow(expression, binder);
  }
}

/** The field of a row, or what a map or JSON has under a name. A name that is not there is looked for whatever its case. */
export function fieldOf(of: Value, { name, quoted, at: nameAt }: ast.Identifier, at: ast.Span, values: ValueMaker) {
  const nested = of.type?.nested;
  if (nested === undefined || nested.of === "array") {
    const hint = nested ? "Take an item first: a[1].b" : "Name the field as a column: `a.b` for b of the object a";
    return values.report.add(at, `Only rows, maps and JSON have fields, and this is ${nameOf(of.type)}`, hint);
  }
  const names = nested.of === "row" ? nested.fields.map((field) => field.name) : [name];
  const same = names.find((one) => one === name) ??
    (quoted ? undefined : names.find((one) => one.toLowerCase() === name.toLowerCase()));
  if (same === undefined) {
    return values.report.add(nameAt, `${nameOf(of.type)} has no field ${name}`, `Fields: ${names.join(", ")}`);
  }
  return values.call("field", [of, values.literal(same, STRING, nameAt)], at, "A field");
}

function bindMap({ entries, at }: ast.MapConstructor, binder: ExpressionBinder): Value | null {
  const { values } = binder;
  const keys = binder.bindAll(entries.map(({ key }) => key)), found = binder.bindAll(entries.map(({ value }) => value));
  const alike = found && harmonise(found, values);
  return keys && alike && values.call("map", keys.flatMap((key, i) => [key, alike[i]]), at, "MAP");
}

/** Fields are named by their columns, else by their places. */
function bindRow({ items, at }: ast.RowConstructor, binder: ExpressionBinder): Value | null {
  const { values } = binder, bound = binder.bindAll(items), taken = new Set<string>();
  if (bound === null) return null;
  if (bound.length === 0) return values.report.add(at, "A row has fields", "Write ROW(a, b)");
  const args = bound.flatMap((value, i) => {
    const item = items[i], own = item.kind === "column" ? item.parts[item.parts.length - 1].name : `f${i}`;
    const name = taken.has(own) ? `f${i}` : own;
    taken.add(name);
    return [values.literal(name, STRING, value.at), value];
  });
  return values.call("row", args, at, "ROW");
}
