import { type Remote, transfer, wrap } from "comlink";
import type { StateRoom } from "../core/cold_file.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import type { FunctionReference } from "../core/user_function.ts";
import { type Extension, type Extensions, extensionsOf, type LoadExtension } from "../kernel/extension.ts";
import { BodyPort } from "./body_port.ts";
import { FrameShelf, type TaskWire } from "./frame_shelf.ts";
import { TurnPort } from "./turn_port.ts";
import { type PackedReports, unpackReports } from "./report_wire.ts";
import type {
  DecodeJob,
  DecodeResult,
  FromTask,
  LookAnswer,
  LookQuestion,
  StateFacts,
  TaskCut,
  TaskHostApi,
  TaskOutput,
  TaskPlan,
  TaskRestored,
  TaskTurn,
  ToTask,
} from "./protocol.ts";
import type { SavedStep, SavedTable } from "../store.ts";

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
  /** Of each task what it answers to a look. */
  look(pipeline: number, question: LookQuestion): Promise<(LookAnswer | null)[]>;
  /** These do in one task what TaskHostApi says; frames are handed over. */
  cut(task: number, pipeline: number, number: number): Promise<TaskCut>;
  drain(task: number, pipeline: number, number: number): Promise<TaskTurn>;
  leave(task: number, pipeline: number, number: number): Promise<void>;
  restoring(task: number, pipeline: number, tables: readonly SavedTable[]): Promise<string | null>;
  restore(task: number, pipeline: number, steps: SavedStep[]): Promise<string | null>;
  restored(task: number, pipeline: number): Promise<TaskRestored>;
}

/** The tasks of one engine, and what it asks of them beside that. */
export interface EnginePool extends TaskPool {
  /** Where answers of tasks go, and the news that a worker died. */
  onMessage(listener: (message: FromTask) => void, broken: (reason: string) => void): void;
  /** Has every task import user functions. Throws RdxError("invalid_plan") when one of them cannot be used. */
  loadFunctions(references: readonly FunctionReference[]): Promise<void>;
  /** Decodes a body, which is handed over. */
  decode(job: DecodeJob): Promise<DecodeResult>;
  close(): void;
}

interface Member {
  readonly worker: Worker;
  readonly host: Remote<TaskHostApi>;
  /** Carries chunks and marks one way, results the other. */
  readonly data: MessagePort;
  readonly outbox: TurnPort<TaskWire>;
  readonly shelf: FrameShelf;
  readonly bodies: BodyPort;
  /** Ends what it was asked and has not answered. */
  readonly asked: Set<(reason: RdxError) => void>;
  /** Why it answers no more, or null while it does. */
  gone: RdxError | null;
}

/** The workers of one engine. Every pipeline has a task on each. */
export class WorkerPool implements EnginePool {
  readonly #members: Member[] = [];
  readonly #loadExtension: LoadExtension;
  readonly #extensions = new Map<Extension, Promise<WebAssembly.Module>>();
  #listener: (message: FromTask) => void = () => {};
  #broken: (reason: string) => void = () => {};

  private constructor(loadExtension: LoadExtension) {
    this.#loadExtension = loadExtension;
  }

  /** Starts `tasks` workers and connects each with each. Throws when one of them does not start. */
  static async start(
    spawn: SpawnWorker,
    tasks: number,
    module: WebAssembly.Module,
    loadExtension: LoadExtension,
    state: StateRoom,
  ): Promise<WorkerPool> {
    const pool = new WorkerPool(loadExtension);
    try {
      await pool.#start(spawn, tasks, module, state);
    } catch (thrown) {
      pool.close();
      throw thrown;
    }
    return pool;
  }

