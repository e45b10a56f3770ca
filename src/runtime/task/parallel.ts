import type { Batch } from "../../core/batch.ts";
import { FIRE_ROWS_MAX } from "../../core/limits.ts";
import { OWN_ROWS } from "../../kernel/gather.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { BatchTimes, Operator } from "../../operator.ts";
import type { PhysicalAggregate, PhysicalPlan } from "../../plan/physical.ts";
import type { ChunkMessage, ExchangeEdge, ExchangeMessage, TaskOutput } from "../protocol.ts";
import type { Clocks } from "./clocks.ts";
import { type Delivery, DeliveryOrder } from "./deliveries.ts";
import { ExchangeReader, ExchangeWriter, type Outgoing } from "./exchange.ts";
import type { Flow, FlowExits } from "./flow.ts";
import { LateNotes, LateWriter } from "./late_rows.ts";
import { findMeets, type Meets } from "./meets.ts";
import type { ChunkEnd, ChunkPart, LateFrames, TaskMode, TaskPlace } from "./mode.ts";
import type { Outputs } from "./outputs.ts";
import { type WindowEnds, windowEnds } from "./window_rows.ts";

/** What a mode works with. */
export interface ModeParts {
  readonly kernel: Kernel;
  readonly plan: PhysicalPlan;
  readonly place: TaskPlace;
  readonly flow: Flow;
  readonly clocks: Clocks;
  readonly outputs: Outputs;
  /** To be called where so many rows have changed the state since the call before, and nothing is in the arena. */
  between(rows: number): void;
  /** The same while a batch is in the arena, of which more rows come: they all count behind it. */
  amid(): void;
}

/**
 * Plans whose windows are right behind their sources, and plans without state: rows go to the task that owns their keys, and
 * each task fires its own windows.
 */
export class ParallelMode implements TaskMode {
  readonly inOrder: boolean;
  readonly #parts: ModeParts;
  /** Positions of the operators with windows. */
  readonly #keyed: readonly number[];
  readonly #alone: boolean;
  readonly #sendOut: ExchangeWriter;
  readonly #takeIn: ExchangeReader;
  readonly #late: LateWriter;
  readonly #order: DeliveryOrder;
  readonly #meets: ReadonlyMap<string, Meets | null>;
  /** Frames for other tasks, by operator and task. */
  #outgoing = new Map<number, Outgoing>();
  #message: ChunkMessage | null = null;
  #outputs: TaskOutput[] = [];
  #notes: LateNotes | null = null;

  constructor(parts: ModeParts) {
    const { kernel, plan, place, flow } = parts;
    this.#parts = parts;
    this.#keyed = flow.stateless.flatMap((stateless, i) => stateless ? [] : [i]);
    this.inOrder = this.#keyed.length > 0;
    this.#alone = place.tasks === 1;
    this.#sendOut = new ExchangeWriter(kernel, place.tasks);
    this.#takeIn = new ExchangeReader(kernel);
    this.#late = new LateWriter(kernel, plan.name);
    this.#order = new DeliveryOrder(kernel);
    this.#meets = findMeets(plan);
  }

  begin(message: ChunkMessage, outputs: TaskOutput[]): void {
    const { kernel, place } = this.#parts;
    this.#message = message;
    this.#outputs = outputs;
    this.#notes = message.late ? new LateNotes(kernel, this.#parts.plan) : null;
    this.#outgoing = new Map(this.#keyed.map((index) => [index, Array.from({ length: place.tasks }, () => [])]));
  }

  take(part: ChunkPart): void {
    const { plan, flow } = this.#parts, { id } = plan.sources[this.#message!.source], meets = this.#meets.get(id);
    if (meets) this.#takeInTurn(id, part, meets);
    else {
      flow.send(id, part.batch, flow.stateless, {
        sink: (sink, batch) => this.#emit(sink, batch, null, this.#outputs),
        operator: (index, input, batch) => this.#keyedRows(index, input, batch, part),
      });
    }
  }

  /** The ways of the source's rows meet again: only in front of sinks, or the plan would run in order. */
  #takeInTurn(id: string, part: ChunkPart, meets: Meets): void {
    const { flow } = this.#parts, deliveries: Delivery[] = [];
    flow.send(id, part.batch, flow.stateless, {
      sink: (input, batch, way) => deliveries.push({ operator: -1, input, batch, way, running: 0, origins: OWN_ROWS }),
      operator: (index, input, batch) => this.#keyedRows(index, input, batch, part),
    });
    for (const { input, batch } of this.#order.order(deliveries, meets)) this.#emit(input, batch, null, this.#outputs);
  }

  #keyedRows(index: number, input: number, batch: Batch, { time, running, sorted, arrivalMs, frame }: ChunkPart): void {
    const { plan, flow } = this.#parts, picked = flow.pick(index, input, batch, arrivalMs);
    const around = this.#around(index);
    // Of rows in order none is late by those before it once there is a delay: their own time serves as well, and travels once.
    const times: BatchTimes = { ...around, running: sorted && around.delayMs >= 1 ? time.data : running };
    this.#notes?.add(frame, plan.operators[index] as PhysicalAggregate, picked, times);
    const operator = flow.operators[index]!, outgoing = this.#outgoing.get(index)!;
    if (operator.combiner) operator.combiner.push(picked, times);
    else if (this.#alone) operator.push(picked, times, input);
    else this.#sendOut.write(picked, operator.exchanges[input]!.keys, times.running, outgoing);
  }

