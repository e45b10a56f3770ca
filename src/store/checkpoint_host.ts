import { transfer } from "comlink";
import { type ErrorCode, RdxError, reasonOf } from "../core/errors.ts";
import { toTransfer } from "../core/frame_memory.ts";
import type {
  CheckpointFacts,
  CheckpointInfo,
  CheckpointStore,
  CheckpointWriter,
  OpenedCheckpoint,
  SavedStep,
} from "../store.ts";

/** What a thread answers; plain data, since errors lose their codes on the way. */
export type HostReply<Value> = { readonly value: Value } | { readonly code: ErrorCode; readonly failure: string };

/** A store as a thread has it: writers and reads go by numbers. */
export class CheckpointHost<Settings> {
  readonly #create: (settings: Settings, said: (what: string) => void) => CheckpointStore;
  #store: CheckpointStore | null = null;
  readonly #writers = new Map<number, CheckpointWriter>();
  /** What was opened last of each folder, so that it is not verified again when it is read. */
  readonly #opened = new Map<string, OpenedCheckpoint>();
  readonly #reads = new Map<number, AsyncIterator<SavedStep>>();
  #numbers = 0;

  constructor(create: (settings: Settings, said: (what: string) => void) => CheckpointStore) {
    this.#create = create;
  }

  /** Comes before all else. */
  start(settings: Settings, said: (what: string) => void): Promise<HostReply<null>> {
    return replyOf(() => {
      this.#store = this.#create(settings, said);
      return Promise.resolve(null);
    });
  }

  get #own(): CheckpointStore {
    if (!this.#store) throw new RdxError("internal", "The checkpoints are not open");
    return this.#store;
  }

  list(folder: string): Promise<HostReply<readonly CheckpointInfo[]>> {
    return replyOf(() => this.#own.list(folder));
  }

  begin(folder: string, below: number | null): Promise<HostReply<number>> {
    return replyOf(async () => {
      const writer = await this.#own.begin(folder, below);
      this.#writers.set(++this.#numbers, writer);
      return this.#numbers;
    });
  }

  /** Steps come some at a time: the way of each would cost as much as what is done with it. Answers what the writer has spent. */
  async add(writer: number, steps: readonly SavedStep[]): Promise<HostReply<readonly ArrayBuffer[]>> {
    const reply = await replyOf(async () => {
      const own = entryOf(this.#writers, writer);
      // All have their turn before whatever is asked for next
      await Promise.all(steps.map((step) => own.add(step)));
      return own.spent?.() ?? [];
    });
    return "value" in reply ? transfer(reply, toTransfer(reply.value)) : reply;
  }

  commit(writer: number, facts: CheckpointFacts, bases?: "come"): Promise<HostReply<null>> {
    return replyOf(async () => {
      try {
        await entryOf(this.#writers, writer).commit(facts, bases);
      } finally {
        this.#writers.delete(writer);
      }
      return null;
    });
  }

  abandon(writer: number): Promise<HostReply<null>> {
    return replyOf(async () => {
      await this.#writers.get(writer)?.abandon();
      this.#writers.delete(writer);
      return null;
    });
  }

  open(folder: string, number: number): Promise<HostReply<CheckpointFacts>> {
    return replyOf(async () => (await this.#openNow(folder, number)).facts);
  }

  async #openNow(folder: string, number: number): Promise<OpenedCheckpoint> {
    const opened = await this.#own.open(folder, number);
    this.#opened.set(folder, opened);
    return opened;
  }

  /** Begins to read the steps of a checkpoint that was opened; what is read goes by the number that this gives. */
  read(folder: string, number: number): Promise<HostReply<number>> {
    return replyOf(async () => {
      const last = this.#opened.get(folder);
      const opened = last?.facts.number === number ? last : await this.#openNow(folder, number);
      this.#reads.set(++this.#numbers, opened.steps()[Symbol.asyncIterator]());
      return this.#numbers;
    });
  }

  /** The next step of what is read, null at the end. */
  async next(read: number): Promise<HostReply<SavedStep | null>> {
    const reply = await replyOf(async () => {
      const { done, value } = await entryOf(this.#reads, read).next();
      if (done) this.#reads.delete(read);
      return done ? null : value;
    });
    const step = "value" in reply ? reply.value : null;
    return step && "frame" in step ? transfer(reply, [step.frame]) : reply;
  }

  /** What is read is not wanted any more. */
  leave(read: number): Promise<HostReply<null>> {
    return replyOf(async () => {
      await this.#reads.get(read)?.return?.();
      this.#reads.delete(read);
      return null;
    });
  }

  discard(folder: string, number: number): Promise<HostReply<null>> {
    return replyOf(async () => {
      await this.#own.discard(folder, number);
      return null;
    });
  }

  remove(folder: string): Promise<HostReply<null>> {
    return replyOf(async () => {
      this.#opened.delete(folder);
      await this.#own.remove(folder);
      return null;
    });
  }

  close(): Promise<HostReply<null>> {
    return replyOf(async () => {
      await this.#store?.close();
      return null;
    });
  }
}

function entryOf<Entry>(entries: ReadonlyMap<number, Entry>, number: number): Entry {
  const entry = entries.get(number);
  if (!entry) throw new RdxError("conflict", "The checkpoint is not written or read any more");
  return entry;
}

async function replyOf<Value>(run: () => Promise<Value>): Promise<HostReply<Value>> {
  try {
    return { value: await run() };
  } catch (thrown) {
    return { code: thrown instanceof RdxError ? thrown.code : "internal", failure: reasonOf(thrown) };
  }
}
