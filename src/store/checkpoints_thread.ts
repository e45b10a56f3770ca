import { RdxError } from "../core/errors.ts";
import { CHECKPOINT_AHEAD_BYTES, CHECKPOINT_PIECE_BYTES } from "../core/limits.ts";
import type {
  CheckpointFacts,
  CheckpointInfo,
  CheckpointStore,
  CheckpointWriter,
  OpenedCheckpoint,
  SavedStep,
} from "../store.ts";
import type { CheckpointHost, HostReply } from "./checkpoint_host.ts";

/** Calls of a host in its thread; frames of steps are transferred. All throw RdxError("internal") once the thread has died. */
export type HostCalls = Omit<CheckpointHost<never>, "start">;

export interface CheckpointThread {
  readonly calls: HostCalls;
  /** It has died, and answers nothing any more. */
  readonly dead: boolean;
  end(): void;
}

/** A store whose work is done in a thread, which is started when there is something to do, and again when it has died. */
export class ThreadCheckpoints implements CheckpointStore {
  readonly kind: string;
  readonly #start: () => Promise<CheckpointThread>;
  #thread: Promise<CheckpointThread> | null = null;
  #closed = false;

  constructor(kind: string, start: () => Promise<CheckpointThread>) {
    this.kind = kind;
    this.#start = start;
  }

  async #calls(): Promise<HostCalls> {
    if (this.#closed) throw new RdxError("closing", "The checkpoints are closed");
    const started = this.#thread ??= this.#start(),
      thread = await started.catch((thrown) => {
        if (this.#thread === started) this.#thread = null;
        throw thrown;
      });
    if (!thread.dead) return thread.calls;
    if (this.#thread === started) this.#thread = null;
    return await this.#calls();
  }

  async list(folder: string): Promise<readonly CheckpointInfo[]> {
    return valueOf(await (await this.#calls()).list(folder));
  }

  async begin(folder: string, below: number | null): Promise<CheckpointWriter> {
    const calls = await this.#calls();
    return new ThreadWriter(calls, valueOf(await calls.begin(folder, below)));
  }

  async open(folder: string, number: number): Promise<OpenedCheckpoint> {
    const facts = valueOf(await (await this.#calls()).open(folder, number));
    return { facts, steps: () => this.#steps(folder, number) };
  }

  /** The next step is on its way while one is taken. */
  async *#steps(folder: string, number: number): AsyncGenerator<SavedStep> {
    const calls = await this.#calls(), read = valueOf(await calls.read(folder, number));
    try {
      let coming = calls.next(read);
      for (let step; (step = valueOf(await coming)) !== null;) {
        coming = calls.next(read);
        yield step;
      }
    } finally {
      await calls.leave(read);
    }
  }

  async discard(folder: string, number: number): Promise<void> {
    valueOf(await (await this.#calls()).discard(folder, number));
  }

  async remove(folder: string): Promise<void> {
    valueOf(await (await this.#calls()).remove(folder));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const thread = await this.#thread?.catch(() => null);
    if (!thread) return;
    try {
      if (!thread.dead) valueOf(await thread.calls.close());
    } finally {
      thread.end();
    }
  }
}

/** Sends steps ahead of the thread, some together, as many bytes as there may be on the way. */
class ThreadWriter implements CheckpointWriter {
  readonly #calls: HostCalls;
  readonly #writer: number;
  /** Those that are not sent yet, and the bytes of their frames. */
  #steps: SavedStep[] = [];
  #bytes = 0;
  /** Bytes that the thread has not written yet, and how many times something was sent that it has not answered. */
  #ahead = 0;
  #sent = 0;
  #failure: unknown = null;
  #spent: ArrayBuffer[] = [];
  /** Called when the thread has written some. */
  #moved: () => void = () => {};

  constructor(calls: HostCalls, writer: number) {
    this.#calls = calls;
    this.#writer = writer;
  }

  async add(step: SavedStep): Promise<void> {
    this.#check();
    const bytes = "frame" in step ? step.frame.byteLength : 0;
    this.#steps.push(step);
    this.#bytes += bytes;
    this.#ahead += bytes;
    if (this.#sent === 0 || this.#bytes >= CHECKPOINT_PIECE_BYTES) this.#send();
    while (this.#ahead > CHECKPOINT_AHEAD_BYTES && !this.#failure) {
      await new Promise<void>((resolve) => {
        const before = this.#moved;
        this.#moved = () => {
          before();
          resolve();
        };
      });
    }
    this.#check();
  }

  #send(): void {
    const steps = this.#steps, bytes = this.#bytes;
    if (steps.length === 0) return;
    this.#steps = [];
    this.#bytes = 0;
    this.#sent++;
    const added = this.#calls.add(this.#writer, steps).then((reply) => void this.#spent.push(...valueOf(reply)));
    added.catch((thrown) => this.#failure ??= thrown).finally(() => {
      this.#ahead -= bytes;
      // What has come meanwhile does not wait for more when the thread has nothing to do
      if (--this.#sent === 0) this.#send();
      this.#moved();
    });
  }

  spent(): ArrayBuffer[] {
    return this.#spent.splice(0);
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
  }

  async commit(facts: CheckpointFacts, bases?: "come"): Promise<void> {
    // The thread does one thing after the other: all steps are there before it commits.
    this.#send();
    const reply = await this.#calls.commit(this.#writer, facts, bases);
    this.#check();
    valueOf(reply);
  }

  async abandon(): Promise<void> {
    valueOf(await this.#calls.abandon(this.#writer));
  }
}

function valueOf<Value>(reply: HostReply<Value>): Value {
  if ("failure" in reply) throw new RdxError(reply.code, reply.failure);
  return reply.value;
}
