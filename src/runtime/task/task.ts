import { RdxError, reasonOf } from "../../core/errors.ts";
import { RunningTimes } from "../../kernel/aggregate.ts";
import type { Kernel } from "../../kernel/module.ts";
import { OwnArena } from "../../kernel/own_arena.ts";
import { StateFull } from "../../operator.ts";
import type { PhysicalPlan } from "../../plan/physical.ts";
import { planShape } from "../plan_shape.ts";
import type {
  AheadMessage,
  AheadRows,
  ChunkMessage,
  ExchangeMessage,
  FromTask,
  LookQuestion,
  LookStep,
  MarkMessage,
  StateFacts,
  TaskCut,
  TaskOutput,
  TaskPlan,
  TaskRestored,
  ToTask,
} from "../protocol.ts";
import { aheadRows, latestTime, within } from "./ahead_rows.ts";
import { AheadSteps } from "./ahead_steps.ts";
import type { ChunkReader, DecodedPart } from "./chunk_reader.ts";
import { Clocks } from "./clocks.ts";
import { Flow, type OperatorFactory } from "./flow.ts";
import type { TaskMode, TaskPlace } from "./mode.ts";
import { OrderedMode } from "./ordered.ts";
import { Outputs } from "./outputs.ts";
import { ParallelMode } from "./parallel.ts";
import { NOTHING, type OwnChunk, type Pending, pendingOf } from "./pending.ts";
import { TaskCuts } from "./task_cuts.ts";
import { countsOf, framesOf, keptBy, lostFrames } from "./task_report.ts";
import { TaskState } from "./task_state.ts";
import type { Left } from "./work_queue.ts";

/** How a task says what it has done. `waits`: another report follows when other tasks have done what they were asked already. */
export type Report = (message: FromTask, transfer: ArrayBuffer[], waits: boolean) => void;

/** Where a task is, how it says what it has done, how it is called again for a message that it has put off, and whether it has others. */
type Surroundings = TaskPlace & {
  readonly report: Report;
  readonly wake: () => void;
  readonly busy: () => boolean;
  /** The stopwatch of its steps in front of a cut. */
  readonly now?: () => number;
};

/**
 * One pipeline on one worker: decodes the chunks it is given, sends rows to the tasks that own them, and consumes what is its
 * own in number order. The kernel instance is its own; after a failure both are thrown away.
 */
export class PipelineTask {
  readonly kernel: Kernel;
  readonly flow: Flow;
  readonly state: TaskState;
  readonly cuts: TaskCuts;
  readonly #ahead: AheadSteps;
  readonly #plan: PhysicalPlan;
  readonly #place: Surroundings;
  readonly #chunks: ChunkReader;
  readonly #mode: TaskMode;
  readonly #outputs: Outputs;
  readonly #clocks: Clocks;
  readonly #running: RunningTimes;
  /** For steps in front of a cut while a batch is in the arena. */
  readonly #amid: OwnArena;
  readonly #pending = new Map<number, Pending>();
  #next: number;
  /** The number that is at work. */
  #at = 0;
  /** Nothing behind it is begun until what it asks for is set aside. */
  #cutting: MarkMessage | null = null;
  #halted = false;
  /** The task of a later deployment is in its kernel. */
  #followed = false;
  #beside = false;
  /** Something broke: the kernel's memory is in an unknown state. */
  #broken = false;

