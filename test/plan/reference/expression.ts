import assert from "node:assert/strict";
import { type Expression, isColumn, isLiteral } from "../../../src/expr/mod.ts";

/** A value of a row; times are epoch ms. */
export type Cell = number | string | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

export function truth(cell: Cell): boolean {
  return cell === true;
}

/** Which comes first. */
export function compareCells(a: Cell, b: Cell): number {
  if (a === b) return 0;
  return a! < b! ? -1 : 1;
}

/** The few functions that random plans use, by the rules of SQL. */
export function evaluate(expression: Expression, row: Row): Cell {
  if (isColumn(expression)) {
    const cell = row[expression.column];
    return cell === undefined ? assert.fail(`There is no column ${expression.column}`) : cell;
  }
  if (isLiteral(expression)) {
    const { literal } = expression;
    return typeof literal === "object" && literal !== null ? assert.fail("Nested values do not occur") : literal;
  }
  const { call } = expression, args = expression.args.map((arg) => evaluate(arg, row));
  switch (call) {
    case "and":
      return args.includes(false) ? false : args.includes(null) ? null : true;
    case "or":
      return args.includes(true) ? true : args.includes(null) ? null : false;
    case "coalesce":
      return args.find((arg) => arg !== null) ?? null;
    case "is_null":
      return args[0] === null;
    case "case": {
      for (let i = 0; i + 1 < args.length; i += 2) if (args[i] === true) return args[i + 1];
      return args.length % 2 === 1 ? args[args.length - 1] : null;
    }
  }
  const [a, b] = args;
  if (a === null || b === null) return null;
  switch (call) {
    case "add":
      return Number(a) + Number(b);
    case "sub":
      return Number(a) - Number(b);
    case "gt":
      return compareCells(a, b) > 0;
    case "lt":
      return compareCells(a, b) < 0;
    case "eq":
      return a === b;
    default:
      return assert.fail(`The reference has no function ${call}`);
  }
}
