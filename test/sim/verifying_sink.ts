import type { Value } from "../../src/core/value.ts";
import { FrameView } from "../../src/core/frame.ts";
import type { OutputBatch, Sink, SinkFactory } from "../../src/sink.ts";
import type { Row } from "../reference/value.ts";
import type { Random } from "./pool.ts";

/** What sinks have written, which outlives their process: rows by the name of the sink, and the last number of each run. */
export class VerifiedRows {
  readonly rows = new Map<string, (readonly Value[])[]>();
  /** The same of sinks whose rows may be taken back. */
  readonly changes = new Map<string, Row[]>();
  readonly #last = new Map<string, number>();
  /** What no sink may ever do. */
  readonly violations: string[] = [];
  runs = 0;

  last(run: string): number {
    return this.#last.get(run) ?? -1;
  }

  commit(name: string, run: string, { number, ranges }: OutputBatch, mayChange: boolean): void {
    if (number <= this.last(run)) this.violations.push(`Output ${number} of ${run} came behind ${this.last(run)}`);
    this.#last.set(run, number);
    const rows = this.rows.get(name) ?? [];
    this.rows.set(name, rows);
    const changes = this.changes.get(name) ?? [];
    this.changes.set(name, changes);
    for (const { frame, start, rows: count } of ranges) {
      const view = new FrameView(frame);
      for (let row = start; row < start + count; row++) {
        const kind = view.kind(row), values = view.types.map((_, column) => view.value(row, column));
        if (mayChange) changes.push({ kind, values });
        else if (kind !== "+I") this.violations.push(`A row of kind ${kind} came to ${name}`);
        else rows.push(values);
      }
    }
  }
}

/** Sinks whose receiver takes an output with its number, at once or not at all, and at times resets the connection behind that. */
export function verifyingSinks(
  kept: VerifiedRows,
  random: Random,
  turn: () => Promise<void>,
  isAlive: () => boolean,
  kind: "verify" | "changes" = "verify",
): SinkFactory {
  const mayChange = kind === "changes";
  return {
    kind,
    ...(mayChange ? { changes: "all" as const } : {}),
    target: "name",
    guarantee: "exactly once",
    by: "rows and their number are taken together",
    options: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
    create({ name }) {
      let run = "";
      const sink: Sink = {
        guarantee: "exactly once",
        async open(place) {
          await turn();
          run = typeof place === "string" ? place : `${name}~${++kept.runs}`;
          return kept.last(run);
        },
        get place() {
          return run;
        },
        async write(output) {
          for (let stored = false; !stored;) {
            await turn();
            if (!isAlive()) return await new Promise(() => {});
            // A reset before it has come, or behind that: the sender has to ask what is there.
            if (random(6) > 0) kept.commit(String(name), run, output, mayChange);
            await turn();
            stored = kept.last(run) >= output.number;
          }
        },
        close: () => Promise.resolve(),
      };
      return sink;
    },
  };
}
