import type { Column } from "../core/schema.ts";

/** A key that the parser wants at a node of the tree of keys; node 0 is the row. */
export interface Edge {
  readonly node: number;
  readonly key: string;
  /** Position of the column that the key's value goes to, or -1. */
  readonly column: number;
  /** The node that an object under this key is read with, or -1. */
  readonly child: number;
  /** Behind the last edge below this one. */
  readonly last: number;
}

interface Key {
  column: number;
  below: Map<string, Key>;
}

/** The key `name` among `keys`, made if it is new. */
function keyAt(keys: Map<string, Key>, name: string): Key {
  let key = keys.get(name);
  if (!key) keys.set(name, key = { column: -1, below: new Map() });
  return key;
}

/**
 * The keys by which columns are found, in preorder: a column `user.city` is taken from the key "user.city" of the row, or
 * from "city" in the object under "user".
 */
export function wantedKeys(columns: readonly Column[]): Edge[] {
  const root = new Map<string, Key>();
  columns.forEach(({ name }, column) => {
    keyAt(root, name).column = column;
    const path = name.split(".");
    if (path.length === 1 || path.includes("")) return;
    let keys = root;
    for (const part of path.slice(0, -1)) keys = keyAt(keys, part).below;
    keyAt(keys, path[path.length - 1]).column = column;
  });
  const edges: Edge[] = [];
  let nodes = 1;
  const visit = (node: number, keys: Map<string, Key>) => {
    for (const [key, { column, below }] of keys) {
      const child = below.size ? nodes++ : -1, at = edges.length;
      edges.push({ node, key, column, child, last: 0 });
      if (child >= 0) visit(child, below);
      edges[at] = { ...edges[at], last: edges.length };
    }
  };
  visit(0, root);
  return edges;
}
