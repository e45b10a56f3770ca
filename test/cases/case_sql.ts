import { caseColumns, type CaseSource, type CaseValue, type FlinkCase } from "./flink_cases.ts";

/** The column of a changelog's row kinds. */
const KIND_COLUMN = "row_kind";

/** The tests' own aggregate, as SQL has it: different values, joined. */
const CONCAT_DISTINCT = /\b(?:CONCAT_DISTINCT|concat_distinct_agg)\((`\w+`)\)/g;

/** A script that declares the sources of a case with their rows, then its views, then the query. */
export function caseScript({ sources, views, query }: FlinkCase): string {
  const asked = [...views, query.replace(CONCAT_DISTINCT, "LISTAGG(DISTINCT $1, '|')")];
  return [...sources.map(createTable), ...asked].map((statement) => `${statement};\n`).join("");
}

/** Whether a source has rows that go. */
function changes({ rows }: CaseSource): boolean {
  return rows.some(({ op }) => op !== "+I");
}

function createTable(source: CaseSource): string {
  const { columns } = caseColumns(source), changelog = changes(source);
  const definitions = source.schema.map((definition) => definition.replace(/^(\w+) (?=[A-Z]+)(?!AS |FOR )/, "`$1` "));
  if (changelog) definitions.splice(columns.length, 0, `${KIND_COLUMN} STRING NOT NULL`);
  const rows = source.rows.map(({ op, row }) => [...row.map(jsonOf), ...(changelog ? [op] : [])]);
  const options = [["connector", "values"], ["rows", JSON.stringify(rows)]];
  if (changelog) options.push(["changelog-mode", "all"], ["kind-column", KIND_COLUMN]);
  const given = options.map(([key, value]) => `  '${key}' = '${value.replaceAll("'", "''")}'`);
  return `CREATE TABLE ${source.name} (\n  ${definitions.join(",\n  ")}\n) WITH (\n${given.join(",\n")}\n)`;
}

function jsonOf(value: CaseValue): string | number | boolean | null {
  return typeof value === "object" && value !== null ? value.decimal : value;
}
