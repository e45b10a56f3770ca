import { NOTHING_COLD } from "../../src/core/cold_file.ts";
import type { DoneMessage } from "../../src/runtime/protocol.ts";

/** What a task reports that has nothing to tell, but for `more`. */
export function done(more: Partial<DoneMessage>): DoneMessage {
  const nothing = {
    outputs: [],
    chunk: null,
    deadRows: 0,
    errors: [],
    ahead: [],
    lateFrames: [],
    lookups: [],
    refused: [],
  };
  const counts = { late: 0, untimed: 0, busyMs: 0, stateRows: 0, stateBytes: 0, cold: NOTHING_COLD, heldAt: Infinity };
  const functionFaults: DoneMessage["functionFaults"] = [];
  return { kind: "done", pipeline: 1, number: 1, task: 0, ...nothing, functionFaults, ...counts, ...more };
}
