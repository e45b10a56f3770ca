/** What SQLite makes of values of a column; `none` keeps all as they are. */
export type Affinity = "integer" | "text" | "none" | "real" | "numeric";

/** The affinity that SQLite gives a column by its declared type (https://sqlite.org/datatype3.html, 3.1). */
export function affinityOf(declared: string): Affinity {
  if (/INT/i.test(declared)) return "integer";
  if (/CHAR|CLOB|TEXT/i.test(declared)) return "text";
  if (/BLOB/i.test(declared) || /^\s*(ANY)?\s*$/i.test(declared)) return "none";
  return /REAL|FLOA|DOUB/i.test(declared) ? "real" : "numeric";
}

/** A name as a statement has it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** SQLite's own number of what it throws, without what makes it more exact; null for what is no error of SQLite. */
export function codeOf(thrown: unknown): number | null {
  return thrown instanceof Error && "errcode" in thrown ? Number(thrown.errcode) & 0xff : null;
}
