import { type Column, columnIndex, formatType } from "../core/schema.ts";
import type { WindowNode } from "./plan.ts";
import type { Problems } from "./problems.ts";
import { addUnknownColumn, isTime, type ResolvedNode, TIME_HINT } from "./resolved.ts";

/**
 * Finds the column of event time that each window reads: by window id, null for the time of arrival. Event time must
 * come from the source unchanged, for the watermark follows the source's column. A window that names a column of a
 * source without event time makes it the source's.
 */
export function resolveTimes(nodes: readonly ResolvedNode[], problems: Problems): Map<string, string | null> {
  const windows = nodes.filter((one): one is ResolvedNode<WindowNode> => one.node.op === "window");
  const times = new Map<string, string | null>();
  for (const window of windows) {
    const { time } = window.node.window;
    if (time === undefined) continue;
    checkNamedTime(window, time, problems);
    times.set(window.node.id, time);
  }
  for (const window of windows) {
    if (!times.has(window.node.id)) times.set(window.node.id, inheritedTime(window, problems));
  }
  checkTimings(nodes, problems);
  return times;
}

function checkNamedTime(
  { node, path, source, columns, origins }: ResolvedNode,
  time: string,
  problems: Problems,
): void {
  const at = columnIndex(columns, time), here = `${path}.window.time`;
  if (at < 0) return addUnknownColumn(time, columns, here, problems);
  const column: Column = columns[at], origin = origins[at];
  if (!isTime(column.type)) {
    problems.add(here, `Cannot use ${time} as event time: it is ${formatType(column.type)}`, TIME_HINT);
  } else if (origin === null) {
    const reason = `Cannot use ${time} as event time: it is computed after source ${source.id}`;
    problems.add(
      here,
      reason,
      "The watermark follows a column of the source: keep that one through projections and name it",
    );
  } else if (source.time === null) {
    source.time = origin;
  } else if (source.time !== origin) {
    const reason = `Cannot window ${node.id} by ${time}: the event time of source ${source.id} is ${source.time}`;
    problems.add(
      here,
      reason,
      `Use ${source.time}, or read the stream by another source node with "time": "${origin}"`,
    );
  }
}

function inheritedTime({ path, source, columns, origins }: ResolvedNode, problems: Problems): string | null {
  if (source.time === null) return null;
  const at = origins.indexOf(source.time);
  if (at >= 0) return columns[at].name;
  const reason = `The event time ${source.time} of source ${source.id} does not reach this window unchanged`;
  problems.add(`${path}.window`, reason, `Keep the column ${source.time} in the projections before the window`);
  return null;
}

/** A delay or a bound of event time without event time would have no effect, nor would a bound by arrivals that are not there. */
function checkTimings(nodes: readonly ResolvedNode[], problems: Problems): void {
  for (const { node, path, source } of nodes) {
    if (node.op !== "source") continue;
    const { delay_ms, future_skew_ms } = node, timeHint = 'Add "time": "<column>"', skew = `${path}.future_skew_ms`;
    if (source.time === null && delay_ms) {
      problems.add(`${path}.delay_ms`, "A delay needs event time, and this source has none", timeHint);
    }
    if (!future_skew_ms) continue;
    if (source.file !== null) {
      problems.add(skew, "Rows of a file have no arrival that their times could be ahead of", "Leave it out");
    } else if (source.time === null) {
      problems.add(skew, "A bound of event time needs event time, and this source has none", timeHint);
    }
  }
}
