import { startDatabaseThread, type ThreadEnd } from "../client/sqlite/thread_deno.ts";
import type { SqliteReply, SqliteThread } from "./sqlite.ts";
import type { SqliteTable } from "./sqlite_table_deno.ts";

/** Starts a thread that runs the module at `url`, which exposes a SqliteTable. */
export function startSqliteThread(url: URL): SqliteThread {
  const { api, ask, end } = startDatabaseThread<SqliteTable>(url, "rdx sqlite");
  return {
    open: async (path, name, shape) => replyOf(await ask<SqliteReply<null>>(api.open(path, name, shape))),
    find: async (keys) => replyOf(await ask<SqliteReply<readonly ArrayBuffer[]>>(api.find(keys))),
    end,
  };
}

function replyOf<T>(reply: SqliteReply<T> | ThreadEnd): SqliteReply<T> {
  return "ended" in reply ? { failure: `A lookup cannot be answered: ${reply.ended}`, lasting: true } : reply;
}
