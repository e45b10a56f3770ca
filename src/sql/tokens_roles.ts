import type { Statement } from "./ast.ts";

export interface Roles {
  /** Offsets of names, functions' too. */
  readonly names: Set<number>;
  /** Offsets of functions' names. */
  readonly calls: Set<number>;
  /** Offsets of names in front of lists that are no calls, such as `t (a, b)` in INSERT. */
  readonly listed: Set<number>;
  /** Places of types. */
  readonly types: { start: number; end: number }[];
}

type Tree = { readonly [member: string]: unknown };

/** What the tokens of statements are that tokens alone do not tell: names, types, functions. */
export function rolesOf(...statements: readonly Statement[]): Roles {
  const roles: Roles = { names: new Set(), calls: new Set(), listed: new Set(), types: [] };
  const stack: unknown[] = [...statements];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== "object" || value === null) continue;
    note(value as Tree, roles);
    const bare = (value as Tree).bare === true;
    for (const [member, inner] of Object.entries(value)) if (!bare || member !== "name") stack.push(inner);
  }
  return roles;
}

function note(node: Tree, { names, calls, listed, types }: Roles): void {
  const { start, end } = (node.at ?? { start: -1, end: -1 }) as { start: number; end: number };
  if ("quoted" in node) names.add(start);
  if ("params" in node && "fields" in node) types.push({ start, end });
  const created = node.kind === "create_table" || node.kind === "create_view" || node.kind === "create_function" ||
    node.kind === "insert";
  const name = (created ? node.into ?? node.name : Array.isArray(node.columns) ? node.name : null) as Tree | null;
  if (node.kind === "call" || node.kind === "function_table") calls.add(lastStart(node.name as Tree));
  if (name) listed.add(lastStart(name));
}

/** Where a name's last part begins. */
function lastStart(name: Tree): number {
  const parts = name.parts as { at: { start: number } }[] | undefined;
  return (parts ? parts[parts.length - 1].at : name.at as { start: number }).start;
}

/** A test of whether an offset lies in one of the spans; offsets are asked for in order. */
export function spanTest(spans: readonly { start: number; end: number }[]): (offset: number) => boolean {
  const sorted = [...spans].sort((a, b) => a.start - b.start);
  let next = 0, end = -1;
  return (offset) => {
    while (next < sorted.length && sorted[next].start <= offset) end = Math.max(end, sorted[next++].end);
    return offset < end;
  };
}
