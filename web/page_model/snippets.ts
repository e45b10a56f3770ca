import { apiPath } from "./routes.ts";

/** Text inside an attribute's double quotes. */
function attribute(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** Text inside a shell's single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A component and its attributes, in the order they are written. */
export interface Embedded {
  readonly tag: string;
  readonly attributes: readonly (readonly [string, string | null])[];
}

/** The lines of HTML that show a view in any page. Attributes without a value are left out. */
export function embedLines(origin: string, components: readonly Embedded[]): string {
  const lines = components.map(({ tag, attributes }) => {
    const texts = attributes.filter(([, value]) => value !== null && value !== "")
      .map(([name, value]) => ` ${name}="${attribute(value!)}"`);
    return `<${tag}${texts.join("")}></${tag}>`;
  });
  return [`<script type="module" src="${origin}/assets/rdx-components.js"></script>`, ...lines].join("\n");
}

/** A curl line that sends one row. The token stands in it as the variable that holds it. */
export function sendLine(origin: string, stream: string, row: string, withToken: boolean): string {
  const token = withToken ? ` -H "authorization: Bearer $RDX_TOKEN"` : "";
  const url = origin + apiPath("streams", stream);
  return `curl${token} -H 'content-type: application/x-ndjson' --data-binary ${quoted(row)} ${quotedUrl(url)}`;
}

const FIRST_ROW = '{"sensor":"a","value":21.5}', FIRST_STREAM = "readings";
const FIRST_DECLARATION = '{"columns":[{"name":"sensor","type":"string"},{"name":"value","type":"double"}]}';

/** Lines with which the first row goes in. Only servers on loopback make streams by themselves; elsewhere one is declared first. */
export function firstLines(origin: string, withToken: boolean): string {
  const { hostname } = new URL(origin), send = sendLine(origin, FIRST_STREAM, FIRST_ROW, withToken);
  if (hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname)) return send;
  const declare = sendLine(origin, FIRST_STREAM, FIRST_DECLARATION, withToken)
    .replace(/^curl/, "curl -X PUT").replace("application/x-ndjson", "application/json");
  return `${declare}\n${send}`;
}

function quotedUrl(url: string): string {
  return /^[\w:/.[\]-]+$/.test(url) ? url : quoted(url);
}

/** Columns of a row to begin with; of wider streams it is a beginning only. */
const EXAMPLE_COLUMNS_MAX = 50;

/** A row that a stream with such columns takes. */
export function exampleRow(
  columns: readonly { readonly name: string; readonly type: string }[],
  nowMs: number,
): string {
  const values = columns.slice(0, EXAMPLE_COLUMNS_MAX).map(({ name, type }) =>
    `${JSON.stringify(name)}:${JSON.stringify(exampleValue(type, nowMs))}`
  );
  return `{${values.join(",")}}`;
}

function exampleValue(type: string, nowMs: number): unknown {
  if (type === "timestamp") return new Date(nowMs).toISOString();
  if (type === "string") return "a";
  if (type === "bool") return true;
  if (type === "bytes") return "AA==";
  if (type === "double") return 1.5;
  return type.startsWith("decimal") ? "1" : 1;
}
