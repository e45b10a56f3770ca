import { releaseProxy, type Remote, wrap } from "comlink";

/** A thread that holds one database: SQLite answers at once or not at all, so that it must not stand where rows go. */
export interface DatabaseThread<Api> {
  readonly api: Remote<Api>;
  readonly isEnded: boolean;
  /** Answers with why the thread is no longer there, if it ends before `asked` does. */
  ask<Reply>(asked: Promise<Reply>): Promise<Reply | ThreadEnd>;
  /** Ends it, whatever it does. */
  end(): void;
}

/** Why a thread does not answer any more. */
export interface ThreadEnd {
  readonly ended: string;
}

/** Starts a thread that runs the module at `url`, which exposes an object. */
export function startDatabaseThread<Api>(url: URL, name: string): DatabaseThread<Api> {
  const worker = new Worker(url, { type: "module", name }), api = wrap<Api>(worker);
  const { promise: ended, resolve } = Promise.withResolvers<ThreadEnd>();
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    resolve({ ended: `its thread has ended: ${event.message}` });
  });
  let isEnded = false;
  return {
    api,
    get isEnded() {
      return isEnded;
    },
    ask: (asked) => Promise.race([asked, ended]),
    end: () => {
      if (isEnded) return;
      isEnded = true;
      api[releaseProxy]();
      worker.terminate();
      resolve({ ended: "it is closed" });
    },
  };
}
