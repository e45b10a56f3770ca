import { releaseProxy, wrap } from "comlink";
import type { SqliteReply, SqliteThread } from "./sqlite.ts";
import type { SqliteTable } from "./sqlite_table_deno.ts";

/** Starts a thread that runs the module at `url`, which exposes a SqliteTable. */
export function startSqliteThread(url: URL): SqliteThread {
  const worker = new Worker(url, { type: "module", name: "rdx sqlite" }), table = wrap<SqliteTable>(worker);
  const { promise: died, resolve } = Promise.withResolvers<SqliteReply<never>>();
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    resolve({ failure: `The thread of a lookup has ended: ${event.message}`, lasting: true });
  });
  return {
    open: (path, name, shape) => Promise.race([table.open(path, name, shape), died]),
    find: (keys) => Promise.race([table.find(keys), died]),
    end: () => {
      table[releaseProxy]();
      worker.terminate();
      resolve({ failure: "The lookup is closed", lasting: true });
    },
  };
}
