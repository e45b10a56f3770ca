import { type Column, type DataType, formatType } from "../core/schema.ts";
import { compileExpression, type Expression } from "../expr/mod.ts";
import type { Problems } from "./problems.ts";

/** The type of an expression over `columns`, or null with its problems added. */
export function typeOf(
  expression: Expression,
  columns: readonly Column[],
  path: string,
  problems: Problems,
): { readonly type: DataType; readonly nullable: boolean } | null {
  try {
    const { type, nullable } = compileExpression(expression, columns, path);
    return { type, nullable };
  } catch (thrown) {
    problems.addThrown(thrown, path);
    return null;
  }
}

/** Adds a problem unless the expression is a condition. */
export function checkBool(expression: Expression, columns: readonly Column[], path: string, problems: Problems): void {
  const found = typeOf(expression, columns, path, problems);
  if (found && found.type.kind !== "bool") {
    problems.add(path, `Expected a condition (bool), got ${formatType(found.type)}`, "Compare it with something");
  }
}
