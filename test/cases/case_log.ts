import type { Value } from "../../src/core/value.ts";
import type { PlanNode } from "../../src/plan/plan.ts";
import type { LogEntry } from "../reference/engine.ts";
import { caseColumns, type CaseSource, type CaseValue } from "./flink_cases.ts";

/** What SQL types of the sources are in plans. */
export function planType(sqlType: string): string {
  const names: Readonly<Record<string, string>> = { STRING: "string", INT: "int64", DOUBLE: "double", FLOAT: "double" };
  return names[sqlType] ?? sqlType.toLowerCase();
}

/** A source as a node whose id is its name; `rowtime` is a column of its rows. */
export function sourceNode(source: CaseSource): PlanNode {
  const { columns, delayMs } = caseColumns(source);
  const declared = columns.map(({ name, type }) => ({ name, type: planType(type), nullable: true }));
  const rowtime = { name: "rowtime", type: "timestamp", nullable: false };
  const connector = { kind: "values", rows: [] } as const;
  return {
    id: source.name,
    op: "source",
    connector,
    columns: [...declared, rowtime],
    time: "rowtime",
    delay_ms: delayMs,
  };
}

/** Epoch milliseconds of a text like `2020-10-10 00:00:01`. */
export function readTime(text: CaseValue): number {
  return Date.parse(`${String(text).replace(" ", "T")}Z`);
}

/** The rows of the sources by turns, then their ends. */
export function caseLog(sources: readonly CaseSource[]): LogEntry[] {
  const log: LogEntry[] = [], longest = Math.max(...sources.map(({ rows }) => rows.length));
  for (let i = 0; i < longest; i++) {
    for (const source of sources.filter(({ rows }) => i < rows.length)) {
      const { op, row } = source.rows[i], { columns } = caseColumns(source);
      const values = row.map((value, at) => cellOf(value, planType(columns[at].type)));
      log.push({ source: source.name, kind: op, values: [...values, BigInt(readTime(row[0]))] });
    }
  }
  return [...log, ...sources.map(({ name }) => ({ source: name, end: true } as const))];
}

function cellOf(value: CaseValue, type: string): Value {
  if (typeof value === "object" && value !== null) return BigInt(value.decimal.replace(".", ""));
  return typeof value === "number" && type === "int64" ? BigInt(value) : value;
}
