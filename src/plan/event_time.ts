import { columnIndex, formatType } from "../core/schema.ts";
import { addUnknownColumn, isTime, type ResolvedNode, type Resolving, TIME_HINT, type TimeFact } from "./resolved.ts";

/** Event time of rows whose source has none: what it is called does not matter, for it is no column. */
export const ARRIVAL: TimeFact = { lagMs: 0, origin: "" };

const UNCHANGED_HINT = "The watermark follows a column of the source: keep that one through projections and name it";

/**
 * The fact of a column that a node names as event time, or null with a problem. A column of a source that has no event
 * time is claimed as it: the plan is then resolved anew.
 */
export function namedTime(
  input: ResolvedNode,
  name: string,
  path: string,
  { problems, claims }: Resolving,
): TimeFact | null {
  const at = columnIndex(input.columns, name);
  if (at < 0) {
    addUnknownColumn(name, input.columns, path, problems);
    return null;
  }
  const { type } = input.columns[at];
  if (!isTime(type)) {
    problems.add(path, `Cannot use ${name} as event time: it is ${formatType(type)}`, TIME_HINT);
    return null;
  }
  const known = input.times.get(name);
  if (known) return known;
  const origins = input.origins.get(name);
  if (!origins) {
    const hint = input.lost?.hint ?? UNCHANGED_HINT;
    const sources = input.sources.map(({ id }) => id).join(", ");
    problems.add(
      path,
      `Cannot use ${name} as event time: ${input.lost?.reason ?? `it is computed after source ${sources}`}`,
      hint,
    );
    return null;
  }
  for (const { source, column } of origins) {
    if (source.byArrival) {
      const reason = `Cannot use ${name} as event time: rows of source ${source.id} go by the time of their arrival`;
      problems.add(path, reason, `Read the stream by another source node with "time": "${column}"`);
      return null;
    }
    const time = source.time ?? claims.get(source.id) ?? column;
    if (time !== column) {
      const reason = `Cannot use ${name} as event time: the event time of source ${source.id} is ${time}`;
      problems.add(
        path,
        reason,
        `Use ${time}, or read the stream by another source node with "time": "${column}"`,
      );
      return null;
    }
    claims.set(source.id, column);
  }
  return { lagMs: 0, origin: originName(origins[0].source.id, origins[0].column) };
}

/**
 * The column of event time that the rows of `input` have, with its fact; the column is null for the time of arrival.
 * Null with a problem when there is none, or more than one.
 */
export function inheritedTime(
  input: ResolvedNode,
  path: string,
  { problems }: Resolving,
): { readonly column: string | null; readonly fact: TimeFact } | null {
  const all = input.columns.filter(({ name }) => input.times.has(name)).map(({ name }) => name);
  const own = all.filter((name) => !input.times.get(name)!.later), columns = own.length > 0 ? own : all;
  if (columns.length > 0) {
    const [column] = columns, fact = input.times.get(column)!;
    const other = columns.find((name) => input.times.get(name)!.origin !== fact.origin);
    if (other === undefined) return { column, fact };
    problems.add(path, `Both ${column} and ${other} are event time here`, `Name one of them: "time": "${column}"`);
    return null;
  }
  if (input.arrival) return { column: null, fact: ARRIVAL };
  const timed = input.sources.find(({ time }) => time !== null),
    other = input.sources.find(({ time }) => time === null);
  if (input.lost !== null) {
    problems.add(path, `There is no event time here: ${input.lost.reason}`, input.lost.hint);
  } else if (timed && other) {
    problems.add(
      path,
      `Source ${other.id} has no event time, and ${timed.id} has`,
      'Give it one with "time": "<column>"',
    );
  } else if (timed) {
    const reason = `The event time ${timed.time} of source ${timed.id} does not reach this node unchanged`;
    problems.add(path, reason, `Keep the column ${timed.time} in the projections before it`);
  } else {
    problems.add(path, "There is no event time here: the sources have none", 'Give them one with "time": "<column>"');
  }
  return null;
}

/** The name of what a source's column and its copies are. */
export function originName(node: string, column: string): string {
  return `${node}.${column}`;
}
