/** The thread of a sink in SQLite, in Deno. */
import { expose } from "comlink";
import { SqliteWriter } from "../src/sink/sqlite_writer_deno.ts";

expose(new SqliteWriter());
