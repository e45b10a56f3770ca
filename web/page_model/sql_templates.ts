import type { TemplateStream } from "./templates.ts";

/** A script and the name under which it would be deployed. */
export interface NamedScript {
  readonly name: string;
  readonly text: string;
}

export interface SqlTemplate {
  readonly title: string;
  /** `quote` makes a name one of SQL; `there` says whether the stream exists, else the script declares it. */
  readonly make: (stream: TemplateStream, quote: (name: string) => string, there: boolean) => NamedScript;
  /** The one stream that it is about, if it is about one. */
  readonly stream?: string;
}

const NUMBER = /^(int64|double|decimal)/;
const TOTALS_MAX = 3;
const HOUR = "INTERVAL '1' HOUR";

/** Names any text in SQL: what stands for the tools' own way while those are not loaded. */
export function quoteAlways(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Counts rows and sums numbers hour by hour, by the first column of text. Without a column of time the arrival counts. */
function hourlyCounts(stream: TemplateStream, quote: (name: string) => string, there: boolean): NamedScript {
  const time = stream.time ?? stream.columns.find(({ type }) => type === "timestamp")?.name;
  const keys = stream.columns.filter(({ type }) => type === "string").slice(0, 1).map(({ name }) => quote(name));
  const totals = stream.columns.filter(({ name, type }) => NUMBER.test(type) && name !== time).slice(0, TOTALS_MAX)
    .map(({ name }) => `SUM(${quote(name)}) AS ${quote(`total_${name}`)}`);
  const rows = time === undefined ? `(SELECT *, PROCTIME() AS arrival FROM ${quote(stream.name)})` : null;
  const start = rows ? `TUMBLE_START(arrival, ${HOUR}) AS window_start` : "window_start";
  const columns = [start, ...(rows ? [] : ["window_end"]), ...keys, "COUNT(*) AS row_count", ...totals];
  const from = rows ?? `TABLE(TUMBLE(TABLE ${quote(stream.name)}, DESCRIPTOR(${quote(time!)}), ${HOUR}))`;
  const groups = [...(rows ? [`TUMBLE(arrival, ${HOUR})`] : ["window_start", "window_end"]), ...keys];
  const select = `SELECT ${columns.join(", ")}\nFROM ${from}\nGROUP BY ${groups.join(", ")};\n`;
  return { name: scriptName(stream, "hourly"), text: declaration(stream, quote, there) + select };
}

/** Shows some rows as they come. */
function someRows(stream: TemplateStream, quote: (name: string) => string, there: boolean): NamedScript {
  const number = stream.columns.find(({ name, type }) => NUMBER.test(type) && name !== stream.time);
  const some = number ?? stream.columns[0], name = quote(some?.name ?? "column");
  const where = number ? `${name} > 0` : `${name} IS NOT NULL`;
  const select = `SELECT *\nFROM ${quote(stream.name)}\nWHERE ${where};\n`;
  return { name: scriptName(stream, "some"), text: declaration(stream, quote, there) + select };
}

/** What every key has come to, with each row anew. */
function totalsNow(stream: TemplateStream, quote: (name: string) => string, there: boolean): NamedScript {
  const keys = stream.columns.filter(({ type }) => type === "string").slice(0, 1).map(({ name }) => quote(name));
  const columns = [...keys, "COUNT(*) AS row_count"], group = keys.length > 0 ? `\nGROUP BY ${keys.join(", ")}` : "";
  const select = `SELECT ${columns.join(", ")}\nFROM ${quote(stream.name)}${group};\n`;
  return { name: scriptName(stream, "totals"), text: declaration(stream, quote, there) + select };
}

/** The flights' plans as SQL: the same views. */
export function flightsScript(name: string, view: string, window: string): NamedScript {
  return {
    name,
    text: `CREATE MATERIALIZED VIEW ${view} AS
SELECT window_start, window_end, origin, AVG(CAST(delay AS DOUBLE)) AS avg_delay, MAX(delay) AS max_delay, COUNT(*) AS flights
FROM TABLE(${window})
GROUP BY window_start, window_end, origin;
`,
  };
}

export const FLIGHTS_HOURLY = flightsScript(
  "flights_hourly",
  "delays_hourly",
  "TUMBLE(TABLE flights, DESCRIPTOR(ts), INTERVAL '1' HOUR)",
);
export const FLIGHTS_DAILY = flightsScript(
  "flights_daily",
  "delays_daily",
  "HOP(TABLE flights, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '1' DAY)",
);

export const SQL_TEMPLATES: readonly SqlTemplate[] = [
  { title: "Hourly counts", make: hourlyCounts },
  { title: "Totals", make: totalsNow },
  { title: "Some rows", make: someRows },
  { title: "Flights by the hour", make: () => FLIGHTS_HOURLY, stream: "flights" },
  { title: "Flights of a day, every hour", make: () => FLIGHTS_DAILY, stream: "flights" },
];

const TYPES: Readonly<Record<string, string>> = { timestamp: "TIMESTAMP(3)", int64: "BIGINT", bool: "BOOLEAN" };

function declaration({ name, columns, time }: TemplateStream, quote: (name: string) => string, there: boolean): string {
  if (there) return "";
  const lines = columns.map((column) => `${quote(column.name)} ${TYPES[column.type] ?? column.type.toUpperCase()}`);
  if (time !== null) lines.push(`WATERMARK FOR ${quote(time)} AS ${quote(time)}`);
  return `CREATE STREAM ${quote(name)} (\n${lines.map((line) => `  ${line}`).join(",\n")}\n);\n\n`;
}

function scriptName({ name }: TemplateStream, what: string): string {
  return `${name.replaceAll(".", "_").slice(0, 120)}_${what}`;
}
