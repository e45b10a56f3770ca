/** What the page shows. Names of the server's things are any text; in an address they are encoded. */
export type Route =
  | { readonly page: "overview" }
  | { readonly page: "pipeline" | "stream" | "view"; readonly name: string; readonly options: URLSearchParams }
  /** The editor: for a new plan, or for that of a pipeline. */
  | { readonly page: "new"; readonly options: URLSearchParams }
  | { readonly page: "change"; readonly name: string }
  /** What the server says to programs. */
  | { readonly page: "api" | "metrics" }
  | { readonly page: "unknown"; readonly hash: string };

const FOLDERS = new Map([["pipelines", "pipeline"], ["streams", "stream"], ["views", "view"]] as const);

/** Reads an address's hash: `#/`, `#/pipelines/p`, `#/pipelines/p/change`, `#/streams/s`, `#/views/v?y=total`, `#/new?as=json`, `#/api`, `#/metrics`. */
export function parseRoute(hash: string): Route {
  const [path, query = ""] = split(hash.replace(/^#/, ""), "?");
  const [, folder = "", encoded = "", action, ...rest] = path.split("/");
  const name = decode(encoded), page = FOLDERS.get(folder as "views");
  if (path === "" || path === "/") return { page: "overview" };
  if (path === "/new") return { page: "new", options: new URLSearchParams(query) };
  if (path === "/api") return { page: "api" };
  if (path === "/metrics") return { page: "metrics" };
  if (page && name && action === undefined) return { page, name, options: new URLSearchParams(query) };
  if (page === "pipeline" && name && action === "change" && rest.length === 0) return { page: "change", name };
  return { page: "unknown", hash };
}

/** The hash under which a thing is shown. */
export function pathTo(page: "pipeline" | "stream" | "view" | "change", name: string): string {
  const at = encodeURIComponent(name);
  if (page === "change") return `#/pipelines/${at}/change`;
  return `#/${page}s/${at}`;
}

/**
 * The server's path of a thing. `.` and `..` would be steps of the path, however they are encoded; nothing has such a name, and what is asked for
 * instead is refused as no name.
 */
export function apiPath(kind: "pipelines" | "streams" | "views", name: string, rest = ""): string {
  const encoded = encodeURIComponent(name).replace(/^\.+$/, (dots) => "%252E".repeat(dots.length));
  return `/v1/${kind}/${encoded}${rest}`;
}

function split(text: string, at: string): [string, string?] {
  const place = text.indexOf(at);
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + at.length)];
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
