import { compileSql, describeProblem } from "../../../src/sql/mod.ts";
import { CATALOG } from "./catalog.ts";
import { planText } from "./plan_text.ts";

/** One block of a golden file: `# what it shows`, the SQL, `=>` and what comes of it. */
export interface Golden {
  readonly name: string;
  readonly sql: string;
  readonly expected: string;
}

export function readGolden(file: string): Golden[] {
  const text = Deno.readTextFileSync(new URL(`golden/${file}.txt`, import.meta.url));
  return text.split(/^# /m).slice(1).map((block) => {
    const [head, expected = ""] = block.split(/^=>\n/m), [name, ...sql] = head.split("\n");
    return { name, sql: sql.join("\n").trim(), expected: expected.trim() };
  });
}

/** What a script gives, as golden files have it: problems, or notes, streams and plans. */
export function compiledText(sql: string): string {
  const { problems, notes, streams, pipelines, explained } = compileSql(sql, CATALOG, { name: "p" });
  if (problems.length > 0) return problems.map((problem) => describeProblem(sql, problem)).join("\n");
  return [
    ...notes.map(({ line, column, reason, hint }) => `note ${line}:${column} ${reason}${hint ? `. ${hint}` : ""}`),
    ...streams.map((stream) => `stream ${JSON.stringify(stream)}`),
    ...[...pipelines, ...explained].flatMap(({ plan }) => planText(plan)),
  ].join("\n");
}
