import assert from "node:assert/strict";
import { Both } from "./duckdb/both.ts";
import { AZURE } from "./duckdb/queries_azure.ts";
import { DECIMALS } from "./duckdb/queries_decimals.ts";
import { FUNCTIONS } from "./duckdb/queries_functions.ts";
import { GROUPS } from "./duckdb/queries_groups.ts";
import { NESTED } from "./duckdb/queries_nested.ts";
import { ROWS } from "./duckdb/queries_rows.ts";
import type { Query } from "./duckdb/query.ts";
import { noise, OVER_SEED, randomOver } from "./duckdb/random_over.ts";
import { readTables } from "./duckdb/tables.ts";

/** Whether the rows of a query have an order of their own. */
function isOrdered(sql: string): boolean {
  return /ORDER BY [^()]*(?:\([^()]*\)[^()]*)*$/.test(sql) && !/OVER \([^)]*$/.test(sql);
}

/** Runs queries here and in DuckDB. */
function compare(what: string, queries: readonly Query[]): void {
  Deno.test(`${what} are as DuckDB has them`, async (test) => {
    const both = await Both.open([...await readTables(), noise()]);
    try {
      for (const query of queries) {
        const [here, there] = typeof query === "string" ? [query, query] : query;
        await test.step(here, async () => {
          const expected = await both.there(there), found = await both.here(here);
          if (!isOrdered(here)) {
            expected.sort();
            found.sort();
          }
          assert.deepEqual(found, expected);
        });
      }
    } finally {
      await both.close();
    }
  });
}

compare("rows, their order and sets of them", ROWS);
compare("groups, windows and rows beside others", GROUPS);
compare(`random frames of OVER (seed ${OVER_SEED})`, randomOver(60));
compare("Azure's windows", AZURE);
compare("functions and operators", FUNCTIONS);
compare("decimals of more than 18 digits", DECIMALS);
compare("arrays and their items", NESTED);
