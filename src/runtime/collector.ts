import type { OutputBatch, RowRange } from "../sink.ts";
import type { DoneMessage, TaskOutput } from "./protocol.ts";

/** All answers to one number. */
export interface Finished {
  readonly number: number;
  readonly answers: readonly DoneMessage[];
}

/** Puts answers of tasks in number order: a number is finished when all tasks it went to have answered. */
export class Collector {
  readonly #waiting = new Map<number, DoneMessage[]>();
  readonly #expected = new Map<number, number>();
  #next: number;

  /** `after` is the number before the first. */
  constructor(after: number) {
    this.#next = after + 1;
  }

  /** The last number that is finished, and all before it. */
  get last(): number {
    return this.#next - 1;
  }

  /** `answers` tasks will answer to `number`. */
  expect(number: number, answers: number): void {
    this.#expected.set(number, answers);
  }

  /** Takes an answer; returns the numbers that are finished with it, in order. */
  take(done: DoneMessage): Finished[] {
    const answers = this.#waiting.get(done.number);
    if (answers) answers.push(done);
    else this.#waiting.set(done.number, [done]);
    const finished: Finished[] = [];
    while (true) {
      const number = this.#next, all = this.#waiting.get(number);
      if (!all || all.length < (this.#expected.get(number) ?? Infinity)) return finished;
      this.#waiting.delete(number);
      this.#expected.delete(number);
      finished.push({ number, answers: all });
      this.#next++;
    }
  }
}

/** Rows that stay together when tasks are merged. */
interface Part extends RowRange {
  readonly end: number;
  readonly task: number;
  /** Among the parts of the task. */
  readonly order: number;
}

/** The rows of one sink in canonical order: chunk order, or window end and then the tasks' key groups. */
export function mergeOutputs(
  perTask: readonly { task: number; outputs: readonly TaskOutput[] }[],
  sink: number,
): RowRange[] {
  const parts = perTask.flatMap(({ task, outputs }) => partsOf(task, outputs.filter((output) => output.sink === sink)));
  parts.sort((a, b) => a.end < b.end ? -1 : a.end > b.end ? 1 : a.task - b.task || a.order - b.order);
  const ranges: { frame: ArrayBuffer; start: number; rows: number }[] = [];
  for (const { frame, start, rows } of parts) {
    const last = ranges.at(-1);
    if (last?.frame === frame && last.start + last.rows === start) last.rows += rows;
    else ranges.push({ frame, start, rows });
  }
  return ranges;
}

function partsOf(task: number, outputs: readonly TaskOutput[]): Part[] {
  const parts: Part[] = [];
  for (const { frame, rows: all, windows } of outputs) {
    let start = 0;
    for (const { end, rows } of windows ?? [{ end: -Infinity, rows: all }]) {
      parts.push({ frame, start, rows, end, task, order: parts.length });
      start += rows;
    }
  }
  return parts;
}

/** What a finished number gives the sink at position `sink`. */
export function outputOf({ number, answers }: Finished, sink: number, watermark: number): OutputBatch {
  const ranges = mergeOutputs(answers, sink);
  return { number, ranges, rows: ranges.reduce((sum, range) => sum + range.rows, 0), watermark };
}
