import type { DoneMessage, FromTask } from "./protocol.ts";

/*
 * Reports as they travel. Most of them are numbers alone; these go as one array of doubles, which costs a fraction of what as many objects
 * do to be cloned. The others follow as they are.
 */

/** The reports of one worker. In the place of one of `others`, `plain` has zeros. */
export interface PackedReports {
  readonly plain: Float64Array<ArrayBuffer>;
  readonly others: readonly FromTask[];
}

// A plain report: kind, pipeline, number, task, late, untimed, busyMs, stateRows, stateBytes, cold rows, bytes and reads,
// source, rows, timeMax
const PLAIN_NUMBERS = 15;
const KIND_OTHER = 0, KIND_WITHOUT_CHUNK = 1, KIND_WITH_CHUNK = 2;

function isPlain(report: FromTask): report is DoneMessage {
  return report.kind === "done" && report.outputs.length === 0 && report.deadRows === 0 && report.errors.length === 0 &&
    report.ahead.length === 0 && report.lateFrames.length === 0 && report.lookups.length === 0 &&
    report.refused.length === 0 &&
    report.functionFaults.length === 0;
}

export function packReports(reports: readonly FromTask[]): PackedReports {
  const plain = new Float64Array(reports.length * PLAIN_NUMBERS), others: FromTask[] = [];
  for (const [i, report] of reports.entries()) {
    if (!isPlain(report)) {
      others.push(report);
      continue;
    }
    const { pipeline, number, task, late, untimed, busyMs, stateRows, stateBytes, cold, chunk } = report;
    const kind = chunk ? KIND_WITH_CHUNK : KIND_WITHOUT_CHUNK;
    const state = [stateRows, stateBytes, cold.rows, cold.bytes, cold.reads];
    plain.set([kind, pipeline, number, task, late, untimed, busyMs, ...state], i * PLAIN_NUMBERS);
    if (chunk) plain.set([chunk.source, chunk.rows, chunk.timeMax], (i + 1) * PLAIN_NUMBERS - 3);
  }
  return { plain, others };
}

export function* unpackReports({ plain, others }: PackedReports): Generator<FromTask> {
  let other = 0;
  for (let at = 0; at < plain.length; at += PLAIN_NUMBERS) {
    if (plain[at] === KIND_OTHER) {
      yield others[other++];
      continue;
    }
    const [source, rows, timeMax] = plain.subarray(at + PLAIN_NUMBERS - 3, at + PLAIN_NUMBERS);
    yield {
      kind: "done",
      pipeline: plain[at + 1],
      number: plain[at + 2],
      task: plain[at + 3],
      outputs: [],
      chunk: plain[at] === KIND_WITH_CHUNK ? { source, rows, timeMax } : null,
      deadRows: 0,
      errors: [],
      ahead: [],
      lateFrames: [],
      functionFaults: [],
      late: plain[at + 4],
      untimed: plain[at + 5],
      lookups: [],
      refused: [],
      heldAt: Infinity,
      busyMs: plain[at + 6],
      stateRows: plain[at + 7],
      stateBytes: plain[at + 8],
      cold: { rows: plain[at + 9], bytes: plain[at + 10], reads: plain[at + 11] },
    };
  }
}
