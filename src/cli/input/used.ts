import { BOOL, type Column, STRING } from "../../core/schema.ts";
import { FUTURE_SKEW_MS } from "../../core/limits.ts";
import { analysePlan } from "../../plan/compile.ts";
import type { Catalog, StreamInfo } from "../../plan/mod.ts";
import { compileSql } from "../../sql/mod.ts";
import { INPUT } from "./feed.ts";

/** A column that no script names, in front of all others: it is read where a plan reads rows and none of their columns. */
const NONE: Column = { name: "\u0000none", type: BOOL, nullable: true };

/**
 * The columns of the input that a script reads; only they may make a row bad. All of them where the script is wrong or explained, so that
 * what is told is of all. Where it reads none, one that takes anything.
 */
export function usedColumns(text: string, info: StreamInfo, catalog: Catalog): readonly Column[] {
  const { columns } = info, probed: StreamInfo = { ...info, columns: [NONE, ...columns] };
  const compiled = compileSql(text, withInput(catalog, probed), {
    name: "query",
    sink: { kind: "view", name: "result" },
    whole: true,
  });
  if (compiled.problems.length > 0 || compiled.explained.length > 0) return columns;
  const own = new Map(compiled.streams.map((stream) => [stream.name, stream])), used = new Set<string>();
  const known = withInput({
    ...catalog,
    stream(name) {
      const stream = own.get(name);
      return stream ? { ...stream, futureSkewMs: stream.futureSkewMs ?? FUTURE_SKEW_MS } : catalog.stream(name);
    },
  }, probed);
  for (const { plan } of compiled.pipelines) {
    for (const { stream, columns } of analysePlan(plan, known).physical.sources) {
      if (stream === INPUT) columns.forEach(({ name }) => used.add(name));
    }
  }
  const read = columns.filter(({ name }) => used.has(name) || name === info.time);
  return read.length > 0 ? read : [{ ...columns[0], type: STRING, nullable: true }];
}

function withInput(catalog: Catalog, info: StreamInfo): Catalog {
  return { ...catalog, stream: (name) => name === INPUT ? info : catalog.stream(name) };
}
