import { NAME_PATTERN } from "../../core/schema.ts";

/** The head of a request that brings rows, or asks for a WebSocket that will. */
export interface Head {
  readonly method: "POST" | "GET";
  readonly path: string;
  readonly stream: string;
  /** By their names in lower case; that of the body's length is not among them. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyBytes: number;
  /** Bytes of the head, with the empty line. */
  readonly length: number;
}

const PATH = "/v1/streams/", SOCKET = "/ws", BODY_BYTES = "content-length", CARRIAGE_RETURN = 13, LINE_FEED = 10;
const encoder = new TextEncoder(), decoder = new TextDecoder();
const BEGINNINGS = [encoder.encode(`POST ${PATH}`), encoder.encode(`GET ${PATH}`)];
const REQUEST_LINE = /^(POST|GET) (\/v1\/streams\/([^/?#]+)(\/ws)?) HTTP\/1\.1$/;
const HEADER_LINE = /^([A-Za-z0-9-]+):[ \t]*([\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?[ \t]*$/;
/** Headers that mean more than what is done here. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "transfer-encoding",
  "content-encoding",
  "expect",
  "te",
  "trailer",
  "origin",
  "http2-settings",
]);

/**
 * Reads the head that `bytes` begins with. `part`: it may become one, when more has come. `other`: whatever is not a plain `POST /v1/streams/{stream}` with a length, or the
 * upgrade of `GET /v1/streams/{stream}/ws`, and whatever two readers of HTTP could understand in two ways.
 */
export function readHead(bytes: Uint8Array): Head | "part" | "other" {
  if (!BEGINNINGS.some((beginning) => beginsAlike(bytes, beginning))) return "other";
  const end = endOf(bytes);
  if (end < 0) return "part";
  const [first, ...lines] = decoder.decode(bytes.subarray(0, end)).split("\r\n");
  const request = REQUEST_LINE.exec(first), headers = readHeaders(lines);
  if (!request || !headers) return "other";
  const [, method, path, stream, socket] = request;
  if (!NAME_PATTERN.test(stream)) return "other";
  const told = headers.get(BODY_BYTES), head = { path, stream, headers, length: end + 4 };
  headers.delete(BODY_BYTES);
  if (method === "POST") {
    const isRows = socket === undefined && goesOn(headers) && /^\d{1,10}$/.test(told ?? "");
    return isRows ? { method, ...head, bodyBytes: Number(told) } : "other";
  }
  return socket === SOCKET && told === undefined ? { method: "GET", ...head, bodyBytes: 0 } : "other";
}

/** Whether the connection of a request with these headers goes on as it is. */
function goesOn(headers: ReadonlyMap<string, string>): boolean {
  return (headers.get("connection") ?? "keep-alive").toLowerCase() === "keep-alive" && !headers.has("upgrade");
}

function beginsAlike(bytes: Uint8Array, beginning: Uint8Array): boolean {
  const length = Math.min(bytes.length, beginning.length);
  for (let i = 0; i < length; i++) if (bytes[i] !== beginning[i]) return false;
  return true;
}

/** Where the empty line begins that ends the head, −1: it has not come. */
function endOf(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(CARRIAGE_RETURN); at >= 0; at = bytes.indexOf(CARRIAGE_RETURN, at + 1)) {
    if (bytes[at + 1] === LINE_FEED && bytes[at + 2] === CARRIAGE_RETURN && bytes[at + 3] === LINE_FEED) return at;
  }
  return -1;
}

/** Null: one of them is no header, comes twice, or means more than what is done here. */
function readHeaders(lines: readonly string[]): Map<string, string> | null {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = HEADER_LINE.exec(line);
    if (!match) return null;
    const name = match[1].toLowerCase();
    if (headers.has(name) || ELSEWHERE.has(name)) return null;
    headers.set(name, match[2] ?? "");
  }
  return headers;
}
