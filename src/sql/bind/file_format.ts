import type { TableDefinition } from "./table.ts";

/** Formats of files by how their names end. */
const ENDINGS: Readonly<Record<string, string>> = {
  ndjson: "ndjson",
  jsonl: "ndjson",
  json: "ndjson",
  csv: "csv",
  arrow: "arrow",
};

/** The format of a table's file: what it says, or else what its path ends with; null: neither tells. */
export function formatOfFile({ options }: TableDefinition): string | null {
  const said = options.get("format")?.value, path = String(options.get("path")?.value ?? "");
  if (said !== undefined) return said === "json" ? "ndjson" : String(said);
  const ending = /\.(\w+)$/.exec(path)?.[1].toLowerCase() ?? "";
  return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : null;
}
