import { releaseProxy, type Remote, wrap } from "comlink";
import { Ending } from "../../core/ending.ts";

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
  const ending = new Ending();
  let end: ThreadEnd | null = null;
  const finish = (ended: string) => ending.end(end ??= { ended });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    finish(`its thread has ended: ${event.message}`);
  });
  let isEnded = false;
  return {
    api,
    get isEnded() {
      return isEnded;
    },
    ask: (asked) =>
      ending.before(asked).catch((thrown) => {
        if (end !== null && thrown === end) return end;
        throw thrown;
      }),
    end: () => {
      if (isEnded) return;
      isEnded = true;
      api[releaseProxy]();
      worker.terminate();
      finish("it is closed");
    },
  };
}
