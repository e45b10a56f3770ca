import { LOOKUP_PENDING_ROWS_MAX } from "../core/limits.ts";
import { formatDuration } from "./duration.ts";
import type { LogicalGroup, LogicalJoin, LogicalNode, LogicalRank } from "./logical.ts";

const UNBOUNDED = "without bound: ttl_ms would forget";

/** What an operator keeps, and what bounds it. */
export function stateNotes(node: LogicalNode): string[] {
  const text = stateOf(node);
  return text === null ? [] : [`keeps ${text}`];
}

function stateOf(node: LogicalNode): string | null {
  switch (node.op) {
    case "aggregate":
      return "a row for each key and slice until the watermark has passed its last window";
    case "session":
      return node.calls ? "a row for each open session" : "the rows of open sessions";
    case "group":
      return groupState(node);
    case "join":
      return joinState(node);
    case "lookup":
      return `answers, and the rows that wait for one: about ${LOOKUP_PENDING_ROWS_MAX} of them before no more are taken`;
    case "rank":
      return rankState(node);
    case "over": {
      const { kind, preceding } = node.frame;
      if (preceding < 0) return "what all rows of each key come to, without bound: keys are never forgotten";
      if (kind === "rows") return `the last ${preceding} rows of each key, without bound: keys are never forgotten`;
      return `the rows of the last ${formatDuration(preceding)}`;
    }
    case "normalize":
      return "the last row of each key, without bound: it is forgotten only when it is deleted";
    default:
      return null;
  }
}

/** Aggregates that keep all different values. */
const OF_VALUES = ["percentile_cont", "percentile_disc", "mode", "histogram", "top_k"];

function groupState({ emit, calls }: LogicalGroup): string {
  const row = calls.some(({ fn, distinct }) => distinct || OF_VALUES.includes(fn))
    ? "a row for each group and each of its different values"
    : "a row for each group";
  if (emit.mode === "final") {
    return `${row} until ${
      emit.latenessMs === 0 ? "" : `${formatDuration(emit.latenessMs)} after `
    }the end of its window`;
  }
  if (emit.end !== null) return `${row} until the end of its window`;
  return emit.ttlMs > 0
    ? `${row} until ${formatDuration(emit.ttlMs)} after its last row`
    : `${row} ${UNBOUNDED} groups`;
}

function joinState({ mode, leftUnique, rightUnique, type }: LogicalJoin): string {
  switch (mode.mode) {
    case "regular": {
      const rows = `${leftUnique ? "a row a key" : "all rows"} of left and ${
        rightUnique ? "a row a key" : "all rows"
      } of right`;
      return mode.ttlMs > 0
        ? `${rows} until ${formatDuration(mode.ttlMs)} after their last use`
        : `${rows} ${UNBOUNDED} rows`;
    }
    case "window":
      return "the rows of both sides until the end of their window";
    case "interval": {
      const left = formatDuration(Math.max(0, mode.upperMs)), right = formatDuration(Math.max(0, -mode.lowerMs));
      return `rows of left for ${left} and rows of right for ${right} of event time`;
    }
    case "temporal":
      return `rows of left until the watermark has passed them${
        type === "left" ? ", matched or not" : ""
      }, and of each key of right the versions since then`;
    case "asof":
      return "rows of left until the watermark has passed them, and of each key of right the rows since the newest before then";
  }
}

function rankState({ mode, to, fn, retracts }: LogicalRank): string {
  const first = fn === "row_number"
    ? to === 1 ? "1 row" : `${to} rows`
    : `all rows of the first ${to === 1 ? "rank" : `${to} ranks`}`;
  const rows = retracts ? "all rows of each key" : `${first} of each key`;
  if (mode.mode === "window") return `${rows} until the end of their window`;
  return mode.ttlMs > 0
    ? `${rows} until ${formatDuration(mode.ttlMs)} after the key's last row`
    : `${rows} ${UNBOUNDED} keys`;
}
