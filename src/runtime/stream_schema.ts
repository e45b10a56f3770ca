import type { RowError } from "../codec.ts";
import { type ErrorDetail, RdxError } from "../core/errors.ts";
import { type Column, columnIndex, formatType, sameType } from "../core/schema.ts";
import { widerType } from "../core/wider_type.ts";
import { partitionProblems } from "./partitioning.ts";
import type { StreamDeclaration } from "./service.ts";

/** A declaration that makes sense: its event time is a column of times, and every row has it. Throws invalid_plan. */
export function checked(declaration: StreamDeclaration): StreamDeclaration {
  const { columns, time } = declaration, problems = partitionProblems(declaration);
  if (problems.length > 0) throw new RdxError("invalid_plan", problems[0].reason, problems);
  if (time === null) return declaration;
  const at = columnIndex(columns, time), kind = columns[at]?.type.kind;
  if (kind !== "timestamp" && kind !== "int64") {
    const reason = at < 0 ? `There is no column ${time}` : `Column ${time} is ${kind}: expected timestamp or int64`;
    throw new RdxError("invalid_plan", `Cannot use ${time} as event time`, [{ path: "time", reason }]);
  }
  return { ...declaration, columns: columns.map((column, i) => i === at ? { ...column, nullable: false } : column) };
}

/** A stream's declaration in the place of the one before. Throws RdxError("conflict") for one that takes away what rows have. */
export function declaredAgain(stream: string, before: StreamDeclaration, after: StreamDeclaration): StreamDeclaration {
  const { partitions = before.partitions ?? 1, partitionBy = before.partitionBy ?? [] } = after;
  const next = checked({ ...after, partitions, partitionBy }), differences: ErrorDetail[] = [];
  before.columns.forEach(({ name, type }, i) => {
    const other = next.columns[i], path = `columns[${i}]`;
    if (!other || other.name !== name) differences.push({ path, reason: `Column ${name} was here and has to stay` });
    else if (!sameType(other.type, type)) {
      const reason = `Column ${name} is ${formatType(type)} and cannot become ${formatType(other.type)}`;
      differences.push({ path, reason });
    }
  });
  if (partitions < (before.partitions ?? 1)) {
    const reason = `There are ${before.partitions} partitions, and rows in them: there can be more, not fewer`;
    differences.push({ path: "partitions", reason });
  }
  if (differences.length === 0) return next;
  throw new RdxError("conflict", `Stream ${stream} cannot be changed so: delete it first`, differences);
}

/** Columns of `known` in their places, widened to hold those of `found` too, then those that only `found` has. */
export function mergeColumns(known: readonly Column[], found: readonly Column[]): Column[] {
  const merged = known.map((column) => {
    const other = found[columnIndex(found, column.name)];
    return other ? { ...column, type: widerType(column.type, other.type) } : column;
  });
  return [...merged, ...found.filter(({ name }) => columnIndex(known, name) < 0)];
}

/** A row's error as answers list it. */
export function detailOf({ line, column, field, reason }: RowError): ErrorDetail {
  return { line, column, ...(field === null ? {} : { field }), reason };
}

/** Identifies the content of a body. */
export async function digestOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
