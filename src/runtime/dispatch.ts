import { RdxError } from "../core/errors.ts";
import type { LookupRecord } from "../log.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { QuarantinedChunk } from "../store.ts";
import type { Collector, Finished } from "./collector.ts";
import type { Taken } from "./input.ts";
import type { PipelineLookups } from "./lookups.ts";
import type { PlanMode } from "./plan_shape.ts";
import type { TaskPool } from "./pool.ts";
import type { TaskPlan, ToTask } from "./protocol.ts";
import { RangePace } from "./range_pace.ts";
import type { Dispatch } from "./sequencer.ts";
import type { SideStreams } from "./side_rows.ts";

/** An idle mark or an end that is under way. */
export interface Mark {
  readonly source: number;
  readonly watermark: number;
}

/** Where the rows of a number come from: its source, and the offsets of that. */
export interface ChunkPlace {
  readonly source: number;
  readonly from: number;
  readonly to: number;
}

/** What a number took from a stream, or, with `out`, from anywhere, and no task has seen it. */
export interface TakenChunk extends Taken {
  readonly out?: QuarantinedChunk;
}

interface DispatchParts {
  readonly id: number;
  readonly plan: PhysicalPlan;
  readonly taskPlan: TaskPlan;
  readonly pool: TaskPool;
  readonly side: SideStreams;
  readonly lookups?: PipelineLookups | null;
}

/** Gives the numbers of one pipeline to the tasks that have to do with them, and tells the collector how many will answer. */
export class TaskDispatch implements Dispatch {
  readonly #parts: DispatchParts;
  readonly #collector: Collector;
  readonly #mode: PlanMode;
  /** Marks that are not finished yet, by number. */
  readonly #marks = new Map<number, Mark>();
  /** What numbers that are not committed yet took from a stream. */
  readonly #taken = new Map<number, TakenChunk>();
  /** Where all chunks of such numbers come from. */
  readonly #places = new Map<number, ChunkPlace>();
  /** Null: where rows need not be met in order, they are quick, and the bits of sums of doubles may depend on where chunks end. */
  readonly #pace: RangePace | null;

  constructor(parts: DispatchParts, collector: Collector) {
    this.#parts = parts;
    this.#collector = collector;
    this.#mode = parts.taskPlan.mode;
    this.#pace = this.#mode === "ordered" ? new RangePace() : null;
  }

  shareOf(source: number): number {
    return this.#pace?.shareOf(source) ?? 1;
  }

  /** The number is finished. */
  took({ number, answers }: Finished): void {
    this.#pace?.took(number, Math.max(...answers.map(({ busyMs }) => busyMs)));
  }

  wantsLate(source: number): boolean {
    const { side, plan } = this.#parts, { stream } = plan.sources[source];
    return this.#mode !== "stateless" && stream !== null && side.wantsLate(stream);
  }

  chunk(number: number, source: number, taken: Taken, late: boolean): void {
    const { pool, id } = this.#parts, { frames, range } = taken;
    const shared = this.#isShared(source), task = this.#taskOf(number, shared ? taken : null);
    const inOrder = this.#mode === "stateless" ? [] : this.#inOrder(number);
    this.#collector.expect(number, new Set([task, ...inOrder]).size);
    if (frames.length > 0) this.#taken.set(number, taken);
    this.#places.set(number, { source, from: taken.from, to: taken.to });
    if (range) this.#pace?.began(number, source);
    const chunk = { kind: "chunk", pipeline: id, number, source, frames, range, late } as const;
    pool.send(task, shared ? { ...chunk, shared } : chunk);
  }

  #isShared(source: number): boolean {
    const { side, plan } = this.#parts, { stream } = plan.sources[source];
    return stream !== null && (side.isShared?.(stream) ?? false);
  }

  /** Where another pipeline's task has the rows already, or each task in turn: which one decodes them makes no difference to results. */
  #taskOf(number: number, taken: Taken | null): number {
    const { pool } = this.#parts, first = taken?.frames[0];
    return (first && pool.holderOf?.(first.frame)) ?? number % pool.tasks;
  }

  mark(number: number, source: number, watermark: number): void {
    this.#marks.set(number, { source, watermark });
    this.#toAll({ kind: "mark", pipeline: this.#parts.id, number, source, watermark });
  }

  leaveOut(number: number, source: number, taken: Taken, watermark: number, out: QuarantinedChunk): void {
    this.#taken.set(number, { ...taken, out });
    this.mark(number, source, watermark);
  }

  /** What keeps nothing has nothing to set aside. */
  cut(number: number, source: number, watermark: number, whole: boolean): void {
    this.#marks.set(number, { source, watermark });
    const mark = { kind: "mark", pipeline: this.#parts.id, number, source, watermark } as const;
    this.#toAll(this.#mode === "stateless" ? mark : { ...mark, cut: { whole } });
  }

  tick(number: number, nowMs: number): void {
    this.#toAll({ kind: "tick", pipeline: this.#parts.id, number, nowMs });
  }

  answer(operator: number, { number, request, frames, failure, nowMs }: LookupRecord): void {
    this.#toAll({ kind: "answer", pipeline: this.#parts.id, number, operator, request, frames, failure, nowMs });
  }

  answerAgain(record: LookupRecord): void {
    const { plan, lookups } = this.#parts, operator = plan.operators.findIndex(({ id }) => id === record.node);
    if (operator < 0) {
      throw new RdxError("invalid", `Its order has an answer for ${record.node}, which it does not have`);
    }
    lookups?.answeredBefore(operator, record.request);
    this.answer(operator, record);
  }

  goOn(): void {
    this.#parts.lookups?.goOn();
  }

  /** The mark that the number is, once. */
  markOf(number: number): Mark | null {
    return once(this.#marks, number);
  }

  /** What the number took from a stream, once. */
  takenOf(number: number): TakenChunk | null {
    this.#places.delete(number);
    return once(this.#taken, number);
  }

  /** The chunk that a number is which is not committed yet; null: it is none. */
  chunkAt(number: number): ChunkPlace | null {
    return this.#places.get(number) ?? null;
  }

  #toAll(message: ToTask): void {
    const tasks = this.#inOrder(message.number);
    this.#collector.expect(message.number, tasks.length);
    for (const task of tasks) this.#parts.pool.send(task, message);
  }

  /** The tasks that meet every number; of plans that keep nothing, any. */
  #inOrder(number: number): number[] {
    const { pool, taskPlan } = this.#parts;
    if (this.#mode === "stateless") return [number % pool.tasks];
    return this.#mode === "ordered" ? [taskPlan.owner] : Array.from({ length: pool.tasks }, (_, task) => task);
  }
}

function once<T>(map: Map<number, T>, number: number): T | null {
  const value = map.get(number) ?? null;
  map.delete(number);
  return value;
}
