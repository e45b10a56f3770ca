import { formatType } from "../../core/schema.ts";
import type { SavedTable } from "../../store.ts";

/** Why tables of a checkpoint cannot be taken for those that there are, or null. */
export function misfitOf(own: readonly SavedTable[], saved: readonly SavedTable[]): string | null {
  const key = ({ node, name }: SavedTable) => `${name} of node ${node}`,
    left = new Map(saved.map((one) => [key(one), one]));
  for (const table of own) {
    const other = left.get(key(table));
    if (!other) return `It has no table ${key(table)}`;
    left.delete(key(table));
    if (other.version !== table.version) {
      return `Table ${key(table)} has version ${other.version}, and this rdx knows ${table.version}`;
    }
    if (meaningOf(other) !== meaningOf(table)) {
      return `Table ${key(table)} has the columns ${meaningOf(other)}, and here it has ${meaningOf(table)}`;
    }
  }
  const more = left.keys().next();
  return more.done ? null : `It has a table ${more.value}, which nobody has here`;
}

function meaningOf({ columns, keys }: SavedTable): string {
  const each = columns.map(({ name, type }) => `${name} ${formatType(type)}`).join(", ");
  return `${each} (${keys} of them keys)`;
}
