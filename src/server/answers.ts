import type { Context } from "./context.ts";

const JSON_HEADERS = { "content-type": "application/json" };

/** An answer in JSON, with a line feed behind it for those who read it in a terminal. */
export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value) + "\n", { status, headers: JSON_HEADERS });
}

/** An answer whose JSON is written already. */
export function jsonText(text: string): Response {
  return new Response(text + "\n", { headers: JSON_HEADERS });
}

/** An answer in plain text. */
export function plainText(text: string, status = 200): Response {
  return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** Whether the request asks for JSON, and not for any type. */
export function acceptsJson(c: Context): boolean {
  const accepted = (c.req.header("accept") ?? "").toLowerCase().split(",").map((type) => type.split(";")[0].trim());
  return accepted.includes("application/json");
}
