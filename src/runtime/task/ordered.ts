import type { Batch } from "../../core/batch.ts";
import { frameRows } from "../../core/frame_info.ts";
import { FIRE_ROWS_MAX } from "../../core/limits.ts";
import { OWN_ROWS } from "../../kernel/gather.ts";
import type { Released } from "../../operator.ts";
import type { AnswerMessage, ChunkMessage, ExchangeEdge, NodeLookups, TaskOutput } from "../protocol.ts";
import { clockHeads, tickMsOf } from "../plan_shape.ts";
import { type Delivery, DeliveryOrder, type Facts } from "./deliveries.ts";
import { Drain } from "./drain.ts";
import { OrderedExchange } from "./exchange.ts";
import type { FlowExits } from "./flow.ts";
import { LateWriter } from "./late_rows.ts";
import { findMeets, type Meets, watermarksMeet } from "./meets.ts";
import type { ChunkEnd, ChunkPart, LateFrames, TaskMode } from "./mode.ts";
import { LateTrace, type Trace } from "./ordered_late.ts";
import type { ModeParts } from "./parallel.ts";
import { Releases } from "./releases.ts";
import { turnOrder } from "./turn_order.ts";
import { type RowTimes, TurnCutter } from "./turns.ts";

/** In the place of an operator: the frame has running times alone. */
const TIMES = -1;

/** After so many deliveries of one batch there may be a step in front of a cut: where they are single rows, a batch takes many times as long as such a step. */
const STEP_DELIVERIES = 64;

/**
 * Plans whose operators feed each other or have several inputs. Every task decodes and runs the stateless front; the owner takes
 * all rows in the order of the log and runs the rest depth first: what a row leads to has happened before the next row comes.
 */
export class OrderedMode implements TaskMode {
  readonly inOrder: boolean;
  readonly #parts: ModeParts;
  readonly #owner: number;
  readonly #front: readonly boolean[];
  readonly #meets: ReadonlyMap<string, Meets | null>;
  readonly #order: DeliveryOrder;
  readonly #exchange: OrderedExchange;
  readonly #drain: Drain;
  readonly #releases: Releases;
  readonly #late: LateTrace;
  readonly #lateWriter: LateWriter;
  /** Sources and lookups, as they stand among the clocks. */
  readonly #heads: readonly { readonly id: string }[];
  /** Null: it does not matter in front of which row results of watermarks are made. */
  readonly #turns: TurnCutter | null;
  /** Positions of the operators that keep something, here in the owner, in the order of their turns. */
  readonly #keyed: readonly number[];
  #message: ChunkMessage | null = null;
  #outputs: TaskOutput[] = [];
  #edges: ExchangeEdge[] = [];
  #part = 0;
  tickedMs = -Infinity;

