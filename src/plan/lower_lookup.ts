import { type Column, columnIndex } from "../core/schema.ts";
import { compileExpression } from "../expr/mod.ts";
import type { LogicalLookup } from "./logical.ts";
import type { Place } from "./lower.ts";
import type { PhysicalLookup } from "./physical.ts";
import { lookupColumns } from "./resolve_lookup.ts";

export function lowerLookup(logical: LogicalLookup, input: readonly Column[], place: Place): PhysicalLookup {
  const { type, on, columns: given, where, node } = logical, table = lookupColumns(node);
  const named = (name: string) => table[columnIndex(table, name)];
  const picks = given.map(({ name }) => named(name));
  const right = given.map(({ as }, i): Column => ({ ...picks[i], name: as }));
  const padded = right.map((column) => ({ ...column, nullable: column.nullable || type === "left" }));
  return {
    op: "lookup",
    ...place,
    columns: [...input, ...padded],
    type,
    inputColumns: input,
    keys: on.map(({ left }) => columnIndex(input, left)),
    table: node.table,
    tableKeys: on.map((pair) => named(pair.right)),
    picks,
    where: where && compileExpression(where, [...input, ...padded]).program,
    cacheRows: node.cache_rows,
    cacheTtlMs: node.cache_ttl_ms,
    batchRows: node.batch_rows,
    concurrency: node.concurrency,
    timeoutMs: node.timeout_ms,
    onError: node.on_error,
  };
}
