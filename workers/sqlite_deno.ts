/** The thread of a lookup in SQLite, in Deno. */
import { expose } from "comlink";
import { SqliteTable } from "../src/lookup/sqlite_table_deno.ts";

expose(new SqliteTable());
