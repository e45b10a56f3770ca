import { FrameView } from "../../../src/core/frame.ts";
import { INT64, STRING } from "../../../src/core/schema.ts";
import type { DeadFilter, DeadPage } from "../../../src/runtime/service.ts";
import { DurableRun } from "../durable_run.ts";

const encoder = new TextEncoder();
/** A stream whose rows have an id, as it is first. */
export const BASE = {
  columns: [
    { name: "id", type: INT64, nullable: false },
    { name: "text", type: STRING, nullable: true },
  ],
  time: null,
  delayMs: 0,
  futureSkewMs: 0,
  onError: "dead_letter",
  retentionMs: null,
} as const;

/** The same stream once rows need none. */
export const LENIENT = { ...BASE, columns: [{ ...BASE.columns[0], nullable: true }, BASE.columns[1]] };

/** A test over an engine with a data directory. */
export function durableTest(behaviour: string, run: (life: DurableRun) => Promise<void>): void {
  Deno.test(behaviour, () => DurableRun.with(run));
}

/** Dead rows as objects, with the columns that are named. */
export function rowsOf({ columns, ranges }: DeadPage, ...names: string[]): string[] {
  return ranges.flatMap(({ frame, rows }) => {
    const view = new FrameView(frame);
    return Array.from(
      { length: rows },
      (_, row) =>
        names.map((name) => String(view.value(row, columns.findIndex((column) => column.name === name)))).join(" "),
    );
  });
}

export async function list(
  life: DurableRun,
  filter: DeadFilter = {},
  more: { limit?: number; cursor?: number | null; order?: "newest" | "oldest" } = {},
) {
  return await life.engine.dead.list("s", { filter, order: "oldest", limit: 1000, cursor: null, ...more });
}

export async function post(life: DurableRun, text: string, format: "ndjson" | "json" | "csv", more = {}) {
  return await life.engine.streams.ingest("s", { body: encoder.encode(text), format, autoCreate: true, ...more });
}

/** Rows of the stream, sorted. */
export const rows = async (life: DurableRun) => (await life.rows("s")).sort();
