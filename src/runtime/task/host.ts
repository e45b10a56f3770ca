import { transfer } from "comlink";
import type { ColdFile, OpenColdFile, StateRoom } from "../../core/cold_file.ts";
import { toTransfer } from "../../core/frame_memory.ts";
import type { RowLocator, SchemaInference } from "../../codec.ts";
import { REPORT_BUSY_MS_MAX, STATE_BYTES_MAX } from "../../core/limits.ts";
import { EXTENSIONS, type Extensions } from "../../kernel/extension.ts";
import { Kernel } from "../../kernel/module.ts";
import { SharedPrograms } from "../../kernel/shared_programs.ts";
import { referencesIn } from "../../kernel/user_functions.ts";
import type { FunctionReference } from "../../core/user_function.ts";
import { type BodyMessage, ToldShapes } from "../body_wire.ts";
import type {
  AheadTurn,
  BodyAnswer,
  DecodeResult,
  ExchangeMessage,
  FromTask,
  LookQuestion,
  LookStep,
  StateFacts,
  TaskCut,
  TaskHostApi,
  TaskHostOptions,
  TaskOutput,
  TaskPlan,
  TaskRestored,
  TaskTurn,
} from "../protocol.ts";
import { framesToTransfer, type SavedStep, type SavedTable } from "../../store.ts";
import { Bodies } from "./bodies.ts";
import { TurnPort } from "../turn_port.ts";
import { ChunkReader, type ReaderParts } from "./chunk_reader.ts";
import type { OperatorFactory } from "./flow.ts";
import { ShelvedFrames, type TaskWire } from "../frame_shelf.ts";
import { ReportPort } from "./report_port.ts";
import { SharedSteps } from "./shared_steps.ts";
import type { Pack } from "./packed_frames.ts";
import { PipelineTask } from "./task.ts";
import { framesOf } from "./task_report.ts";
import { type ImportModule, UserModules } from "./user_modules.ts";
import { type SelfChannel, WorkQueue } from "./work_queue.ts";

/** What a worker's entry chooses. */
export interface HostParts extends ReaderParts {
  readonly createOperator: OperatorFactory;
  readonly inference: SchemaInference;
  readonly locator: RowLocator;
  readonly importModule: ImportModule;
  /** Packs what goes to logs that want it so; null where nothing can. */
  readonly pack: Pack | null;
  /** Makes working files for rows of state, in a folder or, null, where the system keeps such; null where there are no files. */
  readonly openColdFile: ((folder: string | null) => ColdFile) | null;
}

const STATE_ALONE: StateRoom = { bytesMax: STATE_BYTES_MAX, cold: null };

/** One worker: a task for each pipeline, and decoders for what is pushed to streams. */
export class TaskHost implements TaskHostApi {
  readonly #parts: HostParts;
  readonly #tasks = new Map<number, PipelineTask>();
  readonly #queue: WorkQueue;
  readonly #steps = new SharedSteps();
  readonly #shelf = new ShelvedFrames(this.#steps.results);
  readonly #modules: UserModules;
  readonly #peers: (TurnPort<ExchangeMessage> | null)[] = [];
  #place: (TaskHostOptions & { readonly reports: ReportPort }) | null = null;

  constructor(parts: HostParts, self: SelfChannel = new MessageChannel()) {
    this.#parts = parts;
    this.#modules = new UserModules(parts.importModule);
    this.#queue = new WorkQueue((message) => this.#tasks.get(message.pipeline)?.receive(message) ?? "nothing", self);
  }

  init(options: TaskHostOptions, data: MessagePort): void {
    this.#place = { ...options, reports: new ReportPort(data) };
    data.onmessage = ({ data: wires }: MessageEvent<TaskWire[]>) => this.#queue.add(this.#shelf.unpack(wires));
  }

  connect(peer: number, port: MessagePort): void {
    this.#peers[peer] = new TurnPort<ExchangeMessage>(port);
    port.onmessage = ({ data: messages }: MessageEvent<ExchangeMessage[]>) => {
      // No message can overtake a deployment: a pipeline starts when all its tasks are there.
      for (const message of messages) this.#tasks.get(message.pipeline)?.receiveExchange(message);
    };
  }

  loadFunctions(references: readonly FunctionReference[]): Promise<string | null> {
    return this.#modules.load(references);
  }

