import { FrameBuilder, FrameView } from "../core/frame.ts";
import type { Clock } from "../core/clock.ts";
import { DEAD_TURN_ROWS } from "../core/limits.ts";
import { RowRenderer } from "../core/render.ts";
import type { LostRows } from "../operator.ts";
import type { PhysicalFilter, PhysicalLookup, PhysicalPlan, PhysicalSource } from "../plan/physical.ts";
import type { Finished } from "./collector.ts";
import { addLetter, DEAD_COLUMNS, jsonRow } from "./dead_letters.ts";
import type { DeadRow, NodeRefused } from "./protocol.ts";
import type { Marks, SideStreams } from "./side_rows.ts";

/** A row that was changed on its way has no place in its stream any more. */
const NO_OFFSET = -1;
const NO_PLACE = { line: 1, column: 1, start: 0, end: 0, mismatch: false };

interface LostParts {
  readonly side: SideStreams;
  readonly clock: Clock;
  readonly plan: PhysicalPlan;
}

/**
 * Puts the rows of a number whose question to a table outside could not be answered, or that a filter refused, among the dead letters of the
 * first stream above their lookup or filter, as they came to it; `told` gets each.
 */
export async function setLostAside(
  { side, clock, plan }: LostParts,
  { answers }: Finished,
  marks: Marks,
  told: (row: DeadRow) => void,
): Promise<void> {
  for (const { operator, lost } of lostBy(answers)) {
    const node = plan.operators[operator] as PhysicalLookup | PhysicalFilter, above = sourcesAbove(plan, node);
    const source = above.find(({ stream }) => stream !== null) ?? above[0];
    const path = source.stream ?? source.file?.path ?? source.made?.kind ?? source.id;
    const tell = (reason: string, field: string) => told({ ...NO_PLACE, offset: NO_OFFSET, reason, path, field });
    for (const rows of node.op === "filter" ? [lost] : lost.map((one) => [one])) {
      for (const letter of letters(plan, node, rows, clock.now(), tell)) {
        if (source.stream !== null) await side.bury(source.stream, [letter.frame], letter.rows, plan.name, marks);
        if (letter.rows === DEAD_TURN_ROWS) await clock.soon(0);
      }
    }
  }
}

/** By operator, in the order of the plan: whatever the tasks are that met them. */
function lostBy(answers: Finished["answers"]): readonly NodeRefused[] {
  const refused = answers.flatMap((answer) => answer.refused).toSorted((a, b) => a.operator - b.operator);
  return [...answers.flatMap(({ lookups }) => lookups), ...refused];
}

/** Rows that are lost, in the answers to a number. */
export function lostRows({ answers }: Finished): number {
  let rows = 0;
  for (const { lost } of lostBy(answers)) for (const one of lost) rows += one.rows;
  return rows;
}

function* letters(
  plan: PhysicalPlan,
  node: PhysicalLookup | PhysicalFilter,
  all: readonly LostRows[],
  nowMs: number,
  tell: (reason: string, field: string) => void,
): Generator<{ readonly frame: ArrayBuffer; readonly rows: number }> {
  const whole = asItCame(plan, node.inputs[0]), columns = node.op === "filter" ? node.columns : node.inputColumns;
  const read = node.op === "filter" ? node.predicate.inputs : node.keys;
  const builder = new FrameBuilder(DEAD_COLUMNS), renderer = new RowRenderer(columns);
  const field = read.map((key) => columns[key].name).join(", "), from = { pipeline: plan.name, ts: Math.trunc(nowMs) };
  const finish = () => ({ rows: builder.rows, frame: builder.finish() });
  for (const { frame, rows, reason: why } of all) {
    const view = new FrameView(frame), reason = node.op === "filter" ? why : `Lookup ${node.id}: ${why}`;
    for (let row = 0; row < rows; row++) {
      tell(reason, field);
      const letter = { offset: NO_OFFSET, line: 1, field, reason, ...from, ...jsonRow(renderer.row(view, row)) };
      addLetter(builder, whole ? letter : { ...letter, format: null });
      if (builder.rows === DEAD_TURN_ROWS) yield finish();
    }
  }
  if (builder.rows > 0) yield finish();
}

/** Whether the rows of a source or an operator are as they are in a stream: what was computed or joined on the way is no row of it. */
function asItCame(plan: PhysicalPlan, input: string): boolean {
  const source = plan.sources.find(({ id }) => id === input), above = plan.operators.find(({ id }) => id === input);
  if (source) return source.stream !== null && source.computed.length === 0 && source.kindColumn < 0;
  return above?.op === "filter" && asItCame(plan, above.inputs[0]);
}

/** The sources that rows of an operator come from, also through other lookups. */
function sourcesAbove(
  plan: PhysicalPlan,
  { sources }: Pick<PhysicalLookup | PhysicalFilter, "sources">,
): PhysicalSource[] {
  return sources.flatMap((id) => {
    const own = plan.sources.find((source) => source.id === id);
    return own ? [own] : sourcesAbove(plan, plan.operators.find((one) => one.id === id) as PhysicalLookup);
  });
}
