import { transfer } from "comlink";
import type { Clock } from "../core/clock.ts";
import type { StateRoom } from "../core/cold_file.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { toTransfer } from "../core/frame_memory.ts";
import type { FunctionReference } from "../core/user_function.ts";
import { type Extension, type Extensions, extensionsOf, type LoadExtension } from "../kernel/extension.ts";
import { PoolMember, WorkerDied } from "./pool_member.ts";
import { Backoff } from "./backoff.ts";
import type {
  AheadTurn,
  DecodeJob,
  DecodeResult,
  FromTask,
  LookAnswer,
  LookQuestion,
  LookStep,
  StateFacts,
  TaskCut,
  TaskOutput,
  TaskPlan,
  TaskRestored,
  TaskTurn,
  ToTask,
} from "./protocol.ts";
import { sought } from "./state/sought.ts";
import { framesToTransfer, type SavedStep, type SavedTable } from "../store.ts";

/** Starts the worker with the engine's entry; platforms differ in where that is. */
export type SpawnWorker = (index: number) => Worker;

/** The tasks of pipelines, wherever they run. */
export interface TaskPool {
  /** Tasks of each pipeline. */
  readonly tasks: number;
  /** Why nothing can be deployed any more, or null. */
  readonly broken: string | null;
  send(task: number, message: ToTask): void;
  /** The task whose worker keeps a frame; null: none does. Absent: none ever does. */
  holderOf?(frame: ArrayBuffer): number | null;
  deploy(pipeline: number, plan: TaskPlan): Promise<void>;
  /** Removes the tasks of a pipeline; those of a dead worker are gone with it. */
  remove(pipeline: number): Promise<void>;
  /** Open windows of one sink, for each task in the order of key groups. */
  open(pipeline: number, sink: number): Promise<TaskOutput[][]>;
  /** Rows by edge of the plan, for each task. */
  flow(pipeline: number): Promise<Float64Array<ArrayBuffer>[]>;
  /** What each task keeps; null: it is not there any more. */
  stateFacts(pipeline: number): Promise<(StateFacts | null)[]>;
  /** Of each task what it answers to a look. Those of a pipeline are one after the other. */
  look(pipeline: number, question: LookQuestion): Promise<(LookAnswer | null)[]>;
  /** These do in one task what TaskHostApi says; frames are handed over. */
  ahead(task: number, pipeline: number, whole: boolean, spare: ArrayBuffer[]): Promise<void>;
  drainAhead(task: number, pipeline: number, spare: ArrayBuffer[]): Promise<AheadTurn>;
  cut(task: number, pipeline: number, number: number): Promise<TaskCut>;
  drain(task: number, pipeline: number, number: number): Promise<TaskTurn>;
  leave(task: number, pipeline: number, number: number): Promise<void>;
  handOut(task: number, pipeline: number): Promise<TaskCut>;
  handOutNext(task: number, pipeline: number): Promise<SavedStep[]>;
  restoring(task: number, pipeline: number, tables: readonly SavedTable[]): Promise<string | null>;
  restore(task: number, pipeline: number, steps: SavedStep[]): Promise<string | null>;
  restored(task: number, pipeline: number): Promise<TaskRestored>;
}

/** The tasks of one engine, and what it asks of them beside that. */
export interface EnginePool extends TaskPool {
  /**
   * Where answers of tasks go, and the news that a worker died, with all tasks that it had. `whole` resolves when there is another in its place, or when there will be
   * none: `broken` says so.
   */
  onMessage(listener: (message: FromTask) => void, died: (reason: string, whole: Promise<void>) => void): void;
  /** Has every task import user functions. Throws RdxError("invalid_plan") when one of them cannot be used. */
  loadFunctions(references: readonly FunctionReference[]): Promise<void>;
  /** Decodes a body, which is handed over. */
  decode(job: DecodeJob): Promise<DecodeResult>;
  close(): void;
}

/** What a pool of workers is made of. */
export interface PoolParts {
  readonly spawn: SpawnWorker;
  readonly tasks: number;
  /** The compiled kernels. */
  readonly module: WebAssembly.Module;
  readonly loadExtension: LoadExtension;
  readonly clock: Clock;
  readonly state: StateRoom;
}

/** The workers of one engine. Every pipeline has a task on each. */
export class WorkerPool implements EnginePool {
  readonly #members: PoolMember[] = [];
  readonly #parts: PoolParts;
  /** Ends of channels that workers get when they begin. */
  readonly #begins: { data: MessagePort; bodies: MessagePort }[] = [];
  readonly #extensions = new Map<Extension, Promise<WebAssembly.Module>>();
  readonly #deaths: Backoff;
  /** Workers are started again one after the other. */
  #restarts: Promise<void> = Promise.resolve();
  #broken: string | null = null;
  #closed = false;
  #started = false;
  /** Ends the wait for a worker to be started again. */
  #wake = () => {};
  #listener: (message: FromTask) => void = () => {};
  #died: (reason: string, whole: Promise<void>) => void = () => {};