  #around(index: number): Omit<BatchTimes, "running"> {
    const { plan, clocks } = this.#parts;
    return clocks.timesAt(plan.operators[index], this.#message!.source);
  }

  end(number: number, timeMax: number): ChunkEnd {
    this.#combine();
    return { edges: this.#exchange(number, timeMax), frames: null, late: this.#lateOf() };
  }

  /** Ends phase one of two-phase operators for this chunk. */
  #combine(): void {
    const { kernel, flow, between } = this.#parts;
    for (const index of this.#keyed) {
      const operator = flow.operators[index]!;
      flow.ran = index;
      for (let batch = operator.combiner?.take(); batch; batch = operator.combiner?.take()) {
        if (this.#alone) operator.push(batch, { ...this.#around(index), running: 0 }, 0);
        else this.#sendOut.write(batch, operator.exchanges[0]!.keys, 0, this.#outgoing.get(index)!);
        kernel.reset();
        // They count as the rows that they come from
        between(0);
      }
    }
  }

  /** Hands the other tasks their rows; returns this task's own. */
  #exchange(number: number, timeMax: number): ExchangeEdge[] {
    if (this.#keyed.length === 0) return [];
    const { place } = this.#parts, { source } = this.#message!;
    const edgesOf = (task: number): ExchangeEdge[] =>
      this.#keyed.map((operator) => ({
        operator,
        input: 0,
        way: [],
        part: 0,
        arrivalMs: 0,
        frames: this.#outgoing.get(operator)![task],
      }));
    for (let task = 0; task < place.tasks; task++) {
      if (task === place.task) continue;
      const edges = edgesOf(task);
      const message: ExchangeMessage = { pipeline: place.pipeline, number, source, timeMax, edges, frames: null };
      place.exchange(task, message, edges.flatMap((edge) => edge.frames));
    }
    return edgesOf(place.task);
  }

  /** Tells the late rows of the chunk once everything before it has been met. */
  #lateOf(): LateFrames | null {
    const { clocks } = this.#parts, notes = this.#notes, { frames, source } = this.#message!;
    if (!notes) return null;
    return () =>
      [...notes.judge((operator) => clocks.timesAt(operator, source), clocks.sources[source].watermark)]
        .sort(([a], [b]) => a - b)
        .flatMap(([frame, rows]) => this.#late.write(frames[frame].frame, rows));
  }

  meet(source: number, edges: readonly ExchangeEdge[]): readonly ArrayBuffer[] {
    const { kernel, plan, flow, clocks, between } = this.#parts;
    for (const { operator, input, frames } of edges) {
      const around = clocks.timesAt(plan.operators[operator], source);
      flow.ran = operator;
      frames.forEach((frame, i) => {
        const rows = this.#takeIn.push(frame, flow.operators[operator]!, input, { ...around, continued: i > 0 });
        this.#sendOut.recycle(frame);
        kernel.reset();
        between(rows);
      });
    }
    return [];
  }

  advance(outputs: TaskOutput[]): void {
    for (const index of this.#keyed) this.#fire(index, outputs);
  }

  tickedMs = -Infinity;

  tick(): void {}

  answer(): void {}

  lookups(): [] {
    return [];
  }

  readonly heldAt = Infinity;

  #fire(index: number, outputs: TaskOutput[]): void {
    const { kernel, plan, flow, clocks } = this.#parts, operator = flow.operators[index]!;
    flow.ran = index;
    operator.advance(clocks.watermarkOf(plan.operators[index]));
    for (let batch = operator.pull(FIRE_ROWS_MAX); batch; batch = operator.pull(FIRE_ROWS_MAX)) {
      this.#sendFired(operator, batch, outputs);
      kernel.reset();
    }
    kernel.reset();
  }

  open(outputs: TaskOutput[]): void {
    const { kernel, flow } = this.#parts;
    for (const index of this.#keyed) {
      const operator = flow.operators[index]!;
      kernel.reset();
      for (let batch = operator.peek(FIRE_ROWS_MAX, true); batch; batch = operator.peek(FIRE_ROWS_MAX, false)) {
        this.#sendFired(operator, batch, outputs);
        kernel.reset();
      }
    }
  }

  /** Sends fired rows on; where several tasks have to be merged, with the ends of their windows. */
  #sendFired({ id, windowEnd }: Operator, batch: Batch, outputs: TaskOutput[]): void {
    const { kernel, flow } = this.#parts;
    const ends = this.#alone || windowEnd < 0 ? null : windowEnds(kernel, batch, windowEnd);
    const exits: FlowExits = {
      sink: (sink, out) => this.#emit(sink, out, ends, outputs),
      operator: () => {
        throw new Error("A keyed operator behind a keyed operator was planned to run in parallel");
      },
    };
    flow.send(id, batch, flow.stateless, exits);
  }

  #emit(sink: number, batch: Batch, ends: WindowEnds | null, outputs: TaskOutput[]): void {
    outputs.push(this.#parts.outputs.write(sink, batch, ends));
  }
}