  deploy(pipeline: number, plan: TaskPlan, extensions: Extensions): void {
    const { index, tasks, module, state = STATE_ALONE, reports } = this.#ready();
    const previous = plan.inherits === null ? null : this.#tasks.get(plan.inherits) ?? null;
    const kernel = previous?.kernel ?? new Kernel(module);
    for (const name of EXTENSIONS) if (extensions[name]) kernel.extend(name, extensions[name]);
    this.#modules.provide(referencesIn(plan.plan), kernel.functions);
    kernel.limitState(state.bytesMax);
    kernel.cold = this.#cold(state);
    kernel.shared = new SharedPrograms(kernel, this.#steps.results, this.#steps.add(pipeline, plan.plan));
    const place = {
      pipeline,
      task: index,
      tasks,
      report: (message: FromTask, transfer: ArrayBuffer[], waits: boolean) =>
        reports.send(message, transfer, waits || (isBrief(message) && this.#queue.has(pipeline))),
      exchange: (task: number, message: ExchangeMessage, transfer: ArrayBuffer[]) =>
        this.#peers[task]!.send(message, transfer),
      wake: () => this.#queue.wake(pipeline),
      busy: () => this.#queue.has(pipeline),
    };
    const chunks = new ChunkReader(kernel, plan, this.#parts);
    const parts = { chunks, create: this.#parts.createOperator, previous };
    this.#tasks.set(pipeline, new PipelineTask(kernel, plan, place, parts));
  }

  #cold({ cold }: StateRoom): OpenColdFile | null {
    const { openColdFile } = this.#parts;
    return cold && openColdFile && (() => openColdFile(cold.folder));
  }

  remove(pipeline: number): void {
    const task = this.#tasks.get(pipeline);
    this.#tasks.delete(pipeline);
    this.#queue.drop(pipeline);
    this.#steps.remove(pipeline);
    task?.close();
  }

  takeBodies(port: MessagePort): void {
    const shapes = new ToldShapes(), decoder = new Bodies(this.#ready().module, this.#parts, this.#parts.pack);
    port.onmessage = ({ data: messages }: MessageEvent<readonly BodyMessage[]>) => {
      const transfer: ArrayBuffer[] = [];
      const answers = messages.map((message): BodyAnswer => {
        const result = decoder.decode(shapes.job(message));
        if (result.kind === "decoded") transfer.push(...buffersOf(result));
        else if (result.kind === "widen") transfer.push(result.body.buffer);
        return { id: message.id, result };
      });
      port.postMessage(answers, transfer);
    };
  }

  open(pipeline: number, sink: number): TaskOutput[] {
    const outputs = this.#tasks.get(pipeline)?.open(sink) ?? [];
    return transfer(outputs, outputs.map(({ frame }) => frame));
  }

  ahead(pipeline: number, whole: boolean, spare: readonly ArrayBuffer[]): void {
    const task = this.#task(pipeline);
    task.state.spare(spare);
    task.ahead(whole);
    this.#queue.add([{ kind: "ahead", pipeline, number: -1 }]);
  }

  async drainAhead(pipeline: number, spare: readonly ArrayBuffer[]): Promise<AheadTurn> {
    const task = this.#task(pipeline);
    task.state.spare(spare);
    const turn = await task.cuts.nextAhead();
    if (task.goesOnAhead()) this.#queue.add([{ kind: "ahead", pipeline, number: -1 }]);
    return transfer(turn, framesToTransfer(turn.steps));
  }

  async cut(pipeline: number, number: number): Promise<TaskCut> {
    return await this.#task(pipeline).cuts.facts(number);
  }

  async drain(pipeline: number, number: number): Promise<TaskTurn> {
    const { cuts, state } = this.#task(pipeline), turn = await cuts.next(number);
    if (turn.steps.length > 0) return transfer(turn, framesToTransfer(turn.steps));
    const spare = state.takeSpare();
    return transfer({ ...turn, spare }, toTransfer(spare));
  }

  leave(pipeline: number, number: number): void {
    this.#tasks.get(pipeline)?.leave(number);
  }

  handOut(pipeline: number): TaskCut {
    return this.#task(pipeline).handOut();
  }

  handOutNext(pipeline: number): SavedStep[] {
    const steps = this.#task(pipeline).state.drain();
    return transfer(steps, framesToTransfer(steps));
  }

  restoring(pipeline: number, tables: readonly SavedTable[]): string | null {
    return this.#task(pipeline).state.restoring(tables);
  }

  restore(pipeline: number, steps: readonly SavedStep[]): string | null {
    return this.#task(pipeline).state.restore(steps);
  }

  restored(pipeline: number): TaskRestored {
    const restored = this.#task(pipeline).restored();
    return transfer(restored, framesOf(restored.lookups));
  }

  #task(pipeline: number): PipelineTask {
    const task = this.#tasks.get(pipeline);
    if (!task) throw new Error("The pipeline has no task here any more");
    return task;
  }

  flow(pipeline: number): Float64Array<ArrayBuffer> {
    return this.#tasks.get(pipeline)?.flow.rows.slice() ?? new Float64Array();
  }

  stateFacts(pipeline: number): StateFacts | null {
    return this.#tasks.get(pipeline)?.stateFacts ?? null;
  }

  look(pipeline: number, question: LookQuestion, begins: boolean): LookStep {
    const answer = this.#tasks.get(pipeline)?.look(question, begins) ?? null;
    return answer === null || answer === "seeking" ? answer : transfer(answer, [answer.frame]);
  }

  #ready() {
    if (!this.#place) throw new Error("The worker was not initialised");
    return this.#place;
  }
}

/** What took long is told at once: a message costs little beside it, and others wait for it. */
function isBrief(message: FromTask): boolean {
  return message.kind === "failed" || message.busyMs < REPORT_BUSY_MS_MAX;
}

function buffersOf({ frames, dead, packed }: Extract<DecodeResult, { kind: "decoded" }>): ArrayBuffer[] {
  return [...frames, ...dead, ...(packed ? [packed.buffer] : [])];
}
