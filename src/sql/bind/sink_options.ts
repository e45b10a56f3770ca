import type { SinkOptions } from "../../plan/mod.ts";
import type * as ast from "../ast.ts";
import type { Context } from "./context.ts";
import { formatOfFile } from "./file_format.ts";
import { headersOf } from "./lookup_options.ts";
import type { TableDefinition } from "./table.ts";

/** What a table of the script is as a sink; null with a problem. */
export function sinkOf(table: TableDefinition, at: ast.Span, { report, catalog }: Context): SinkOptions | null {
  const { connector, options, name, primaryKey } = table, value = (option: string) => options.get(option)?.value;
  if (!connector.writes) {
    return report.add(
      at,
      `Table ${name} can only be ${connector.looksUp ? "looked up" : "read"}: its connector is ${table.connectorName}`,
    );
  }
  const missing = Object.keys(connector.options).find((option) =>
    connector.options[option].required && value(option) === undefined
  );
  if (missing !== undefined) {
    return report.add(table.at, `Table ${name} needs the option '${missing}'`, `Add WITH (…, '${missing}' = '…')`);
  }
  const changelog = value("changelog") === true ? true : undefined, format = formatOfFile(table);
  switch (connector.kind) {
    case "view":
      return { kind: "view", name: value("view") ?? name };
    case "file":
      if (format !== null) return given({ kind: "file", path: value("path"), format, changelog });
      return report.add(
        table.at,
        `Table ${name} needs the option 'format'`,
        "Add WITH (…, 'format' = 'ndjson'), csv or arrow",
      );
    case "stdout":
      return given({ kind: "stdout", format: format ?? "ndjson", changelog });
    case "discard":
      return { kind: "discard" };
    case "sqlite":
      return given({
        kind: "sqlite",
        path: value("path"),
        table: value("table") ?? name,
        keys: primaryKey ?? undefined,
      });
    case "files":
      return given({
        kind: "files",
        path: value("path"),
        format: format ?? "ndjson",
        compression: value("compression"),
        roll_rows: value("roll-rows"),
        roll_bytes: value("roll-bytes"),
        roll_ms: value("roll-interval"),
        changelog,
      });
    case "webhook": {
      const headers = headersOf(table, report);
      return headers === null ? null : given({
        kind: "webhook",
        url: value("url"),
        headers,
        format: value("format"),
        batch_rows: value("batch-rows"),
        timeout_ms: value("timeout"),
        on_refused: value("on-refused"),
        outbox: value("outbox"),
        changelog,
      });
    }
    default:
      if (catalog.sinkKinds.has(connector.kind)) return { kind: connector.kind, name: value(connector.kind) ?? name };
      return report.add(
        at,
        `Cannot write to the ${connector.kind} ${name}: results go to views, files, tables of SQLite, webhooks and stdout`,
        "Add WITH ('connector' = 'view')",
      );
  }
}

/** The options that have a value. */
function given(options: SinkOptions): SinkOptions {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries), kind: options.kind };
}
