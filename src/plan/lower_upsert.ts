import type { PhysicalOperator, PhysicalSink } from "./physical.ts";

/** A view that knows what tells its rows apart puts a row in the place of the one before it by itself. */
function takesUpserts({ sink, changes, upsertKeys }: PhysicalSink): boolean {
  return sink.kind === "view" && changes && upsertKeys !== null;
}

/**
 * Groups whose rows go through projections alone to views that tell them apart by their keys need not say what an update takes
 * back: that is half of the rows.
 */
export function markUpserts(
  operators: readonly PhysicalOperator[],
  sinks: readonly PhysicalSink[],
): PhysicalOperator[] {
  /** Nodes all of whose readers do without the rows before updates. */
  const free = new Map<string, boolean>();
  const read = (inputs: readonly string[], isFree: boolean) =>
    inputs.forEach((input) => free.set(input, (free.get(input) ?? true) && isFree));
  for (const sink of sinks) read([sink.input], takesUpserts(sink));
  for (const { op, id, inputs } of operators.toReversed()) read(inputs, op === "project" && (free.get(id) ?? false));
  return operators.map((operator) =>
    operator.op === "group" && operator.emit.mode === "changes" && free.get(operator.id)
      ? { ...operator, upsert: true }
      : operator
  );
}
