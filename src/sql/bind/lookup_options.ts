import type { LookupNode } from "../../plan/mod.ts";
import { parseJson } from "./json.ts";
import type { Report } from "./report.ts";
import type { TableDefinition } from "./table.ts";

type Asked = Pick<LookupNode, "table"> & Partial<LookupNode>;

/** What CREATE TABLE says of a table that is looked up, as a node says it; null with a problem. */
export function lookupOptions(table: TableDefinition, report: Report): Asked | null {
  const { connector: { kind, options: specs }, options, name, at } = table;
  const value = (option: string) => options.get(option)?.value;
  const missing = Object.keys(specs).find((option) => specs[option].required && value(option) === undefined);
  if (missing !== undefined) {
    return report.add(at, `Table ${name} needs the option '${missing}'`, `Add WITH (…, '${missing}' = '…')`);
  }
  const given = (members: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  const headers = headersOf(table, report);
  if (headers === null) return null;
  const own = kind === "http"
    ? { url: value("url"), method: value("method"), rows: value("rows"), headers }
    : { path: value("path"), table: value("table") ?? name };
  return {
    table: { kind, ...given(own) },
    ...given({
      cache_rows: value("cache-rows"),
      cache_ttl_ms: value("cache-ttl"),
      batch_rows: value("batch-rows"),
      concurrency: value("concurrency"),
      timeout_ms: value("timeout"),
      on_error: value("on-error"),
    }),
  };
}

/** The headers of requests: a JSON object; undefined without any, null with a problem. */
export function headersOf({ options }: TableDefinition, report: Report): unknown | null {
  const option = options.get("headers");
  if (option === undefined) return undefined;
  const parsed = parseJson(String(option.value));
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  return report.add(
    option.at,
    "Option 'headers' must be JSON: an object with the value of each header, or with the place of it",
    `'headers' = '{"Authorization": {"env": "RDX_SECRET_TOKEN", "prefix": "Bearer "}}'`,
  );
}