  /** With `previous`, the task of an earlier deployment in the same kernel, its state goes on here. */
  constructor(
    kernel: Kernel,
    { plan: given, after, watermarks, mode, owner, resumes = null }: TaskPlan,
    place: Surroundings,
    parts: { chunks: ChunkReader; create: OperatorFactory; previous: PipelineTask | null },
  ) {
    const { chunks, create, previous } = parts, { front } = planShape(given), ordered = mode === "ordered";
    const plan = ordered ? onePhase(given) : given;
    if (previous) previous.#followed = true;
    this.kernel = kernel;
    this.#plan = plan;
    this.#place = place;
    this.#chunks = chunks;
    this.#next = after + 1;
    const here = ordered && place.task !== owner ? front : plan.operators.map(() => true);
    const groups = ordered ? { task: 0, tasks: 1 } : place;
    this.flow = new Flow(kernel, plan, create, { ...groups, here }, previous?.flow ?? null);
    this.state = new TaskState(kernel, this.flow.operators, groups);
    this.cuts = new TaskCuts(place.wake);
    this.#ahead = new AheadSteps({ state: this.state, cuts: this.cuts, busy: place.busy, now: place.now });
    this.#clocks = new Clocks(plan, watermarks, resumes?.reached);
    this.#running = new RunningTimes(kernel);
    this.#outputs = new Outputs(kernel);
    this.#amid = new OwnArena(kernel);
    const between = (rows: number) => this.#between(rows), { flow } = this;
    const amid = () => this.cuts.ahead && this.#amid.within(() => this.#between(0));
    const all = { kernel, plan, place, flow, clocks: this.#clocks, outputs: this.#outputs, between, amid };
    this.#mode = ordered ? new OrderedMode(all, owner, front) : new ParallelMode(all);
    if (resumes) this.#mode.tickedMs = resumes.tickedMs;
  }

  /** All steps of a checkpoint have come. */
  restored(): TaskRestored {
    const reason = this.state.restored();
    return { reason, lookups: reason === null ? this.#mode.lookups() : [] };
  }

  /** What its operators keep. */
  get stateFacts(): StateFacts {
    const { operators, hot } = this.flow;
    return {
      number: this.#next - 1,
      tables: this.state.tables,
      looks: this.state.looks,
      operators: this.#plan.operators.map(({ id: node }, i) => {
        const operator = operators[i], kept = operator && keptBy(operator);
        return { node, kept, hot: hot[i].map(({ samples, found: keys }) => ({ samples, keys })) };
      }),
    };
  }

  /** A chunk to decode, a mark or a tick, from the main thread. Of a cut something is left until all is set aside: it comes again. */
  receive(message: ToTask | AheadMessage): Left {
    if (message.kind === "ahead") return this.#stepAhead();
    if (message === this.#cutting) return this.#setAside(message);
    this.#guard(message.number, () => {
      if (message.kind === "mark" && message.cut) this.#cutting = message;
      // Where nothing has to be met in order, the main thread puts the outputs in order.
      if (!this.#mode.inOrder) this.#next = message.number;
      if (message.kind === "chunk") this.#decode(message);
      else this.#pending.set(message.number, pendingOf(message));
      this.#drain();
    });
    return this.#cutting ? this.#setAside(this.#cutting) : "nothing";
  }

  /** A cut comes soon: what is set aside in front of it is done with by steps, each of which an AheadMessage asks for. */
  ahead(whole: boolean): void {
    this.#guardBeside(() => this.#ahead.begin(whole));
  }

  /** Whether another AheadMessage is wanted, since some of what is set aside was taken. */
  goesOnAhead(): boolean {
    return this.#ahead.goesOn();
  }

