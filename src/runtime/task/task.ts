import type { Batch } from "../../core/batch.ts";
import { RdxError, reasonOf } from "../../core/errors.ts";
import { BATCH_ROWS_MAX, FIRE_ROWS_MAX } from "../../core/limits.ts";
import type { SourceClock } from "../../core/watermark.ts";
import { RunningTimes } from "../../kernel/aggregate.ts";
import { FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import type { Kernel } from "../../kernel/module.ts";
import { type BatchTimes, StateFull } from "../../operator.ts";
import type { PhysicalAggregate, PhysicalPlan } from "../../plan/physical.ts";
import type {
  AheadRows,
  ChunkMessage,
  DeadRow,
  ExchangeMessage,
  FromTask,
  MarkMessage,
  TaskOutput,
  TaskPlan,
  ToTask,
} from "../protocol.ts";
import { sourceClock } from "../source_clock.ts";
import { aheadRows, latestTime } from "./ahead_rows.ts";
import type { ChunkReader, DecodedPart } from "./chunk_reader.ts";
import { ExchangeReader, ExchangeWriter, type Outgoing } from "./exchange.ts";
import { Flow, type FlowExits, type OperatorFactory } from "./flow.ts";
import { LateNotes, LateWriter } from "./late_rows.ts";
import { type WindowEnds, windowEnds, windowsOf } from "./window_rows.ts";

/** Where a task is and how it reaches the others. */
export interface TaskPlace {
  readonly pipeline: number;
  readonly task: number;
  readonly tasks: number;
  /** `waits`: another report follows when other tasks have done what they were asked already. */
  report(message: FromTask, transfer: ArrayBuffer[], waits: boolean): void;
  exchange(task: number, message: ExchangeMessage, transfer: ArrayBuffer[]): void;
}

/** What waits for its number's turn. */
interface Pending {
  readonly source: number;
  /** Frames of keyed operators, in exchange layout. */
  readonly edges: ExchangeMessage["edges"];
  readonly timeMax: number;
  /** Set by a mark. */
  readonly watermark: number | null;
  /** Set when this task decoded the chunk. */
  readonly own: OwnChunk | null;
}

interface OwnChunk {
  readonly rows: number;
  readonly deadRows: number;
  readonly errors: readonly DeadRow[];
  readonly ahead: readonly AheadRows[];
  readonly outputs: TaskOutput[];
  /** What decides over late rows if these are wanted, and the frames in which they are. */
  readonly late: { readonly notes: LateNotes; readonly frames: ChunkMessage["frames"] } | null;
  /** Time that decoding took. */
  readonly busyMs: number;
}

/**
 * One pipeline on one worker: decodes the chunks it is given, sends rows to the tasks that own their keys, and consumes
 * every chunk in number order. The kernel instance is its own; after a failure both are thrown away.
 */
export class PipelineTask {
  readonly kernel: Kernel;
  readonly #plan: PhysicalPlan;
  readonly #place: TaskPlace;
  readonly #chunks: ChunkReader;
  readonly flow: Flow;
  readonly #keyed: readonly number[];
  readonly #clocks: readonly SourceClock[];
  readonly #running: RunningTimes;
  readonly #writer: FrameWriter;
  readonly #sendOut: ExchangeWriter;
  readonly #takeIn: ExchangeReader;
  readonly #late: LateWriter;
  readonly #pending = new Map<number, Pending>();
  #next: number;
  #halted = false;
  /** Something broke: the kernel's memory is in an unknown state. */
  #broken = false;
  /** Frames for other tasks, by operator and task. */
  #outgoing = new Map<number, Outgoing>();

  /** With `previous`, the task of an earlier deployment in the same kernel, its state goes on here. */
  constructor(
    kernel: Kernel,
    { plan, after, watermarks }: TaskPlan,
    place: TaskPlace,
    parts: { chunks: ChunkReader; create: OperatorFactory; previous: PipelineTask | null },
  ) {
    const { chunks, create, previous } = parts;
    this.kernel = kernel;
    this.#plan = plan;
    this.#place = place;
    this.#chunks = chunks;
    this.#next = after + 1;
    this.flow = new Flow(kernel, plan, create, place, previous?.flow ?? null);
    this.#keyed = this.flow.operators.flatMap((operator, i) => operator.exchange ? [i] : []);
    this.#clocks = plan.sources.map((source, i) => sourceClock(source, watermarks[i]));
    this.#running = new RunningTimes(kernel);
    this.#writer = new FrameWriter(kernel);
    this.#sendOut = new ExchangeWriter(kernel, place.tasks);
    this.#takeIn = new ExchangeReader(kernel);
    this.#late = new LateWriter(kernel, plan.name);
  }

  /** A chunk to decode, or a mark, from the main thread. */
  receive(message: ToTask): void {
    this.#guard(message.number, () => {
      // Without keyed operators nothing has to be met in order here: the main thread puts the outputs in order.
      if (this.#keyed.length === 0) this.#next = message.number;
      if (message.kind === "mark") this.#pending.set(message.number, markPending(message));
      else this.#decode(message);
      this.#drain();
    });
  }

  /** This task's rows of a chunk that another task decoded. */
  receiveExchange(message: ExchangeMessage): void {
    this.#guard(message.number, () => {
      this.#pending.set(message.number, { ...message, watermark: null, own: null });
      this.#drain();
    });
  }

  /** Rows of open windows for one sink, in canonical order. Throws RdxError("no_space") when memory has no room for them. */
  open(sink: number): TaskOutput[] {
    if (this.#halted) return [];
    const outputs: TaskOutput[] = [];
    try {
      this.flow.uncounted(() => {
        for (const index of this.#keyed) this.#peek(index, outputs);
      });
    } catch (thrown) {
      if (!(thrown instanceof RdxError)) this.#fail(this.#next, thrown);
      throw thrown;
    } finally {
      this.kernel.reset();
    }
    return outputs.filter((output) => output.sink === sink);
  }

  #peek(index: number, outputs: TaskOutput[]): void {
    const operator = this.flow.operators[index];
    for (let first = true;; first = false) {
      this.kernel.reset();
      const batch = operator.peek(FIRE_ROWS_MAX, first);
      if (!batch) return;
      this.#sendFired(operator.id, batch, operator.windowEnd, outputs);
    }
  }

  /** Works no more. What it handed on stays in the kernel; without anything handed on, the kernel goes as a whole. */
  close(): void {
    this.#halted = true;
    this.#pending.clear();
    if (this.#broken) return;
    this.#chunks.close();
    this.flow.close();
    this.#running.close();
  }

  #guard(number: number, work: () => void): void {
    if (this.#halted) return;
    try {
      work();
    } catch (thrown) {
      this.#fail(number, thrown);
    }
  }

  #fail(number: number, thrown: unknown): void {
    const { pipeline, task } = this.#place, stalled = thrown instanceof StateFull;
    this.#halted = true;
    this.#broken = !stalled;
    this.#pending.clear();
    this.#place.report({ kind: "failed", pipeline, number, task, stalled, reason: reasonOf(thrown) }, [], false);
  }

  /** Decodes a chunk and runs what stands in front of the exchange. */
  #decode(message: ChunkMessage): void {
    const { source, number } = message,
      from = this.#plan.sources[source],
      ahead: AheadRows[] = [],
      alone = this.#place.tasks === 1,
      startMs = performance.now();
    const outputs: TaskOutput[] = [];
    this.#outgoing = new Map(this.#keyed.map((index) => [index, Array.from({ length: this.#place.tasks }, () => [])]));
    const clock = this.#clocks[source], reached = clock.reached;
    const late = message.late ? { notes: new LateNotes(this.kernel), frames: message.frames } : null;
    let rows = 0, timeMax = -Infinity, frame = 0;
    const exits: FlowExits = {
      sink: (sink, batch) => this.#emit(sink, batch, null, outputs),
      exchange: (index, batch, times) => {
        late?.notes.add(frame, this.#plan.operators[index] as PhysicalAggregate, batch, times);
        if (alone) this.#pushHere(index, batch, times);
        else this.#split(index, batch, times);
      },
    };
    this.#running.begin();
    const decoded = this.#chunks.read(message, (part: DecodedPart) => {
      rows += part.batch.rows;
      frame = part.frame;
      const most = latestTime(from, part.arrivalMs);
      const { running, max, sorted, kept } = this.#running.add(part.time, part.batch.rows, most);
      if (kept) ahead.push(aheadRows(this.kernel, part, kept));
      if (max > timeMax) timeMax = max;
      const { delayMs } = clock;
      // Of rows in order none is late by those before it once there is a delay: their own time serves as well, and travels once.
      const times: BatchTimes = {
        running: sorted && delayMs >= 1 ? part.time.data : running,
        before: reached,
        delayMs,
      };
      this.flow.send(from.id, { ...part.batch, ...kept }, times, part.arrivalMs, exits);
      this.kernel.reset();
    });
    this.#combine(alone, reached, clock.delayMs);
    const edges = this.#exchange(source, number, timeMax), busyMs = performance.now() - startMs;
    const own: OwnChunk = { rows, deadRows: decoded.deadRows, errors: decoded.errors, ahead, outputs, late, busyMs };
    this.#pending.set(number, { source, edges, timeMax, watermark: null, own });
  }

  #pushHere(index: number, batch: Batch, times: BatchTimes): void {
    const operator = this.flow.operators[index];
    if (operator.combiner) operator.combiner.push(batch, times);
    else operator.push(batch, times);
  }

  #split(index: number, batch: Batch, times: BatchTimes): void {
    const operator = this.flow.operators[index];
    if (operator.combiner) operator.combiner.push(batch, times);
    else this.#sendOut.write(batch, operator.exchange!.keys, times.running, this.#outgoing.get(index)!);
  }

  /** Ends phase one of two-phase operators for this chunk. */
  #combine(alone: boolean, reached: number, delayMs: number): void {
    for (const index of this.#keyed) {
      const operator = this.flow.operators[index];
      for (let batch = operator.combiner?.take(); batch; batch = operator.combiner?.take()) {
        if (alone) operator.push(batch, { running: 0, before: reached, delayMs });
        else this.#sendOut.write(batch, operator.exchange!.keys, 0, this.#outgoing.get(index)!);
        this.kernel.reset();
      }
    }
  }

  /** Hands the other tasks their rows; returns this task's own. */
  #exchange(source: number, number: number, timeMax: number): ExchangeMessage["edges"] {
    if (this.#keyed.length === 0) return [];
    const edgesOf = (task: number) =>
      this.#keyed.map((operator) => ({ operator, frames: this.#outgoing.get(operator)![task] }));
    for (let task = 0; task < this.#place.tasks; task++) {
      if (task === this.#place.task) continue;
      const edges = edgesOf(task);
      const message: ExchangeMessage = { pipeline: this.#place.pipeline, number, source, timeMax, edges };
      this.#place.exchange(task, message, edges.flatMap((edge) => edge.frames));
    }
    return edgesOf(this.#place.task);
  }

  #drain(): void {
    for (let pending; (pending = this.#pending.get(this.#next)) !== undefined; this.#next++) {
      this.#pending.delete(this.#next);
      this.#consume(this.#next, pending);
    }
  }

  /** Everything that one number does to this task's state, and what comes out of it. */
  #consume(number: number, pending: Pending): void {
    const clock = this.#clocks[pending.source], outputs = pending.own?.outputs ?? [], startMs = performance.now();
    const lateFrames = this.#lateFrames(pending.own?.late ?? null, clock);
    for (const { operator, frames } of pending.edges) {
      frames.forEach((frame, i) => {
        const around = { before: clock.reached, delayMs: clock.delayMs, continued: i > 0 };
        this.#takeIn.push(frame, this.flow.operators[operator], around);
        this.#sendOut.recycle(frame);
        this.kernel.reset();
      });
    }
    if (pending.watermark !== null) clock.raise(pending.watermark);
    else clock.observe(pending.timeMax);
    for (const index of this.#keyed) this.#fire(index, outputs);
    this.#done(number, pending, outputs, lateFrames, performance.now() - startMs);
  }

  /** The late rows of a chunk of this task, now that everything before it has been met. */
  #lateFrames(late: OwnChunk["late"], clock: SourceClock): ArrayBuffer[] {
    if (!late) return [];
    return [...late.notes.judge(clock)]
      .sort(([a], [b]) => a - b)
      .map(([frame, rows]) => this.#late.write(late.frames[frame].frame, rows));
  }

  #fire(index: number, outputs: TaskOutput[]): void {
    const operator = this.flow.operators[index];
    operator.advance(this.#watermarkOf(index));
    while (true) {
      const batch = operator.pull(FIRE_ROWS_MAX);
      if (!batch) break;
      this.#sendFired(operator.id, batch, operator.windowEnd, outputs);
      this.kernel.reset();
    }
    this.kernel.reset();
  }

  /** The watermark of the source that the operator's rows come from. */
  #watermarkOf(index: number): number {
    const plan = this.#plan.operators[index];
    const source = this.#plan.sources.findIndex(({ id }) => plan.op === "aggregate" && id === plan.sources[0]);
    return this.#clocks[source].watermark;
  }

  /** Sends fired rows on; where several tasks have to be merged, with the ends of their windows. */
  #sendFired(id: string, batch: Batch, windowEnd: number, outputs: TaskOutput[]): void {
    const times: BatchTimes = { running: 0, before: -Infinity, delayMs: 0 };
    const ends = this.#place.tasks === 1 || windowEnd < 0 ? null : windowEnds(this.kernel, batch, windowEnd);
    this.flow.send(id, batch, times, 0, {
      sink: (sink, out) => this.#emit(sink, out, ends, outputs),
      exchange: () => {
        throw new Error("A keyed operator behind a keyed operator was planned");
      },
    });
  }

  #emit(sink: number, batch: Batch, ends: WindowEnds | null, outputs: TaskOutput[]): void {
    if (batch.selected > BATCH_ROWS_MAX) throw new Error(`A batch of ${batch.selected} rows left an operator`);
    const windows = ends && windowsOf(this.kernel, batch, ends);
    outputs.push({ sink, frame: this.#writer.write(batch, NO_INFO), rows: batch.selected, windows });
  }

  #done(number: number, pending: Pending, outputs: TaskOutput[], lateFrames: ArrayBuffer[], busyMs: number): void {
    const { pipeline, task } = this.#place, { own, source, timeMax } = pending;
    let late = 0, untimed = 0, stateRows = 0, stateBytes = 0;
    for (const operator of this.flow.operators) {
      late += operator.counts.late;
      untimed += operator.counts.nullTime;
      stateRows += operator.stateRows;
      stateBytes += operator.stateBytes;
    }
    this.#place.report(
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
        late,
        untimed,
        busyMs: busyMs + (own?.busyMs ?? 0),
        stateRows,
        stateBytes,
      },
      [...outputs.map((output) => output.frame), ...lateFrames],
      this.#pending.size > 0,
    );
  }
}

function markPending(message: MarkMessage): Pending {
  return { source: message.source, edges: [], timeMax: -Infinity, watermark: message.watermark, own: null };
}
