import { type DataType, formatType, isDecimal } from "../../core/schema.ts";
import { type Expression, isCall, isLiteral } from "../../expr/mod.ts";
import { parseIsoTimestamp } from "../../expr/timestamp.ts";
import { commonType, nameOf } from "../../expr/type.ts";
import type * as ast from "../ast.ts";
import type { BoundQuery, Context } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { defaultName } from "./outputs.ts";
import { Scope } from "./scope.ts";
import type { Value } from "./value.ts";
import { counted } from "./words.ts";

/** Rows that stand in the text: a source that holds them. Null with problems. */
export function bindValues({ rows, at }: ast.Values, context: Context): BoundQuery | null {
  const { report, values, nodes } = context,
    binder = new ExpressionBinder(values, { scope: new Scope([]), clause: "VALUES" });
  const width = rows[0].length;
  const bound = rows.map((row) => {
    if (row.length !== width) {
      const at = { start: row[0].at.start, end: row[row.length - 1].at.end };
      return report.add(at, `This row has ${counted(row.length, "value")}, and the first has ${width}`);
    }
    const cells = binder.bindAll(row);
    if (cells === null) return null;
    const odd = cells.find(({ expr }) => constantOf(expr) === undefined);
    return odd ? report.add(odd.at, "VALUES takes literals", "Compute it in a SELECT around it") : cells;
  });
  if (bound.includes(null)) return null;
  const cells = bound as Value[][];
  const types = Array.from({ length: width }, (_, c) => columnType(cells.map((row) => row[c]), context));
  if (types.includes(null)) return null;
  const columns = types.map((type, c) => ({
    name: defaultName(c),
    type: formatType(type!),
    nullable: cells.some((row) => row[c].nullable),
  }));
  const json = cells.map((row) => row.map((cell, c) => jsonOf(cell, types[c]!)));
  const node = nodes.plan.add("source", [], { connector: { kind: "values", rows: json }, columns }, at);
  const outputs = columns.map(({ name, nullable }, c) => ({
    name,
    column: nodes.columns.make(name, { type: types[c]!, nullable }),
  }));
  const facts = { times: new Set<string>(), windows: new Map(), windowed: false, changes: false };
  return { relation: { node, columns: outputs, ...facts }, outputs };
}

function columnType(cells: readonly Value[], { report }: Context): DataType | null {
  let common: DataType | null = null;
  for (const { type, at } of cells) {
    const next = commonType(common, type);
    if (next === null && type !== null) {
      return report.add(at, `This is ${nameOf(type)}, and above it stands ${nameOf(common)}`, "Cast one of them");
    }
    common = next;
  }
  return common ?? report.add(cells[0].at, "NULL has no type here", "Give it one: CAST(NULL AS STRING)");
}

/** What literals, and arrays, maps and rows of them, are in JSON; undefined for what is computed. */
function constantOf(expr: Expression): unknown {
  if (isLiteral(expr)) return expr.literal;
  if (!isCall(expr) || !["array", "map", "row"].includes(expr.call)) return undefined;
  const args = expr.args.map(constantOf);
  if (args.includes(undefined)) return undefined;
  if (expr.call === "array") return args;
  return Object.fromEntries(args.flatMap((key, i) => i % 2 === 0 ? [[String(key), args[i + 1]]] : []));
}

/** A literal as rows have it in JSON. */
function jsonOf({ expr }: Value, type: DataType): unknown {
  if (type.nested) return constantOf(expr);
  if (!isLiteral(expr) || expr.literal === null) return null;
  const { literal } = expr;
  if (type.kind === "timestamp" && typeof literal === "string") {
    return new Date(parseIsoTimestamp(literal)!).toISOString();
  }
  if (isDecimal(type)) return String(literal);
  return type.kind === "double" ? Number(literal) : literal;
}
