import { RdxError } from "../core/errors.ts";
import type { IngestRequest } from "../runtime/service.ts";

/** A content type and its parameters; names are in lower case. */
interface ContentType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** How a body is to be read. */
export type IngestFormat = Pick<IngestRequest, "format" | "header" | "delimiter">;

export const INGEST_TYPES = [
  "application/x-ndjson",
  "application/json",
  "text/csv",
  "application/vnd.apache.arrow.stream",
] as const;

const ACCEPTED = `expected ${INGEST_TYPES.slice(0, -1).join(", ")} or ${INGEST_TYPES.at(-1)}`;
const NDJSON_NAMES = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

/** Reads the content type of rows. Throws RdxError("unsupported_type") that lists what there is. */
export function ingestFormat(header: string | null): IngestFormat {
  if (header === null) throw new RdxError("unsupported_type", `The request has no content-type: ${ACCEPTED}`);
  const { type, parameters } = parseContentType(header);
  requireUtf8(parameters);
  if (NDJSON_NAMES.includes(type)) return { format: "ndjson" };
  if (type === "application/json") return { format: "json" };
  if (type === "text/csv") return csvFormat(parameters);
  if (type === "application/vnd.apache.arrow.stream") return { format: "arrow" };
  throw new RdxError("unsupported_type", `Cannot read content-type ${JSON.stringify(type)}: ${ACCEPTED}`);
}

export const SQL_TYPE = "application/sql";

/** Whether a body is a script of SQL. Throws RdxError("unsupported_type") for one that is not in UTF-8. */
export function isSql(request: Request): boolean {
  const header = request.headers.get("content-type");
  if (header === null) return false;
  const { type, parameters } = parseContentType(header);
  if (type !== SQL_TYPE) return false;
  requireUtf8(parameters);
  return true;
}

/** Throws RdxError("unsupported_type") for anything but JSON. */
export function requireJson(request: Request, what: string): void {
  const header = request.headers.get("content-type");
  if (header !== null) {
    const { type, parameters } = parseContentType(header);
    requireUtf8(parameters);
    if (type === "application/json" || type.endsWith("+json")) return;
  }
  const got = header === null ? "the request has no content-type" : `got ${JSON.stringify(header.slice(0, 200))}`;
  throw new RdxError("unsupported_type", `${what} is application/json: ${got}`);
}

function csvFormat(parameters: ReadonlyMap<string, string>): IngestFormat {
  const header = parameters.get("header") ?? "present", delimiter = parameters.get("delimiter") ?? ",";
  if (header !== "present" && header !== "absent") {
    throw new RdxError("unsupported_type", `Cannot read CSV with header=${header}: expected present or absent`);
  }
  const character = delimiter.toLowerCase() === "tab" ? "\t" : delimiter;
  if (!/^[\t\x20-\x7e]$/.test(character) || character === '"') {
    throw new RdxError(
      "unsupported_type",
      `Cannot read CSV with delimiter=${JSON.stringify(delimiter)}: expected one ASCII character but the quote, or tab`,
    );
  }
  return { format: "csv", header: header === "present", delimiter: character };
}

function requireUtf8(parameters: ReadonlyMap<string, string>): void {
  const charset = parameters.get("charset");
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw new RdxError("unsupported_type", `Cannot read charset ${JSON.stringify(charset)}: expected utf-8`);
  }
}

const PARAMETER = /;\s*(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|(;(?=\s*(?:;|$))|[^;\s"]*))\s*)?/y;

/** RFC 9110, 8.3.1: `type/subtype;name=value;name="quoted value"`; `delimiter=;` is understood without quotes too. */
function parseContentType(header: string): ContentType {
  const end = header.indexOf(";"), parameters = new Map<string, string>();
  const type = (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
  if (end < 0) return { type, parameters };
  PARAMETER.lastIndex = end;
  while (PARAMETER.lastIndex < header.length) {
    const at = PARAMETER.lastIndex, match = PARAMETER.exec(header);
    if (!match) {
      throw new RdxError(
        "unsupported_type",
        `Cannot read the parameters of the content-type from character ${at + 1} on`,
      );
    }
    const [, name, quoted, plain] = match;
    if (name) parameters.set(name.toLowerCase(), quoted !== undefined ? quoted.replace(/\\(.)/g, "$1") : plain);
  }
  return { type, parameters };
}
