import { transfer } from "comlink";
import { startDatabaseThread, type ThreadEnd } from "../client/sqlite/thread_deno.ts";
import type { SqliteWriterThread, SqliteWritten } from "./sqlite.ts";
import type { SqliteWriter } from "./sqlite_writer_deno.ts";

/** Starts a thread that runs the module at `url`, which exposes a SqliteWriter. */
export function startSqliteWriter(url: URL): SqliteWriterThread {
  const thread = startDatabaseThread<SqliteWriter>(url, "rdx sqlite sink");
  const { api, ask, end } = thread;
  return {
    check: async (target) => replyOf(await ask<SqliteWritten<null>>(api.check(target))),
    open: async (target) => replyOf(await ask<SqliteWritten<number>>(api.open(target))),
    write: async (number, frame) =>
      replyOf(await ask<SqliteWritten<null>>(api.write(number, transfer(frame, [frame])))),
    flush: async () => replyOf(await ask<SqliteWritten<null>>(api.flush())),
    close: async () => {
      if (thread.isEnded) return;
      await ask<void | ThreadEnd>(api.close());
      end();
    },
    end,
  };
}

function replyOf<T>(reply: SqliteWritten<T> | ThreadEnd): SqliteWritten<T> {
  return "ended" in reply ? { failure: `A table of SQLite cannot be written: ${reply.ended}`, code: "closing" } : reply;
}
