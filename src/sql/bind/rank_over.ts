import { INT64 } from "../../core/schema.ts";
import type * as ast from "../ast.ts";
import type { AggregateCalls } from "./aggregate_calls.ts";
import type { Context } from "./context.ts";
import type { Value } from "./value.ts";

/** Frames that a number by time is made of; what `behind` gives may read what the others give. */
export interface RankFrames {
  /** All rows up to those of the row's own time. */
  readonly all: () => AggregateCalls;
  /** The rows of the row's own time. */
  readonly peers: () => AggregateCalls;
  /** The row and the one before it. */
  readonly pair: () => AggregateCalls;
  /** The frame of `all`, computed behind the others. */
  readonly behind: () => AggregateCalls;
}

/** RANK() and DENSE_RANK() in the order of time, where rows of one time share their number. Null with a problem. */
export function rankValue(
  call: ast.FunctionCall,
  name: "rank" | "dense_rank",
  time: Value,
  frames: RankFrames,
  { report, values }: Context,
): Value | null {
  const { at } = call, whole = (n: number) => values.literal(n, INT64, at);
  if (call.args.length > 0) return report.add(at, `${name.toUpperCase()} takes no arguments`);
  if (name === "rank") {
    const before = values.call("sub", [frames.all().add("count", null, at), frames.peers().add("count", null, at)], at);
    return before && values.call("add", [before, whole(1)], at);
  }
  // The first row of each time counts: the one before it has another, or is not there
  const pair = frames.pair(), alone = values.call("eq", [pair.add("count", null, at), whole(1)], at);
  const differs = values.call("ne", [pair.add("first", time, at), time], at);
  const begins = alone && differs && values.call("or", [alone, differs], at);
  const one = begins && values.call("case", [begins, whole(1), whole(0)], at, "DENSE_RANK");
  return one && frames.behind().add("sum", one, at);
}