  #stepAhead(): Left {
    let left: Left = "nothing";
    this.#guardBeside(() => left = this.#ahead.turn());
    return left;
  }

  /** What is set aside for a cut is not wanted any more. */
  leave(number: number): void {
    this.state.leave();
    this.cuts.leave(number);
  }

  /** Sets some of what a cut asks for aside, once everything in front of it is done. */
  #setAside({ number }: MarkMessage): Left {
    const { cuts } = this;
    let left: Left = this.#next <= number || cuts.full ? "wait" : "more";
    this.#guard(number, () => {
      if (left === "wait") return;
      const steps = cuts.wanted ? this.state.drain() : [];
      cuts.put(steps);
      if (steps.length > 0) return;
      this.#cutting = null;
      left = "nothing";
      this.#drain();
    });
    return this.#halted ? "nothing" : left;
  }

  /** This task's rows of a chunk that another task decoded. */
  receiveExchange({ number, source, edges, frames, timeMax }: ExchangeMessage): void {
    this.#guard(number, () => {
      this.#pending.set(number, { ...NOTHING, source, edges, frames, timeMax });
      this.#drain();
    });
    if (this.#cutting) this.#place.wake();
  }

  /** Rows of open windows for one sink, in canonical order. Throws RdxError("no_space") when memory has no room for them. */
  open(sink: number): TaskOutput[] {
    if (this.#halted) return [];
    const outputs: TaskOutput[] = [];
    try {
      this.kernel.functions.uncounted(() => this.flow.uncounted(() => this.#mode.open(outputs)));
    } catch (thrown) {
      if (!(thrown instanceof RdxError)) this.#fail(this.#next, thrown, true);
      throw thrown;
    } finally {
      this.kernel.reset();
    }
    return outputs.filter((output) => output.sink === sink);
  }

  /** Rows of a table as they are behind the last number. Throws RdxError("no_space"). */
  look(question: LookQuestion, begins: boolean): LookStep {
    if (this.#halted) return null;
    try {
      return this.state.look(question, begins, this.#next - 1);
    } catch (thrown) {
      if (!(thrown instanceof RdxError)) this.#fail(this.#next, thrown, true);
      throw thrown;
    }
  }

  /** Works no more. What it handed on stays in the kernel; without anything handed on, the kernel goes as a whole. */
  close(): void {
    this.#halted = true;
    this.#pending.clear();
    this.cuts.end();
    if (this.#broken) return;
    if (!this.#followed) this.kernel.end();
    this.#chunks.close();
    this.flow.close();
    this.#outputs.close();
    this.#running.close();
    this.#amid.close();
  }

  #guard(number: number, work: () => void): void {
    if (this.#halted) return;
    this.#at = number;
    this.flow.ran = -1;
    try {
      work();
    } catch (thrown) {
      this.#fail(this.#at, thrown);
    }
  }

  /** The same at no number. */
  #guardBeside(work: () => void): void {
    if (this.#halted) return;
    this.flow.ran = -1;
    try {
      work();
    } catch (thrown) {
      this.#fail(this.#next, thrown, true);
    }
  }

  #fail(number: number, thrown: unknown, beside = this.#beside): void {
    const { pipeline, task } = this.#place, stalled = thrown instanceof StateFull, { ran } = this.flow;
    const node = ran < 0 ? null : this.#plan.operators[ran].id;
    this.#halted = true;
    this.#broken = !stalled;
    this.#pending.clear();
    this.cuts.end();
    const failed = { kind: "failed", pipeline, number, task, stalled, node, reason: reasonOf(thrown) } as const;
    this.#place.report(beside ? { ...failed, beside } : failed, [], false);
  }

  /** Decodes a chunk and runs what stands in front of the exchange. */
  #decode(message: ChunkMessage): void {
    const { source, number } = message, from = this.#plan.sources[source], mode = this.#mode;
    const ahead: AheadRows[] = [], outputs: TaskOutput[] = [], startMs = performance.now();
    let rows = 0, timeMax = -Infinity;
    mode.begin(message, outputs);
    this.#running.begin();
    const { deadRows, errors } = this.#chunks.read(message, (part: DecodedPart) => {
      const { batch, time, arrivalMs, frame } = part;
      rows += batch.rows;
      const { running, max, sorted, kept } = this.#running.add(time, batch.rows, latestTime(from, arrivalMs));
      if (kept) ahead.push(aheadRows(this.kernel, part, kept));
      if (max > timeMax) timeMax = max;
      mode.take({ batch: within(this.kernel, batch, kept), time, running, sorted, arrivalMs, frame });
      this.kernel.reset();
      // Rows that other tasks may own count when they are met
      this.#between(this.#place.tasks === 1 ? batch.rows : 0);
    });
    const { edges, frames, late } = mode.end(number, timeMax), busyMs = performance.now() - startMs;
    const own: OwnChunk = { rows, deadRows, errors, ahead, outputs, late, refused: this.flow.refused(), busyMs };
    this.#pending.set(number, { ...NOTHING, source, edges, frames, timeMax, own });
  }

  /** A step in front of a cut where so many rows have been taken since the one before. */
  #between(rows: number): void {
    const { ran } = this.flow;
    // What breaks here is not the fault of what is at work
    this.flow.ran = -1;
    this.#beside = true;
    this.#ahead.between(rows);
    this.#beside = false;
    this.flow.ran = ran;
  }

  #drain(): void {
    const last = this.#cutting?.number ?? Infinity;
    for (let pending; this.#next <= last && (pending = this.#pending.get(this.#next)) !== undefined; this.#next++) {
      this.#pending.delete(this.#next);
      this.#at = this.#next;
      this.flow.ran = -1;
      this.#consume(this.#next, pending);
    }
  }

  /** Everything that one number does to this task's state, and what comes out of it. */
  #consume(number: number, pending: Pending): void {
    const { source, edges, frames, timeMax, watermark, nowMs, answer, own } = pending, mode = this.#mode;
    const startMs = performance.now();
    const outputs = own?.outputs ?? [], lateFrames = [...own?.late?.() ?? []];
    if (nowMs !== null) mode.tick(nowMs, outputs);
    else if (answer !== null) mode.answer(answer, outputs);
    else {
      const clock = this.#clocks.sources[source];
      lateFrames.push(...mode.meet(source, edges, outputs, frames));
      if (watermark !== null) clock.raise(watermark);
      else clock.observe(timeMax);
      mode.advance(outputs);
    }
    this.kernel.reset();
    this.#outputs.flush(outputs);
    this.#done(number, pending, outputs, lateFrames, performance.now() - startMs);
    if (pending.cut) this.#cut(number, pending.cut.whole);
  }

  /** Begins to hand its state out. */
  #cut(number: number, whole: boolean): void {
    const startMs = performance.now();
    this.state.cut(whole);
    this.cuts.begin(number, this.#facts(), startMs);
  }

  #facts(): TaskCut {
    return { tables: this.state.tables, tickedMs: this.#mode.tickedMs, reached: [...this.#clocks.reached] };
  }

  /** Begins to hand everything out while it is at rest. */
  handOut(): TaskCut {
    this.state.leave();
    this.state.cut(true);
    return this.#facts();
  }

  #done(
    number: number,
    { own, source, timeMax }: Pending,
    outputs: readonly TaskOutput[],
    lateFrames: readonly ArrayBuffer[],
    busyMs: number,
  ): void {
    const { pipeline, task, report } = this.#place;
    const lookups = this.#mode.lookups(), refused = [...own?.refused ?? [], ...this.flow.refused()];
    report(
      {
        kind: "done",
        pipeline,
        number,
        task,
        outputs,
        chunk: own ? { source, rows: own.rows, timeMax } : null,
        deadRows: own?.deadRows ?? 0,
        errors: own?.errors ?? [],
        ahead: own?.ahead ?? [],
        lateFrames,
        functionFaults: this.kernel.functions.takeFaults(),
        lookups,
        refused,
        heldAt: this.#mode.heldAt,
        busyMs: busyMs + (own?.busyMs ?? 0),
        ...countsOf(this.flow.operators),
      },
      [...outputs.map((output) => output.frame), ...lateFrames, ...framesOf(lookups), ...lostFrames(refused)],
      this.#pending.size > 0,
    );
  }
}

/** What runs in one task has no need of partial results. */
function onePhase(plan: PhysicalPlan): PhysicalPlan {
  return {
    ...plan,
    operators: plan.operators.map((one) => one.op === "aggregate" ? { ...one, twoPhase: false } : one),
  };
}
