/*
 * What an element's `src` names: a view, a pipeline or a stream of a server.
 *
 *   src="/v1/views/delays?key=Oslo&limit=500"   server="https://rdx.example"   ─▶  { base, kind: "views", name: "delays", … }
 */
export type Thing = "views" | "pipelines" | "streams";

export interface Source {
  /** The server's address without a slash at its end. */
  readonly base: string;
  readonly name: string;
  /** The path of the thing, with the name escaped. */
  readonly path: string;
  readonly keys: readonly string[];
  readonly limit: number | null;
}

/** Reads `src` against `server` (default: the page's address). Returns a sentence when it names no such thing. */
export function parseSource(src: string | null, server: string | null, page: string, thing: Thing): Source | string {
  const example = `/v1/${thing}/<name>`;
  if (!src?.trim()) return `Set the attribute src, as in src="${example}"`;
  let url: URL;
  try {
    url = new URL(src.trim(), new URL(server?.trim() || page, page));
  } catch {
    return `Cannot read src or server as an address: expected src="${example}"`;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return `Cannot reach a server by ${url.protocol} — set the attribute server to its address, as in server="http://127.0.0.1:8080"`;
  }
  const match = /^(.*)\/v1\/([a-z]+)\/([^/]+)\/?$/.exec(url.pathname);
  if (!match || match[2] !== thing) return `Cannot show ${src}: expected src="${example}"`;
  const name = decoded(match[3]);
  const limit = Number(url.searchParams.get("limit") ?? NaN);
  return {
    base: url.origin + match[1],
    name,
    path: `/v1/${thing}/${encodeURIComponent(name)}`,
    keys: url.searchParams.getAll("key"),
    limit: Number.isInteger(limit) && limit > 0 ? limit : null,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
