import type { RowKind } from "../../src/core/batch.ts";

/** A value of a row as the file has it: decimals keep their digits. */
export type CaseValue = string | number | boolean | null | { readonly decimal: string };

export interface CaseRow {
  readonly op: RowKind;
  readonly row: readonly CaseValue[];
}

export interface CaseSource {
  readonly name: string;
  /** Column definitions and the watermark, in Flink's SQL. */
  readonly schema: readonly string[];
  readonly rows: readonly CaseRow[];
}

/** A test of Apache Flink: what a query over these sources gives. */
export interface FlinkCase {
  readonly id: string;
  readonly query: string;
  readonly sources: readonly CaseSource[];
  /** `CREATE VIEW` statements that the query needs. */
  readonly views: readonly string[];
  /** Rows as comma-joined values, in any order. */
  readonly expected: readonly string[];
}

const COUNTS =
  `COUNT(*) AS cnt, SUM(\`bigdec\`) AS sum_bigdec, MAX(\`double\`) AS max_double, MIN(\`float\`) AS min_float,
  COUNT(DISTINCT \`string\`) AS uv FROM TABLE(TUMBLE(TABLE T1, DESCRIPTOR(rowtime), INTERVAL '5' SECOND))`;

function cascade(keys: string, by: string): string {
  return `CREATE VIEW V1 AS SELECT ${keys}, window_time AS rowtime, ${COUNTS}
  GROUP BY ${by}, window_start, window_end, window_time`;
}

const SETS = "GROUPING_ID(`name`) AS group_id, `name`";

/** Views that the tests make before their query; the file has the queries only. */
const VIEWS: Readonly<Record<string, string>> = {
  "WindowDistinctAggregateITCase.testCascadingTumbleWindow": cascade("`name`", "`name`"),
  "WindowDistinctAggregateITCase.testCascadingTumbleWindow_GroupingSets": cascade(SETS, "GROUPING SETS((`name`), ())"),
  "WindowDistinctAggregateITCase.testCascadingTumbleWindow_Cube": cascade(SETS, "CUBE(`name`)"),
  "WindowDistinctAggregateITCase.testCascadingTumbleWindow_Rollup": cascade(SETS, "ROLLUP(`name`)"),
};

/** The source of a test whose query names a table that the file does not have. */
const MY_TABLE: CaseSource = {
  name: "MyTable",
  schema: [
    "ts STRING",
    "int INT",
    "string STRING",
    "name STRING",
    "rowtime AS TO_TIMESTAMP(ts)",
    "WATERMARK FOR rowtime AS rowtime - INTERVAL '1' SECOND",
  ],
  rows: [
    { op: "+I", row: ["2020-10-10 00:00:01", 1, "s1", "a"] },
    { op: "+I", row: ["2020-10-10 00:00:04", 1, "s2", "a"] },
    { op: "-D", row: ["2020-10-10 00:00:06", 3, "s3", "a"] },
  ],
};
const SOURCES: Readonly<Record<string, readonly CaseSource[]>> = {
  "WindowAggregateITCase.testRetractPreviousSlicingStateWithSlicingWindow": [MY_TABLE],
};

/** Cases that are not run, and why. */
export const SKIPPED: Readonly<Record<string, string>> = {
  "WindowAggregateITCase.testRetractPreviousSlicingStateWithSlicingWindow":
    "It expects a window with a count of -1, of a row that goes and never came: a defect by its own comment (FLINK-33760)",
  "WindowAggregateITCase.testEventTimeSessionWindowWithCDCSource":
    "Its deletes have another time, in two columns, than the rows that they take back: rdx takes rows back that equal theirs",
};

interface FileCase {
  readonly id: string;
  readonly query: string;
  readonly sources: readonly CaseSource[];
  readonly expected: readonly string[];
}

/** The cases of the file, each with the views and sources that belong to it. */
export async function flinkCases(): Promise<FlinkCase[]> {
  const path = new URL("../data/flink-itcase-window.json", import.meta.url);
  const cases = JSON.parse(await Deno.readTextFile(path)) as FileCase[];
  return cases.map(({ id, query, sources, expected }) => ({
    id,
    query,
    sources: SOURCES[id] ?? sources,
    views: VIEWS[id] ? [VIEWS[id]] : [],
    expected: wholeRows(expected),
  }));
}

/** Long rows stand in the file as two strings, as the tests wrote them: the first ends with a comma. */
function wholeRows(expected: readonly string[]): string[] {
  const rows: string[] = [];
  let begun = "";
  for (const piece of expected) {
    begun += piece;
    if (piece.endsWith(",")) continue;
    rows.push(begun);
    begun = "";
  }
  return rows;
}

/** The columns of a source that its rows have, with their SQL types, and how far its watermark stays behind. */
export interface CaseColumns {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly delayMs: number;
}

/** Reads a source's schema. All have a time `rowtime`, which is `ts` read as a timestamp. */
export function caseColumns({ schema }: CaseSource): CaseColumns {
  const columns = schema.flatMap((definition) => {
    const [, name, type] = /^(\w+) ([A-Z]+(?:\(.*\))?)$/.exec(definition) ?? [];
    return name === undefined ? [] : [{ name, type }];
  });
  const [, seconds] = /^WATERMARK FOR rowtime AS rowtime - INTERVAL '(\d+)' SECOND$/.exec(schema.at(-1)!) ?? [];
  if (seconds === undefined) throw new Error(`Unknown watermark: ${schema.at(-1)}`);
  return { columns, delayMs: Number(seconds) * 1000 };
}