  private constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#deaths = new Backoff(parts.clock);
  }

  /** Starts the workers and connects each with each. Throws when one of them does not start. */
  static async start(parts: PoolParts): Promise<WorkerPool> {
    const pool = new WorkerPool(parts);
    try {
      for (let index = 0; index < parts.tasks; index++) pool.#add(index);
      await Promise.all(pool.#members.map((member) => pool.#begin(member, pool.#members.slice(0, member.index))));
      pool.#started = true;
      return pool;
    } catch (thrown) {
      pool.close();
      throw thrown;
    }
  }

  #add(index: number): void {
    const data = new MessageChannel(), bodies = new MessageChannel();
    this.#begins[index] = { data: data.port2, bodies: bodies.port2 };
    this.#members[index] = new PoolMember(
      index,
      this.#parts.spawn(index),
      { data: data.port1, bodies: bodies.port1 },
      {
        heard: (message) => this.#listener(message),
        died: (member, reason) => this.#lose(member, reason),
      },
    );
  }

  /** Gives a worker what it needs, and connects it with others. */
  async #begin(member: PoolMember, peers: readonly PoolMember[]): Promise<void> {
    const { tasks, module, state } = this.#parts, { index } = member, { data, bodies } = this.#begins[index];
    await member.ask(async (host) => {
      await host.init({ index, tasks, module, state }, transfer(data, [data]));
      await host.takeBodies(transfer(bodies, [bodies]));
    });
    await Promise.all(peers.map((peer) => connect(member, peer)));
  }

  /** A worker died, and every pipeline's task on it. */
  #lose(member: PoolMember, reason: string): void {
    if (!this.#started) return member.leave(new RdxError("internal", reason));
    member.leave(new WorkerDied(`${reason}; another is started: try again`));
    this.#restarts = this.#restarts.then(() => this.#restart(member.index, reason));
    this.#died(reason, this.#restarts);
  }

  async #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>(), cancel = this.#parts.clock.after(ms, resolve);
    this.#wake = () => {
      cancel();
      resolve();
    };
    await promise;
  }

  /** Puts another worker in the place of one that died. */
  async #restart(index: number, reason: string): Promise<void> {
    const waitMs = this.#deaths.next();
    if (waitMs === null) this.#broken ??= `${reason}, as others did shortly before it`;
    if (this.#broken !== null) return;
    await this.#wait(waitMs!);
    if (this.#closed) return;
    this.#add(index);
    const member = this.#members[index];
    try {
      // One that is gone too is connected when there is another in its place.
      await this.#begin(member, this.#members.filter((peer) => peer !== member && peer.gone === null));
    } catch (thrown) {
      if (member.gone === null) this.#lose(member, `Worker ${index} cannot be started again: ${reasonOf(thrown)}`);
    }
  }

  get tasks(): number {
    return this.#members.length;
  }

  get broken(): string | null {
    return this.#broken;
  }

  onMessage(listener: (message: FromTask) => void, died: (reason: string, whole: Promise<void>) => void): void {
    this.#listener = listener;
    this.#died = died;
  }

  send(task: number, message: ToTask): void {
    this.#members[task].send(message);
  }

  holderOf(frame: ArrayBuffer): number | null {
    const found = this.#members.findIndex((member) => member.holds(frame));
    return found < 0 ? null : found;
  }

  /** Has every worker import user functions. Throws RdxError("invalid_plan") when one of them cannot be used. */
  async loadFunctions(references: readonly FunctionReference[]): Promise<void> {
    if (references.length === 0) return;
    await this.#restarts;
    const problems = await Promise.all(
      this.#members.map((member) => member.ask<string | null>((host) => host.loadFunctions([...references]))),
    );
    const problem = problems.find((one) => one !== null);
    if (problem) throw new RdxError("invalid_plan", problem);
  }

  async deploy(pipeline: number, plan: TaskPlan): Promise<void> {
    await this.#restarts;
    const needed = await Promise.all(
      extensionsOf(plan.plan).map(async (name) => [name, await this.#need(name)] as const),
    );
    const extensions: Extensions = Object.fromEntries(needed);
    await Promise.all(
      this.#members.map((member) => member.ask<void>((host) => host.deploy(pipeline, plan, extensions))),
    );
  }

  async #need(name: Extension): Promise<WebAssembly.Module> {
    const loading = this.#extensions.get(name) ?? this.#parts.loadExtension(name);
    this.#extensions.set(name, loading);
    try {
      return await loading;
    } catch (thrown) {
      this.#extensions.delete(name); // the next plan that needs it tries again
      throw new RdxError("internal", `Cannot load the ${name} that the plan needs: ${reasonOf(thrown)}`);
    }
  }

  async remove(pipeline: number): Promise<void> {
    // Nobody may read what it shared any more; who does gets it again.
    for (const member of this.#members) member.letGo();
    await Promise.all(this.#members.map(async (member) => {
      try {
        await member.ask((host) => host.remove(pipeline));
      } catch (thrown) {
        if (member.gone === null) throw thrown;
      }
    }));
  }

  /** Has the least busy worker decode a body, which is handed over to it. */
  decode(job: DecodeJob): Promise<DecodeResult> {
    const { bodies } = this.#members.reduce((best, other) =>
      best.gone !== null || (other.gone === null && other.bodies.decoding < best.bodies.decoding) ? other : best
    );
    return bodies.decode(job);
  }

  open(pipeline: number, sink: number): Promise<TaskOutput[][]> {
    return Promise.all(this.#members.map((member) => member.ask((host) => host.open(pipeline, sink))));
  }

  flow(pipeline: number): Promise<Float64Array<ArrayBuffer>[]> {
    return Promise.all(this.#members.map((member) => member.ask((host) => host.flow(pipeline))));
  }

  stateFacts(pipeline: number): Promise<(StateFacts | null)[]> {
    const asked = this.#members.map((member) => member.ask<StateFacts | null>((host) => host.stateFacts(pipeline)));
    return Promise.all(asked);
  }

  ahead(task: number, pipeline: number, whole: boolean, spare: ArrayBuffer[]): Promise<void> {
    return this.#members[task].ask<void>((host) => host.ahead(pipeline, whole, transfer(spare, toTransfer(spare))));
  }

  drainAhead(task: number, pipeline: number, spare: ArrayBuffer[]): Promise<AheadTurn> {
    return this.#members[task].ask<AheadTurn>((host) => host.drainAhead(pipeline, transfer(spare, toTransfer(spare))));
  }

  look(pipeline: number, question: LookQuestion): Promise<(LookAnswer | null)[]> {
    return Promise.all(
      this.#members.map((member) =>
        sought((begins) => member.ask<LookStep>((host) => host.look(pipeline, question, begins)))
      ),
    );
  }

  cut(task: number, pipeline: number, number: number): Promise<TaskCut> {
    return this.#members[task].ask<TaskCut>((host) => host.cut(pipeline, number));
  }

  drain(task: number, pipeline: number, number: number): Promise<TaskTurn> {
    return this.#members[task].ask<TaskTurn>((host) => host.drain(pipeline, number));
  }

  leave(task: number, pipeline: number, number: number): Promise<void> {
    return this.#members[task].ask<void>((host) => host.leave(pipeline, number));
  }

  handOut(task: number, pipeline: number): Promise<TaskCut> {
    return this.#members[task].ask<TaskCut>((host) => host.handOut(pipeline));
  }

  handOutNext(task: number, pipeline: number): Promise<SavedStep[]> {
    return this.#members[task].ask<SavedStep[]>((host) => host.handOutNext(pipeline));
  }

  restoring(task: number, pipeline: number, tables: readonly SavedTable[]): Promise<string | null> {
    return this.#members[task].ask<string | null>((host) => host.restoring(pipeline, tables));
  }

  restore(task: number, pipeline: number, steps: SavedStep[]): Promise<string | null> {
    const moved = transfer(steps, framesToTransfer(steps));
    return this.#members[task].ask<string | null>((host) => host.restore(pipeline, moved));
  }

  restored(task: number, pipeline: number): Promise<TaskRestored> {
    return this.#members[task].ask<TaskRestored>((host) => host.restored(pipeline));
  }

  close(): void {
    this.#closed = true;
    this.#wake();
    for (const member of this.#members) member.leave(new RdxError("closing", "The engine is closed"));
  }
}

/** Has rows go from one worker to the other. One that dies meanwhile is connected when there is another in its place. */
async function connect(a: PoolMember, b: PoolMember): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await a.ask((host) => host.connect(b.index, transfer(port1, [port1])));
  try {
    await b.ask((host) => host.connect(a.index, transfer(port2, [port2])));
  } catch (thrown) {
    if (!(thrown instanceof WorkerDied)) throw thrown;
  }
}