  async #start(spawn: SpawnWorker, tasks: number, module: WebAssembly.Module, state: StateRoom): Promise<void> {
    await Promise.all(Array.from({ length: tasks }, (_, index) => {
      const data = new MessageChannel(), bodies = new MessageChannel();
      const member = this.#add(index, spawn(index), data.port1, bodies.port1);
      return ask(member, async ({ host }) => {
        await host.init({ index, tasks, module, state }, transfer(data.port2, [data.port2]));
        await host.takeBodies(transfer(bodies.port2, [bodies.port2]));
      });
    }));
    const links: Promise<void>[] = [];
    const connect = (member: Member, peer: number, port: MessagePort) =>
      links.push(ask(member, ({ host }) => host.connect(peer, transfer(port, [port]))));
    for (let a = 0; a < tasks; a++) {
      for (let b = a + 1; b < tasks; b++) {
        const { port1, port2 } = new MessageChannel();
        connect(this.#members[a], b, port1);
        connect(this.#members[b], a, port2);
      }
    }
    await Promise.all(links);
  }

  #add(index: number, worker: Worker, data: MessagePort, bodies: MessagePort): Member {
    const host = wrap<TaskHostApi>(worker);
    const member: Member = {
      worker,
      host,
      data,
      outbox: new TurnPort<TaskWire>(data),
      shelf: new FrameShelf(),
      bodies: new BodyPort(bodies, () => this.#died(member, `An answer of worker ${index} cannot be read`)),
      asked: new Set(),
      gone: null,
    };
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#died(member, `Worker ${index} died: ${event.message || "it did not say why"}`);
    });
    data.onmessage = ({ data: reports }: MessageEvent<PackedReports>) => {
      for (const report of unpackReports(reports)) this.#listener(report);
    };
    data.onmessageerror = () => this.#died(member, `A message of worker ${index} cannot be read`);
    this.#members.push(member);
    return member;
  }

  /** A worker that dies takes every pipeline's task with it; nobody would answer any more. */
  #died(member: Member, reason: string): void {
    leave(member, new RdxError("internal", reason));
    this.#broken(reason);
  }

  get tasks(): number {
    return this.#members.length;
  }

  get broken(): string | null {
    return this.#members.find(({ gone }) => gone !== null)?.gone?.message ?? null;
  }

  /** Where answers of tasks go, and the news that a worker died. */
  onMessage(listener: (message: FromTask) => void, broken: (reason: string) => void): void {
    this.#listener = listener;
    this.#broken = broken;
  }

  send(task: number, message: ToTask): void {
    const { outbox, shelf } = this.#members[task];
    outbox.send(shelf.pack(message));
  }

  holderOf(frame: ArrayBuffer): number | null {
    const found = this.#members.findIndex(({ shelf }) => shelf.has(frame));
    return found < 0 ? null : found;
  }

  /** Has every worker import user functions. Throws RdxError("invalid_plan") when one of them cannot be used. */
  async loadFunctions(references: readonly FunctionReference[]): Promise<void> {
    if (references.length === 0) return;
    const problems = await Promise.all(
      this.#members.map((member) => ask<string | null>(member, ({ host }) => host.loadFunctions([...references]))),
    );
    const problem = problems.find((one) => one !== null);
    if (problem) throw new RdxError("invalid_plan", problem);
  }

  async deploy(pipeline: number, plan: TaskPlan): Promise<void> {
    const needed = await Promise.all(
      extensionsOf(plan.plan).map(async (name) => [name, await this.#need(name)] as const),
    );
    const extensions: Extensions = Object.fromEntries(needed);
    await Promise.all(
      this.#members.map((member) => ask<void>(member, ({ host }) => host.deploy(pipeline, plan, extensions))),
    );
  }

  async #need(name: Extension): Promise<WebAssembly.Module> {
    const loading = this.#extensions.get(name) ?? this.#loadExtension(name);
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
    for (const { outbox, shelf } of this.#members) {
      const dropped = shelf.clear();
      if (dropped) outbox.send(dropped);
    }
    await Promise.all(this.#members.map(async (member) => {
      try {
        await ask(member, ({ host }) => host.remove(pipeline));
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
    return Promise.all(this.#members.map((member) => ask(member, ({ host }) => host.open(pipeline, sink))));
  }

  flow(pipeline: number): Promise<Float64Array<ArrayBuffer>[]> {
    return Promise.all(this.#members.map((member) => ask(member, ({ host }) => host.flow(pipeline))));
  }

  stateFacts(pipeline: number): Promise<(StateFacts | null)[]> {
    const asked = this.#members.map((member) =>
      ask<StateFacts | null>(member, ({ host }) => host.stateFacts(pipeline))
    );
    return Promise.all(asked);
  }

  look(pipeline: number, question: LookQuestion): Promise<(LookAnswer | null)[]> {
    const asked = this.#members.map((member) =>
      ask<LookAnswer | null>(member, ({ host }) => host.look(pipeline, question))
    );
    return Promise.all(asked);
  }

  cut(task: number, pipeline: number, number: number): Promise<TaskCut> {
    return ask<TaskCut>(this.#members[task], ({ host }) => host.cut(pipeline, number));
  }

  drain(task: number, pipeline: number, number: number): Promise<TaskTurn> {
    return ask<TaskTurn>(this.#members[task], ({ host }) => host.drain(pipeline, number));
  }

  leave(task: number, pipeline: number, number: number): Promise<void> {
    return ask<void>(this.#members[task], ({ host }) => host.leave(pipeline, number));
  }

  restoring(task: number, pipeline: number, tables: readonly SavedTable[]): Promise<string | null> {
    return ask<string | null>(this.#members[task], ({ host }) => host.restoring(pipeline, tables));
  }

  restore(task: number, pipeline: number, steps: SavedStep[]): Promise<string | null> {
    const frames = steps.flatMap((step) => "frame" in step ? [step.frame] : []);
    return ask<string | null>(this.#members[task], ({ host }) => host.restore(pipeline, transfer(steps, frames)));
  }

  restored(task: number, pipeline: number): Promise<TaskRestored> {
    return ask<TaskRestored>(this.#members[task], ({ host }) => host.restored(pipeline));
  }

  close(): void {
    for (const member of this.#members) {
      leave(member, new RdxError("closing", "The engine is closed"));
      member.data.close();
      member.worker.terminate();
    }
  }
}

/** Asks a worker; fails when it dies before it answers. */
function ask<T>(member: Member, question: (member: Member) => Promise<T>): Promise<T> {
  if (member.gone) return Promise.reject(member.gone);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  member.asked.add(reject);
  question(member).then(resolve, reject).finally(() => member.asked.delete(reject));
  return promise;
}

function leave(member: Member, reason: RdxError): void {
  member.gone ??= reason;
  for (const reject of member.asked) reject(reason);
  member.bodies.leave(member.gone);
  member.asked.clear();
}
