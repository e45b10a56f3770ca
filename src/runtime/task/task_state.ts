import type { Batch } from "../../core/batch.ts";
import { RdxError, reasonOf } from "../../core/errors.ts";
import {
  AHEAD_LAST_ROWS_MAX,
  AHEAD_ROUNDS_MAX,
  AHEAD_ROWS_A_ROW_MAX,
  CUT_STEP_ROWS_MAX,
  CUT_TURN_BYTES,
  LOOK_STEP_MS,
  RESTORE_STEP_SHARE_MAX,
} from "../../core/limits.ts";
import type { Column } from "../../core/schema.ts";
import { FrameReader, FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import { BatchGather } from "../../kernel/gather.ts";
import { KeyGroups } from "../../kernel/hash.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { Operator, OperatorState, StateChange, StateTable } from "../../operator.ts";
import type { SavedStep, SavedTable } from "../../store.ts";
import { piecesOf } from "./step_pieces.ts";
import { misfitOf } from "../checkpoint/misfit.ts";
import { taskOfGroup } from "../key_groups.ts";
import type { LookQuestion, LookStep, NodeLook } from "../protocol.ts";
import { SpareFrames } from "../spare_frames.ts";

/** The state of one operator, with its tables by name. */
interface Part {
  readonly node: string;
  readonly state: OperatorState;
  readonly tables: ReadonlyMap<string, StateTable>;
}

/** Rounds in front of a cut. */
interface Rounds {
  readonly whole: boolean;
  /** How many have begun, the rows of the one at hand, and of the one before. */
  count: number;
  rows: number;
  before: number;
  /** What the one at hand drains. */
  parts: readonly Part[];
  /** It is at its end: another begins with the next step. */
  over: boolean;
}

/** What follows a step in front of a cut: more of the round, or of one that is worth its while before a cut is sent; a round that is not; nothing. */
export type AheadLeft = "more" | "little" | "ended";

/** Hands the state of a task's operators out, and takes it in again. Everything that the task was given is drained meanwhile. */
export class TaskState {
  readonly #kernel: Kernel;
  readonly #parts: readonly Part[];
  readonly #place: { readonly task: number; readonly tasks: number };
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #gather: BatchGather;
  readonly #spare = new SpareFrames();
  /** Of the parts, the one that is drained. */
  #at = 0;
  #rounds: Rounds | null = null;

  /** `place`: which key groups are here. */
  constructor(
    kernel: Kernel,
    operators: readonly (Operator | null)[],
    place: { readonly task: number; readonly tasks: number },
  ) {
    this.#kernel = kernel;
    this.#place = place;
    this.#writer = new FrameWriter(kernel);
    this.#reader = new FrameReader(kernel);
    this.#gather = new BatchGather(kernel);
    this.#parts = operators.flatMap((operator): Part[] => {
      if (!operator || typeof operator.state === "string") return [];
      const { id: node, state } = operator;
      return [{ node, state, tables: new Map(state.tables.map((table) => [table.name, table])) }];
    });
  }

  get tables(): SavedTable[] {
    return this.#parts.flatMap(({ node, tables }) => [...tables.values()].map((table) => ({ ...table, node })));
  }

  get looks(): NodeLook[] {
    return this.#parts.flatMap(({ node, state }) => state.looks.map((look) => ({ ...look, node })));
  }

  /** Rows of a table as they are behind a number, the last one. */
  look({ node, table, key, columns, rowsMax }: LookQuestion, begins: boolean, number: number): LookStep {
    const part = this.#parts.find((part) => part.node === node);
    if (!part) return null;
    try {
      const keys = key && this.#reader.read(key);
      if (keys && keys.columns.length > 0 && !this.#owns(keys)) return null;
      // One more says whether there are others
      const most = rowsMax + 1;
      if (keys && !this.#seek(part.state, table, keys, most, begins)) return "seeking";
      const found = part.state.look(table, keys && keys.columns, most), rows = Math.min(found.rows, rowsMax);
      const picked = columns.map((column) => found.columns[column]);
      const frame = this.#writer.write({ ...found, rows, selected: rows, columns: picked }, NO_INFO);
      return { number, frame, more: found.rows > rows };
    } finally {
      this.#kernel.reset();
    }
  }

  /** Goes on towards the rows of a key, LOOK_STEP_MS long; whether a look has them now. */
  #seek(state: OperatorState, table: string, { columns }: Batch, most: number, begins: boolean): boolean {
    if (!state.seek) return true;
    const endMs = performance.now() + LOOK_STEP_MS, mark = this.#kernel.mark();
    for (let first = begins; !state.seek(table, columns, most, first); first = false) {
      if (performance.now() >= endMs) return false;
      this.#kernel.release(mark);
    }
    return true;
  }

  /** Whether the key in the first row belongs to a key group that is here. */
  #owns(keys: Batch): boolean {
    const { task, tasks } = this.#place;
    if (tasks === 1) return true;
    return taskOfGroup(this.#kernel.bytes[new KeyGroups(this.#kernel).of(keys, keys.columns)], tasks) === task;
  }

  /** Begins to hand out what has changed since the last cut, or, `whole`, everything. */
  cut(whole: boolean): void {
    const ahead = this.#rounds?.whole === whole;
    this.#rounds = null;
    for (const { state } of this.#parts) state.cut(whole, ahead);
    this.#at = 0;
    this.#kernel.reset();
  }

  /** Buffers of frames that were handed out and that nobody reads any more: for those of the next cut. */
  spare(frames: readonly ArrayBuffer[]): void {
    this.#spare.give(frames);
  }

  /** Those that it did not need: they are here no more. */
  takeSpare(): ArrayBuffer[] {
    return this.#spare.takeAll();
  }

  /** A cut comes soon: begins to hand out what can be handed out in front of it, where anything else may happen between two calls of drainAhead. */
  ahead(whole: boolean): void {
    this.#rounds = { whole, count: 0, rows: 0, before: Infinity, parts: [], over: false };
    this.#round(this.#rounds, whole);
  }

  #round(rounds: Rounds, whole: boolean): void {
    rounds.parts = this.#parts.filter(({ state }) => state.ahead?.(whole));
    rounds.before = rounds.rows || rounds.before;
    rounds.rows = 0;
    rounds.count++;
    rounds.over = false;
    this.#at = 0;
    this.#kernel.reset();
  }

  /** The next steps in front of a cut, until a time of the stopwatch. Another round follows each, with what has changed until it begins. */
  drainAhead(endMs: number, now = () => performance.now()): { readonly steps: SavedStep[]; readonly left: AheadLeft } {
    const rounds = this.#rounds, steps: SavedStep[] = [];
    if (rounds?.over) this.#round(rounds, false);
    if (!rounds || rounds.parts.length === 0) return { steps, left: "ended" };
    while (this.#at < rounds.parts.length) {
      const part = rounds.parts[this.#at], change = part.state.drain(CUT_STEP_ROWS_MAX);
      if (!change) this.#at++;
      else {
        const step = this.#stepOf(part, change);
        if (step) steps.push(step);
        rounds.rows += step && "rows" in step ? step.rows : 0;
      }
      this.#kernel.reset();
      // Behind a row that is gone, one with its key may follow
      const upserts = !change || change.kind === "upsert" || ("rows" in change && change.rows.selected === 0);
      if (upserts && now() >= endMs) return { steps, left: "more" };
    }
    const { count, rows, before } = rounds, many = rows > AHEAD_LAST_ROWS_MAX && rows <= before * AHEAD_ROWS_A_ROW_MAX;
    rounds.over = true;
    return { steps, left: count < AHEAD_ROUNDS_MAX && many ? "more" : "little" };
  }

  /** What was handed out in front of a cut is not kept. */
  leave(): void {
    this.#rounds = null;
    this.#spare.clear();
  }

  /** The next steps, about CUT_TURN_BYTES of them; none at the end. */
  drain(): SavedStep[] {
    const steps: SavedStep[] = [];
    for (let bytes = 0; bytes < CUT_TURN_BYTES && this.#at < this.#parts.length;) {
      const part = this.#parts[this.#at], change = part.state.drain(CUT_STEP_ROWS_MAX);
      if (!change) this.#at++;
      else {
        const step = this.#stepOf(part, change);
        if (step) steps.push(step);
        bytes += step && "frame" in step ? step.frame.byteLength : 0;
      }
      this.#kernel.reset();
    }
    return steps;
  }

  #stepOf({ node, tables }: Part, change: StateChange): SavedStep | null {
    const { table } = change;
    if (!("rows" in change)) {
      return change.kind === "clear"
        ? { node, table, kind: "clear" }
        : { node, table, kind: "expire", below: change.below };
    }
    const { kind, rows } = change;
    if (rows.selected === 0) return null;
    const frame = this.#writer.writeInto(rows, NO_INFO, (bytes) => this.#spare.take(bytes));
    return { node, table, kind, frame, rows: rows.selected, columns: columnsOf(tables.get(table)!, kind) };
  }

  /** A checkpoint with these tables is to be taken in; why it cannot be, or null. */
  restoring(saved: readonly SavedTable[]): string | null {
    this.#kernel.neighbours.restoring = true;
    return misfitOf(this.tables, saved);
  }

  /** Takes in steps of a checkpoint, of which only the rows of its own key groups count; why that cannot be, or null. */
  restore(steps: readonly SavedStep[]): string | null {
    return this.#told(() => {
      for (const step of steps) {
        const part = this.#parts.find(({ node }) => node === step.node), table = part?.tables.get(step.table);
        if (!part || !table) throw new RdxError("invalid", `Node ${step.node} has no table ${step.table}`);
        for (const change of this.#changesOf(step, table)) {
          part.state.restore(change);
          this.#kernel.reset();
        }
      }
    });
  }

  /** All steps have come; why it cannot go on with them, or null. */
  restored(): string | null {
    return this.#told(() => {
      for (const { state } of this.#parts) {
        state.restored();
        this.#kernel.reset();
      }
      this.#kernel.neighbours.restoring = false;
    });
  }

  #told(act: () => void): string | null {
    try {
      act();
      return null;
    } catch (thrown) {
      return reasonOf(thrown);
    } finally {
      this.#kernel.reset();
    }
  }

  /** What a step changes, in pieces for each of which there is room in the state: whoever wrote it may have had more of it. */
  *#changesOf(step: SavedStep, { keys }: StateTable): Generator<StateChange> {
    const { kind, table } = step;
    if (kind === "clear") return yield { kind, table };
    if (kind === "expire") return yield { kind, table, below: step.below };
    for (const frame of piecesOf(step.frame, this.#kernel.stateBytesMax * RESTORE_STEP_SHARE_MAX)) {
      const rows = this.#reader.read(frame);
      yield { kind, table, rows: keys === 0 ? rows : this.#own(rows) };
    }
  }

  /** The rows of the key groups that are here. */
  #own(rows: Batch): Batch {
    const { task, tasks } = this.#place, kernel = this.#kernel, [group] = rows.columns;
    if (tasks === 1) return rows;
    const groups = new BigInt64Array(kernel.bytes.buffer, group.data, rows.rows);
    const own = Array.from(groups.keys()).filter((row) => taskOfGroup(Number(groups[row]), tasks) === task);
    if (own.length === rows.rows) return rows;
    const list = kernel.arena(Math.max(1, own.length) * 4);
    own.forEach((row, i) => kernel.data.setUint32(list + i * 4, row, true));
    return this.#gather.take(rows, list, own.length);
  }
}

function columnsOf({ columns, keys }: StateTable, kind: "delete" | "upsert"): readonly Column[] {
  return kind === "upsert" ? columns : columns.slice(0, keys);
}
