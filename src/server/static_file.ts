import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Context } from "./context.ts";

const DIGITS = 32;

/**
 * Bytes that do not change while the server runs. Clients keep them and ask each time whether they are still right: the tag is a hash of
 * the bytes, one for each encoding.
 */
export class StaticFile {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #hash: string;
  #packed: Uint8Array<ArrayBuffer> | null = null;

  /** `headers` stand at every answer, the type of the content among them. */
  constructor(bytes: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>) {
    this.#bytes = bytes;
    this.#headers = headers;
    this.#hash = createHash("sha256").update(bytes).digest("hex").slice(0, DIGITS);
  }

  /** The file, packed where the client takes that; 304 when the client has it. */
  answer(c: Context): Response {
    const packed = acceptsGzip(c.req.header("accept-encoding")), tag = `"${this.#hash}${packed ? "-gzip" : ""}"`;
    const headers = { ...this.#headers, etag: tag, vary: "accept-encoding", "cache-control": "no-cache" };
    if (hasTag(c.req.header("if-none-match"), tag)) return new Response(null, { status: 304, headers });
    if (!packed) return new Response(this.#bytes, { headers });
    this.#packed ??= new Uint8Array(gzipSync(this.#bytes));
    return new Response(this.#packed, { headers: { ...headers, "content-encoding": "gzip" } });
  }
}

function acceptsGzip(header = ""): boolean {
  return header.split(",").some((part) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/i.test(part));
}

/** Weak tags are compared as strong ones: proxies make them so (RFC 9110, 13.1.2). */
function hasTag(header = "", tag: string): boolean {
  return header.split(",").some((part) => part.trim() === "*" || part.trim().replace(/^W\//, "") === tag);
}
