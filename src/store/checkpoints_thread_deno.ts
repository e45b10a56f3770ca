import { proxy, releaseProxy, transfer, wrap } from "comlink";
import { RdxError } from "../core/errors.ts";
import { framesToTransfer } from "../store.ts";
import type { CheckpointHost, HostReply } from "./checkpoint_host.ts";
import type { CheckpointThread } from "./checkpoints_thread.ts";
import type { CheckpointBounds } from "./bounds.ts";

/** Stores that a data directory may keep its checkpoints in, one of them at a time. */
export const STORE_KINDS = ["files", "sqlite"] as const;
export type StoreKind = typeof STORE_KINDS[number];

/** What a thread makes its store of. */
export interface ThreadSettings {
  readonly kind: StoreKind;
  /** The data directory. */
  readonly root: string;
  readonly module: WebAssembly.Module;
  readonly durability: "fsync" | "os";
  /** Default: the limits. */
  readonly bounds?: Partial<CheckpointBounds>;
}

/** Starts a thread that runs the module at `url`, which exposes a CheckpointHost. Throws what its store throws. */
export async function startCheckpointThread(
  url: URL,
  settings: ThreadSettings,
  said: (what: string) => void,
): Promise<CheckpointThread> {
  const worker = new Worker(url, { type: "module", name: "rdx checkpoints" });
  const host = wrap<CheckpointHost<ThreadSettings>>(worker);
  /** Whoever waits for an answer. */
  const waiting = new Set<(reply: HostReply<never>) => void>();
  let ended: HostReply<never> | null = null;
  const end = (failure: string) => {
    ended ??= { code: "internal", failure };
    for (const resolve of waiting) resolve(ended);
    waiting.clear();
  };
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    end(`The thread of checkpoints has ended: ${event.message}`);
  });
  const alive = <Value>(ask: () => Promise<HostReply<Value>>) =>
    new Promise<HostReply<Value>>((resolve, reject) => {
      if (ended) return resolve(ended);
      waiting.add(resolve);
      ask().then(resolve, reject).finally(() => waiting.delete(resolve));
    });
  const thread: CheckpointThread = {
    get dead() {
      return ended !== null;
    },
    calls: {
      list: (folder) => alive(() => host.list(folder)),
      begin: (folder, below) => alive(() => host.begin(folder, below)),
      add: (writer, steps) => alive(() => host.add(writer, transfer([...steps], framesToTransfer(steps)))),
      commit: (writer, facts, bases) => alive(() => host.commit(writer, facts, bases)),
      abandon: (writer) => alive(() => host.abandon(writer)),
      open: (folder, number) => alive(() => host.open(folder, number)),
      read: (folder, number) => alive(() => host.read(folder, number)),
      next: (read) => alive(() => host.next(read)),
      leave: (read) => alive(() => host.leave(read)),
      discard: (folder, number) => alive(() => host.discard(folder, number)),
      remove: (folder) => alive(() => host.remove(folder)),
      close: () => alive(() => host.close()),
    },
    end: () => {
      end("The checkpoints are closed");
      host[releaseProxy]();
      worker.terminate();
    },
  };
  const started = await alive(() => host.start(settings, proxy(said)));
  if ("value" in started) return thread;
  thread.end();
  throw new RdxError(started.code, started.failure);
}
