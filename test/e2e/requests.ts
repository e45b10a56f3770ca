import assert from "node:assert/strict";
import type { TestServer } from "./server.ts";

export const NDJSON = "application/x-ndjson", JSON_TYPE = "application/json", CSV = "text/csv";

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Null when the answer is no JSON. Numbers are doubles here: exact digits are in `text`. */
  // deno-lint-ignore no-explicit-any
  readonly json: Record<string, any>;
}

export type Body = string | Uint8Array<ArrayBuffer>;

/** Sends a request and reads its answer. */
export async function ask(server: TestServer, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await server.fetch(path, init), text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
}

/** Posts rows to a stream. */
export function post(
  server: TestServer,
  stream: string,
  body: Body,
  type = NDJSON,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return ask(server, `/v1/streams/${stream}`, { method: "POST", body, headers: { "content-type": type, ...headers } });
}

/** Puts a plan or a declaration, whatever comes of it. */
export function put(server: TestServer, path: string, body: unknown): Promise<Answer> {
  return ask(server, path, { method: "PUT", body: JSON.stringify(body), headers: { "content-type": JSON_TYPE } });
}

/** Posts rows that are all good. */
export async function send(server: TestServer, stream: string, rows: readonly unknown[]): Promise<void> {
  const { status, text, json } = await post(server, stream, toLines(rows));
  assert.equal(status, 200, text);
  assert.equal(json.accepted, rows.length, text);
}

/** Rows as NDJSON. */
export function toLines(rows: readonly unknown[]): string {
  return rows.map((row) => JSON.stringify(row) + "\n").join("");
}

/** The value of a metric with exactly these labels, 0 when there is none yet. */
export async function metric(server: TestServer, name: string, labels: Record<string, string> = {}): Promise<number> {
  const { text } = await ask(server, "/metrics");
  const shown = Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join(",");
  const start = `${name}${shown === "" ? "" : `{${shown}}`} `;
  const line = text.split("\n").find((one) => one.startsWith(start));
  return line === undefined ? 0 : Number(line.slice(start.length));
}

/** Whether the server still answers. */
export async function isHealthy(server: TestServer): Promise<boolean> {
  const { status, text } = await ask(server, "/healthz");
  return status === 200 && text === "ok\n";
}

/** The rows of an NDJSON file. */
// deno-lint-ignore no-explicit-any
export async function readLines(path: string): Promise<Record<string, any>[]> {
  const text = await Deno.readTextFile(path);
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
