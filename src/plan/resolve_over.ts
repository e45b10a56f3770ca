import { OVER_ROWS_MAX } from "../core/limits.ts";
import { columnIndex } from "../core/schema.ts";
import { namedTime } from "./event_time.ts";
import type { PlacedNode } from "./graph.ts";
import type { OverNode } from "./plan.ts";
import { index } from "./problems.ts";
import { resolveCall } from "./resolve_call.ts";
import { checkWidth } from "./resolve_rows.ts";
import {
  addUnknownColumn,
  type Facts,
  type ResolvedNode,
  type Resolving,
  sameFacts,
  type TimeFact,
} from "./resolved.ts";

export function resolveOver(
  { node, path }: PlacedNode<OverNode>,
  input: ResolvedNode,
  resolving: Resolving,
): Facts | null {
  const { problems } = resolving, { keys, time, frame, aggs } = node, columns = [...input.columns];
  keys.forEach((name, i) => {
    const at = index(`${path}.keys`, i);
    if (columnIndex(input.columns, name) < 0) addUnknownColumn(name, input.columns, at, problems);
    else if (keys.indexOf(name) < i) problems.add(at, `Column ${JSON.stringify(name)} is named twice`);
  });
  if (input.changes) {
    const reason = `Cannot aggregate over the rows before each row of ${input.node.id}: they may be taken back`;
    problems.add(`${path}.input[0]`, reason, "Put the over before what makes changes");
  }
  if (aggs.length === 0) problems.add(`${path}.aggs`, "Expected at least 1 item, got 0");
  aggs.forEach((call, i) => {
    const at = index(`${path}.aggs`, i);
    const column = resolveCall(call, { columns: input.columns, changes: false, whole: false }, at, resolving);
    if (!column) return;
    if (columnIndex(columns, column.name) < 0) columns.push(column);
    else problems.add(`${at}.as`, `Column ${JSON.stringify(column.name)} is there already`, "Choose another name");
  });
  checkWidth(columns, `${path}.aggs`, problems);
  const { kind, preceding } = frame, at = `${path}.frame`;
  if (kind === "range" && preceding !== null && time === undefined) {
    problems.add(at, "A range of time needs a column of event time", 'Add "time": "<column>"');
  } else if (kind === "rows" && preceding !== null && preceding > OVER_ROWS_MAX) {
    problems.add(`${at}.preceding`, `Expected at most ${OVER_ROWS_MAX} rows, got ${preceding}`);
  }
  if (time === undefined) return { ...sameFacts(input), columns, arrival: false };
  const fact = namedTime(input, time, `${path}.time`, resolving);
  if (!fact) return null;
  // A row waits until the watermark has passed it: other times of it may be far behind by then.
  const times = new Map<string, TimeFact>([...input.times].filter(([, one]) => one.origin === fact.origin));
  const windows = input.windows.filter(({ of, time }) =>
    of === fact.origin || (time !== null && input.times.get(time)?.origin === fact.origin)
  );
  for (const [name, one] of input.times) if (windows.some((window) => window.time === name)) times.set(name, one);
  return { ...sameFacts(input), columns, times, windows, arrival: false };
}
