import { formatDuration } from "./duration.ts";
import { formatExpression } from "./format.ts";
import type { LogicalLookup } from "./logical.ts";

/** What a lookup does, in one line. */
export function describeLookup({ type, on, columns, where, node: { table } }: LogicalLookup): string {
  const pairs = on.map(({ left, right }) => `${left} = ${right}`).join(" and ");
  const what = columns.map(({ name, as }) => name === as ? name : `${as} = ${name}`).join(", ");
  const from = table.kind === "http"
    ? `${table.method ?? "GET"} ${table.url}`
    : `table ${table.table} in ${table.path}`;
  return `${type}, ${pairs}${
    where === null ? "" : `, where ${formatExpression(where)}`
  }, ${what} of ${table.kind} ${from}`;
}

/** How a lookup runs. `logged`: answers are in an order that outlives the process; undefined: nothing is known of that. */
export function lookupNotes({ node }: LogicalLookup, logged: boolean | undefined): string[] {
  const { cache_rows, cache_ttl_ms, batch_rows, concurrency, timeout_ms, on_error } = node;
  const kept = cache_ttl_ms === 0 ? "for ever" : `for ${formatDuration(cache_ttl_ms)}`;
  const errors = {
    retry: "rows wait until there is an answer",
    null: "rows without an answer go on with NULL",
    dead_letter: "rows without an answer go to the dead letters",
  };
  return [
    cache_rows === 0 ? "no cache" : `cache of ${cache_rows} keys ${kept}, those without rows too`,
    `${batch_rows} keys a question, ${concurrency} at a time, each for ${formatDuration(timeout_ms)} at most`,
    errors[on_error],
    "rows in the order of the log: behind one that waits all others wait",
    logged === true
      ? "answers are logged: a replay asks nobody"
      : "impure: answers are not logged, a replay asks again",
  ];
}