  constructor(parts: ModeParts, owner: number, front: readonly boolean[]) {
    const { kernel, plan, place, flow } = parts;
    this.#parts = parts;
    this.#owner = owner;
    this.#front = front;
    this.inOrder = place.task === owner;
    this.#meets = findMeets(plan);
    this.#order = new DeliveryOrder(kernel);
    this.#exchange = new OrderedExchange(kernel);
    this.#heads = clockHeads(plan);
    this.#releases = new Releases(parts, this.inOrder, {
      rows: (head, batch, outputs) => this.#released(head, batch, outputs),
      moved: (outputs) => this.#advanceKeyed(outputs),
    });
    this.#late = new LateTrace(kernel, plan);
    this.#lateWriter = new LateWriter(kernel, plan.name);
    this.#drain = new Drain(parts, this.#meets, this.#order, this.#releases.asks, this.#late);
    this.#turns = watermarksMeet(plan) ? new TurnCutter(kernel, plan, flow, parts.clocks) : null;
    this.#keyed = this.inOrder ? turnOrder(plan).operators.filter((index) => !flow.stateless[index]) : [];
  }

  begin(message: ChunkMessage, outputs: TaskOutput[]): void {
    this.#message = message;
    this.#outputs = outputs;
    this.#edges = [];
    this.#part = 0;
  }

  take(part: ChunkPart): void {
    const { source } = this.#message!, { place } = this.#parts;
    if (place.tasks > 1) this.#sendFront(source, part);
    else this.#takeHere(source, part);
    this.#part++;
  }

  /** With one task there is nothing to wait for. */
  #takeHere(source: number, { batch, running, arrivalMs, frame }: ChunkPart): void {
    const { plan, flow } = this.#parts, { id } = plan.sources[source];
    const deliveries: Delivery[] = [];
    const { late } = this.#message!;
    if (late) this.#late.frame(frame, batch.rows);
    flow.send(id, batch, flow.stateless, this.#into(deliveries, { running, origins: OWN_ROWS }, arrivalMs));
    this.#deliver(source, { running, rows: batch.rows }, deliveries, this.#outputs, late);
  }

  /** Rows for the owner leave in frames, also those that the owner decodes itself: they wait for the turn of their chunk. */
  #sendFront(source: number, { batch, running, arrivalMs }: ChunkPart): void {
    const { plan, flow, outputs } = this.#parts, { id } = plan.sources[source], meets = this.#meets.get(id)!;
    const sinks: Delivery[] = [];
    flow.send(id, batch, this.#front, {
      sink: (input, batch, way) => sinks.push({ operator: -1, input, batch, way, running: 0, origins: OWN_ROWS }),
      operator: (operator, input, batch, way) => {
        const frame = this.#exchange.write(batch, running, this.#message!.late || this.#isNumbered(source));
        this.#edges.push({ operator, input, way, part: this.#part, arrivalMs, frames: [frame] });
      },
    });
    if (this.#turns) this.#sendTimes(batch.rows, running, arrivalMs);
    for (const { input, batch } of this.#order.order(sinks, meets)) outputs.add(input, batch, this.#outputs);
  }

  /** The running times of all rows, also of those that go no further. */
  #sendTimes(rows: number, running: number, arrivalMs: number): void {
    const frame = this.#exchange.write({ rows, columns: [], selection: 0, selected: rows, kinds: 0 }, running, false);
    this.#edges.push({ operator: TIMES, input: 0, way: [], part: this.#part, arrivalMs, frames: [frame] });
  }

  end(number: number, timeMax: number): ChunkEnd {
    const { place, outputs } = this.#parts, { source, late, frames: given } = this.#message!, edges = this.#edges;
    this.#edges = [];
    // Earlier numbers may have their turn before this one.
    if (place.tasks > 1) outputs.flush(this.#outputs);
    const frames = late ? given.map(({ frame }) => frame) : null;
    if (place.tasks === 1) return { edges, frames: null, late: frames ? this.#lateOf(frames) : null };
    if (place.task === this.#owner) return { edges, frames, late: null };
    // The chunk's frames are copied: another pipeline may read the same ones here.
    const message = { pipeline: place.pipeline, number, source, timeMax, edges, frames };
    place.exchange(this.#owner, message, edges.flatMap((edge) => edge.frames));
    return { edges: [], frames: null, late: null };
  }

  #lateOf(frames: readonly ArrayBuffer[]): LateFrames {
    const late = this.#late.take();
    return () => late.flatMap((rows, frame) => this.#lateWriter.write(frames[frame], rows));
  }

  meet(
    source: number,
    edges: readonly ExchangeEdge[],
    outputs: TaskOutput[],
    frames: readonly ArrayBuffer[] | null,
  ): readonly ArrayBuffer[] {
    this.#meetParts(source, edges, outputs, frames);
    return frames ? this.#lateOf(frames)() : [];
  }

  #meetParts(
    source: number,
    edges: readonly ExchangeEdge[],
    outputs: TaskOutput[],
    late: readonly ArrayBuffer[] | null,
  ): void {
    const { kernel, flow, between } = this.#parts, numbered = late !== null || this.#isNumbered(source);
    for (const [number, part] of Map.groupBy(edges, ({ part }) => part)) {
      const deliveries: Delivery[] = [];
      let times: RowTimes = { running: 0, rows: 0 }, rows = 0;
      // A part of a chunk is one of its frames.
      if (late) this.#late.frame(number, frameRows(late[number]));
      for (const { operator, input, way, arrivalMs, frames } of part) {
        for (const frame of frames) {
          if (operator === TIMES) {
            const { batch, running } = this.#exchange.read(frame, false);
            times = { running, rows: batch.rows };
            continue;
          }
          const { batch, ...facts } = this.#exchange.read(frame, numbered);
          rows = Math.max(rows, batch.rows);
          const exits = this.#into(deliveries, facts, arrivalMs);
          if (flow.stateless[operator]) flow.pass(operator, input, batch, flow.stateless, exits, way);
          else exits.operator(operator, input, batch, way);
        }
      }
      this.#deliver(source, times, deliveries, outputs, late !== null);
      kernel.reset();
      between(rows);
    }
  }

  /** Whether it matters which rows of different ways were one. */
  #isNumbered(source: number): boolean {
    return this.#turns !== null || this.#meets.get(this.#parts.plan.sources[source].id) !== null;
  }

  /** Exits that collect what comes out. */
  #into(deliveries: Delivery[], facts: Facts, arrivalMs: number): FlowExits {
    const { flow } = this.#parts;
    return {
      sink: (input, batch, way) => deliveries.push({ operator: -1, input, batch, way, ...facts }),
      operator: (operator, input, given, way) => {
        deliveries.push({ operator, input, way, batch: flow.pick(operator, input, given, arrivalMs), ...facts });
      },
    };
  }

  /** `traced`: it is to be noted which rows are late. */
  #deliver(
    source: number,
    times: RowTimes,
    deliveries: readonly Delivery[],
    outputs: TaskOutput[],
    traced: boolean,
  ): void {
    if (!this.#turns) {
      this.#takeAll(source, deliveries, outputs, traced);
      return;
    }
    const { kernel, clocks } = this.#parts;
    for (const { deliveries: turn, passed, reached } of this.#turns.cut(source, times, deliveries)) {
      const mark = kernel.mark();
      this.#takeAll(source, turn, outputs, traced);
      for (const time of [passed, reached]) {
        if (time === null) continue;
        clocks.sources[source].observe(time);
        this.advance(outputs);
      }
      kernel.release(mark);
    }
  }

  #takeAll(source: number, deliveries: readonly Delivery[], outputs: TaskOutput[], traced: boolean): void {
    const meets = this.#meets.get(this.#heads[source].id)!;
    this.#drain.begin(outputs);
    const trace: Trace = traced ? (row) => row : null;
    let taken = 0;
    for (const delivery of this.#order.order(deliveries, meets)) {
      this.#drain.take(delivery, source, this.#late.of(trace, delivery));
      // All that it leads to has happened: no operator is at work, except where a lookup lets rows through while it takes others
      if (++taken % STEP_DELIVERIES === 0 && this.#releases.asks.size === 0) this.#parts.amid();
    }
  }

  /** Rows come out of a lookup, with the watermarks that they have met. */
  #released(head: number, { times, ...batch }: Released, outputs: TaskOutput[]): void {
    const { flow } = this.#parts, deliveries: Delivery[] = [];
    const into = this.#into(deliveries, { running: times, origins: OWN_ROWS }, 0);
    flow.send(this.#heads[head].id, batch, flow.stateless, into);
    this.#deliver(head, { running: times, rows: batch.rows }, deliveries, outputs, false);
  }

  /** What lookups let through moves their clocks, and with them what is behind. */
  advance(outputs: TaskOutput[]): void {
    this.#advanceKeyed(outputs);
    this.#releases.all(outputs);
  }

  #advanceKeyed(outputs: TaskOutput[]): void {
    const { plan, clocks } = this.#parts;
    this.#drain.begin(outputs);
    for (const index of this.#keyed) {
      const watermark = clocks.watermarkOf(plan.operators[index]);
      this.#drain.after(index, (operator) => operator.advance(watermark));
    }
  }

  /** Operators whose interval has ended since the tick before give their early results. */
  tick(nowMs: number, outputs: TaskOutput[]): void {
    const { plan } = this.#parts, beforeMs = this.tickedMs;
    this.tickedMs = nowMs;
    this.#drain.begin(outputs);
    for (const index of this.#keyed) {
      const everyMs = tickMsOf(plan.operators[index]);
      if (everyMs === null || Math.floor(nowMs / everyMs) <= Math.floor(beforeMs / everyMs)) continue;
      this.#drain.after(index, (operator) => operator.tick?.(nowMs));
    }
  }

  answer(answer: AnswerMessage, outputs: TaskOutput[]): void {
    this.#releases.answer(answer);
    this.advance(outputs);
  }

  lookups(): NodeLookups[] {
    return this.#releases.reports();
  }

  get heldAt(): number {
    return this.#releases.heldAt;
  }

  /** Open windows of operators that are right in front of sinks: what others would make of them is not known. */
  open(outputs: TaskOutput[]): void {
    const { kernel, flow } = this.#parts;
    for (const index of this.#keyed) {
      const operator = flow.operators[index]!;
      kernel.reset();
      for (let batch = operator.peek(FIRE_ROWS_MAX, true); batch; batch = operator.peek(FIRE_ROWS_MAX, false)) {
        this.#sendOpen(operator.id, batch, outputs);
        kernel.reset();
      }
    }
  }

  #sendOpen(id: string, batch: Batch, into: TaskOutput[]): void {
    const { flow, outputs } = this.#parts, deliveries: Delivery[] = [];
    flow.send(id, batch, flow.stateless, {
      sink: (input, batch, way) => deliveries.push({ operator: -1, input, batch, way, running: 0, origins: OWN_ROWS }),
      operator: () => {},
    });
    for (const { input, batch } of this.#order.order(deliveries, this.#meets.get(id)!)) {
      into.push(outputs.write(input, batch, null));
    }
  }
}
