import assert from "node:assert/strict";
import type { Expression, Query, Select, Statement } from "../../src/sql/ast.ts";
import { describeProblem } from "../../src/sql/errors.ts";
import { parseSql } from "../../src/sql/parse.ts";

/** The statements of a script that must be right. */
export function statements(source: string): readonly Statement[] {
  const { statements, problems } = parseSql(source);
  assert.deepEqual(problems.map((problem) => describeProblem(source, problem)), []);
  return statements;
}

/** The only statement of a script, of the kind that is asked for. */
export function statement<Kind extends Statement["kind"]>(
  source: string,
  kind: Kind,
): Extract<Statement, { kind: Kind }> {
  const [one, ...others] = statements(source);
  assert.deepEqual(others, []);
  assert.equal(one.kind, kind);
  return one as Extract<Statement, { kind: Kind }>;
}

export function query(source: string): Query {
  return statement(source, "query_statement").query;
}

export function select(source: string): Select {
  const { body } = query(source);
  assert.equal(body.kind, "select");
  return body as Select;
}

/** An expression, as it stands in a select list. */
export function expression(source: string): Expression {
  const [item] = select(`SELECT ${source}`).items;
  assert.equal(item.kind, "expression");
  return (item as { expr: Expression }).expr;
}

type Plain = { [member: string]: unknown };

/** A tree without places, for comparison. */
export function bare(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(bare);
  if (typeof tree !== "object" || tree === null) return tree;
  const entries = Object.entries(tree as Plain).filter(([name]) => !/^(?:a|keyA|valueA)t$/.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, bare(value)]));
}

/** An expression as nested lists, short enough to be written down: `["+", "a", ["*", "b", "2"]]`. */
export function shape(expr: Expression): unknown {
  switch (expr.kind) {
    case "column":
      return expr.parts.map(({ name }) => name).join(".");
    case "number":
      return expr.text;
    case "string":
      return `'${expr.value}'`;
    case "null":
      return "NULL";
    case "boolean":
      return expr.value;
    case "unary":
      return [expr.op, shape(expr.arg)];
    case "binary":
      return [expr.op, shape(expr.left), shape(expr.right)];
    case "logical":
      return [expr.op, ...expr.args.map(shape)];
    case "is":
      return [`IS${expr.not ? " NOT" : ""} ${expr.what}`, shape(expr.arg)];
    case "is_distinct":
      return [`IS${expr.not ? " NOT" : ""} DISTINCT`, shape(expr.left), shape(expr.right)];
    case "like":
      return [`${expr.not ? "NOT " : ""}${expr.form}`, shape(expr.arg), shape(expr.pattern)];
    case "between":
      return [`${expr.not ? "NOT " : ""}BETWEEN`, shape(expr.arg), shape(expr.low), shape(expr.high)];
    case "in_list":
      return [`${expr.not ? "NOT " : ""}IN`, shape(expr.arg), ...expr.items.map(shape)];
    case "cast":
      return ["CAST", shape(expr.arg), expr.type.name];
    case "index":
      return ["[]", shape(expr.of), shape(expr.index)];
    case "field":
      return [".", shape(expr.of), expr.name.name];
    case "call":
      return [expr.name.parts.map(({ name }) => name).join("."), ...expr.args.map(shape)];
    case "row":
      return ["ROW", ...expr.items.map(shape)];
    default:
      return [expr.kind];
  }
}
