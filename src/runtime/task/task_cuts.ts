import { RdxError } from "../../core/errors.ts";
import { AHEAD_HELD_BYTES_MAX, AHEAD_TURN_BYTES, CUT_HELD_BYTES_MAX, CUT_TAKEN_BYTES } from "../../core/limits.ts";
import type { SavedStep } from "../../store.ts";
import type { AheadTurn, TaskCut, TaskTurn } from "../protocol.ts";

/** What is set aside behind one number. */
interface Held {
  readonly number: number;
  readonly facts: TaskCut;
  /** When the task came to it. */
  readonly beganMs: number;
  /** The longest step in front of it. */
  readonly aheadMs: number;
  steps: SavedStep[];
  bytes: number;
  /** How long the task did nothing else, once nothing more comes. */
  stoodMs: number | null;
  /** Somebody wants it. */
  wanted: boolean;
}

/** What a task has set aside for a checkpoint, until the main thread asks for it: the task itself goes on meanwhile. */
export class TaskCuts {
  readonly #room: () => void;
  #held: Held | null = null;
  /** The last that nobody asks for any more. */
  #left = -1;
  #ended = false;
  /** What was set aside in front of the next cut and not taken, which the cut has first; the longest step, and whether more of it is to come. */
  #aheadSteps: SavedStep[] = [];
  #aheadBytes = 0;
  #aheadMs = 0;
  #ahead = false;
  #enough = true;
  #news: (() => void)[] = [];
  /** Ends when whoever asked last has an answer. */
  #asked: Promise<unknown> = Promise.resolve();

  /** `room` is called when there is room again. */
  constructor(room: () => void) {
    this.#room = room;
  }

  /** From now on it sets aside what belongs to the next cut. */
  beginAhead(): void {
    this.#forgetAhead();
    this.#ahead = true;
    this.#enough = false;
  }

  /** More is to be set aside in front of the next cut. */
  get ahead(): boolean {
    return this.#ahead;
  }

  /** Sets something aside in front of the next cut; `stoodMs`: so long the task did nothing else. */
  putAhead(steps: readonly SavedStep[], stoodMs: number): void {
    for (const step of steps) this.#aheadBytes += bytesOf(step);
    this.#aheadSteps.push(...steps);
    this.#aheadMs = Math.max(this.#aheadMs, stoodMs);
    if (this.#aheadBytes >= AHEAD_TURN_BYTES) this.#tell();
  }

  /** Too much of it waits to be taken. */
  get aheadFull(): boolean {
    return this.#aheadBytes >= AHEAD_HELD_BYTES_MAX;
  }

  /** The next of what was set aside in front of the next cut, when it is worth a message or the cut may come. Throws as `facts` does. */
  async nextAhead(): Promise<AheadTurn> {
    while (!this.#enough && this.#aheadBytes < AHEAD_TURN_BYTES) await this.#next();
    // The cut has what is left
    if (this.#enough) return { steps: [], enough: true };
    const steps = takeSteps(this.#aheadSteps);
    for (const step of steps) this.#aheadBytes -= bytesOf(step);
    return { steps, enough: false };
  }

  /** The cut may come, in front of which more is set aside. */
  enoughAhead(): void {
    if (this.#enough) return;
    this.#enough = true;
    this.#tell();
  }

  /** Nothing more is set aside in front of the next cut. */
  endAhead(): void {
    this.#ahead = false;
    this.enoughAhead();
  }

  #forgetAhead(): void {
    this.#aheadSteps = [];
    this.#aheadBytes = this.#aheadMs = 0;
    this.#ahead = false;
    this.#enough = true;
  }

  /** The task has come to a cut. */
  begin(number: number, facts: TaskCut, beganMs: number): void {
    const wanted = number > this.#left, steps = wanted ? this.#aheadSteps : [], bytes = wanted ? this.#aheadBytes : 0;
    this.#held = { number, facts, beganMs, steps, bytes, stoodMs: null, wanted, aheadMs: this.#aheadMs };
    this.#forgetAhead();
    this.#tell();
  }

  /** Too much waits to be asked for. */
  get full(): boolean {
    return this.#held !== null && this.#held.wanted && this.#held.bytes >= CUT_HELD_BYTES_MAX;
  }

  /** Whether the rest is wanted. */
  get wanted(): boolean {
    return this.#held?.wanted ?? false;
  }

  /** Sets more aside; without steps, that was all. */
  put(steps: readonly SavedStep[]): void {
    const held = this.#held!;
    if (steps.length === 0) held.stoodMs = Math.max(performance.now() - held.beganMs, held.aheadMs);
    for (const step of steps) held.bytes += bytesOf(step);
    if (held.wanted) held.steps.push(...steps);
    this.#tell();
  }

  /** What the task knows at the cut of this number, when it has come to it. Throws RdxError("closing") when it ends before. */
  async facts(number: number): Promise<TaskCut> {
    while (this.#held === null || this.#held.number < number) await this.#next();
    return this.#held.facts;
  }

  /**
   * The next of what was set aside for it; without steps: that was all. Throws as `facts` does. Who asks later has what comes later: an answer without
   * steps is the end for those who asked behind it, too.
   */
  next(number: number): Promise<TaskTurn> {
    const turn = this.#asked.then(() => this.#turn(number));
    this.#asked = turn.catch(() => {});
    return turn;
  }

  async #turn(number: number): Promise<TaskTurn> {
    for (;;) {
      const held = this.#held;
      if (held?.number !== number || !held.wanted) return { steps: [], stoodMs: 0 };
      if (held.steps.length > 0) return { steps: this.#take(held), stoodMs: 0 };
      if (held.stoodMs !== null) return { steps: [], stoodMs: held.stoodMs };
      await this.#next();
    }
  }

  /** The first steps, and room for others. */
  #take(held: Held): SavedStep[] {
    const steps = takeSteps(held.steps);
    for (const step of steps) held.bytes -= bytesOf(step);
    this.#room();
    return steps;
  }

  /** Nobody asks for it any more. */
  leave(number: number): void {
    const held = this.#held;
    this.#forgetAhead();
    this.#left = Math.max(this.#left, number);
    this.#tell();
    if (held?.number !== number) return;
    held.wanted = false;
    held.steps = [];
    this.#tell();
    this.#room();
  }

  /** The task does nothing any more. */
  end(): void {
    this.#ended = true;
    this.#held = null;
    this.#tell();
  }

  async #next(): Promise<void> {
    if (!this.#ended) await new Promise<void>((resolve) => this.#news.push(resolve));
    if (this.#ended) throw new RdxError("closing", "The task has ended");
  }

  #tell(): void {
    for (const call of this.#news.splice(0)) call();
  }
}

/** The first of them, about CUT_TAKEN_BYTES, which are there no more. */
function takeSteps(all: SavedStep[]): SavedStep[] {
  let count = 0;
  for (let bytes = 0; count < all.length && bytes < CUT_TAKEN_BYTES; count++) bytes += bytesOf(all[count]);
  return all.splice(0, count);
}

function bytesOf(step: SavedStep): number {
  return "frame" in step ? step.frame.byteLength : 0;
}
