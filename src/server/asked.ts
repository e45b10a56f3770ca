import type { Context } from "./context.ts";

/** What is looked at of a request before it comes to its route. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** As its header says, or its address. */
  readonly host: string;
  /** A header by its name in lower case, or null. */
  header(name: string): string | null;
  /** A parameter of the query. */
  query(name: string): string | undefined;
}

export function askedOf({ req }: Context): Asked {
  const header = (name: string) => req.raw.headers.get(name);
  return {
    method: req.method,
    path: req.path,
    host: header("host") ?? new URL(req.url).host,
    header,
    query: (name) => req.query(name),
  };
}
