import { COLUMNS_MAX } from "../core/limits.ts";
import { type Column, columnIndex, STRING, TIMESTAMP } from "../core/schema.ts";

const SUFFIX = ".late";

/**
 * What stands in front of a late row: the watermark that it met, the pipeline, and the ids of the nodes that left it out then, with
 * spaces between.
 */
export const LATE_OWN_COLUMNS: readonly Column[] = [
  { name: "$watermark", type: TIMESTAMP, nullable: false },
  { name: "$pipeline", type: STRING, nullable: false },
  { name: "$nodes", type: STRING, nullable: false },
];

/** The name of the stream that takes the late rows of `stream`. */
export function lateName(stream: string): string {
  return stream + SUFFIX;
}

/** The stream whose late rows a stream of this name takes, or null. */
export function streamOfLate(name: string): string | null {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : null;
}

/** Whether names like this are those of rows that streams put aside, which nobody else makes and writes. */
export function isSideName(name: string): boolean {
  return /\.(?:late|dead)$/.test(name);
}

/** How many pipelines stand at least between a stream and what was sent: each may leave rows out for the next. */
export function sideDepth({ stream }: { readonly stream: string | null }): number {
  return /(?:\.(?:late|dead))*$/.exec(stream ?? "")![0].length / SUFFIX.length;
}

/**
 * The columns of a stream's late rows: LATE_OWN_COLUMNS, then those of the stream in their order, as far as a stream has room for them.
 * Names that are taken get a `$` in front. Columns that are added later change nothing of those before them.
 */
export function lateColumns(columns: readonly Column[]): Column[] {
  const all = [...LATE_OWN_COLUMNS];
  for (const column of columns.slice(0, COLUMNS_MAX - all.length)) {
    let { name } = column;
    while (columnIndex(all, name) >= 0) name = `$${name}`;
    all.push({ ...column, name });
  }
  return all;
}
