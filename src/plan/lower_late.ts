import { MADE } from "./logical.ts";
import type { PhysicalOperator, PhysicalSink } from "./physical.ts";

/** How long after a window has passed an operator that keeps rows by the window that they name takes rows of it; Infinity: it keeps none so. */
function latenessOf(operator: PhysicalOperator): number {
  switch (operator.op) {
    case "group": {
      const { emit } = operator;
      if (emit.end < 0) return Infinity;
      return emit.mode === "final" ? emit.latenessMs : 0;
    }
    case "rank":
    case "join":
      return operator.mode.mode === "window" ? 0 : Infinity;
    default:
      return Infinity;
  }
}

/** Operators that hand rows on without keeping any: there may be several of one. */
function passes({ op }: PhysicalOperator): boolean {
  return op === "filter" || op === "project" || op === "union" || op === "unnest";
}

/**
 * By node how long its rows are taken after their window has passed, by each of those that read them, through stateless operators. A lookup, of which there
 * is one, asks for what all behind it can take. Inputs come before who reads them.
 */
function demandsOf(
  operators: readonly PhysicalOperator[],
  sinks: readonly PhysicalSink[],
): ReadonlyMap<string, ReadonlySet<number>> {
  const demands = new Map<string, Set<number>>();
  const add = (id: string, wanted: Iterable<number>) => {
    demands.set(id, new Set([...demands.get(id) ?? [], ...wanted]));
  };
  for (const { input } of sinks) add(input, [Infinity]);
  for (const operator of operators.toReversed()) {
    const behind = demands.get(operator.id) ?? new Set([Infinity]);
    const wanted = passes(operator) ? behind : [operator.op === "lookup" ? Math.min(...behind) : latenessOf(operator)];
    for (const input of operator.inputs) add(input, wanted);
    if (operator.op === "lookup") demands.set(operator.id, new Set(wanted));
  }
  return demands;
}

/**
 * A window table function alone leaves no row out, as in Flink. In front of an operator that forgets its windows it leaves out rows that come
 * so late that the operator has forgotten theirs, row by row. Where those that read it forget theirs at different times, there is one of it, and of the
 * stateless operators behind it, for each such time.
 */
export function markLate(
  operators: readonly PhysicalOperator[],
  sinks: readonly PhysicalSink[],
): { readonly operators: PhysicalOperator[]; readonly sinks: PhysicalSink[] } {
  const demands = demandsOf(operators, sinks), names = new Map<string, ReadonlyMap<number, string>>();
  const named = (id: string, lateness: number) => names.get(id)?.get(lateness) ?? id;
  const made = operators.flatMap((operator): PhysicalOperator[] => {
    const wanted = [...demands.get(operator.id) ?? [Infinity]].sort((a, b) => a - b), { id, inputs } = operator;
    const splits = operator.op === "assign" || (passes(operator) && inputs.some((input) => names.has(input)));
    if (!splits) {
      const taken = passes(operator) || operator.op === "lookup" ? wanted[0] : latenessOf(operator);
      return [{ ...operator, inputs: inputs.map((input) => named(input, taken)) }];
    }
    if (wanted.length > 1) names.set(id, new Map(wanted.map((one, i) => [one, i === 0 ? id : `${id}${MADE}late${i}`])));
    return wanted.map((lateness) => {
      const place = { id: named(id, lateness), inputs: inputs.map((input) => named(input, lateness)) };
      if (operator.op !== "assign") return { ...operator, ...place };
      return { ...operator, id: place.id, latenessMs: lateness === Infinity ? null : lateness };
    });
  });
  return { operators: made, sinks: sinks.map((sink) => ({ ...sink, input: named(sink.input, Infinity) })) };
}
