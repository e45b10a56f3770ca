import { RdxError } from "../core/errors.ts";
import type { PhysicalPlan, PhysicalSink } from "../plan/physical.ts";
import { compareState } from "../plan/state.ts";
import type { Compiled, Deployed, PipelinesParts } from "./pipeline_maker.ts";
import type { Views } from "./views.ts";

/** What becomes of the state of a pipeline when a plan is deployed under its name, with what is to be said about it. */
export interface Way {
  /**
   * `afresh`: it begins without one. `same`: the plan is the one that runs. `continue`: it goes on with the state. `again`: it is the plan of one that has
   * failed, which goes on from its newest checkpoint.
   */
  readonly way: "afresh" | "same" | "continue" | "again";
  readonly notes: readonly string[];
}

const AFRESH: Way = { way: "afresh", notes: [] };

/**
 * Compares a plan with what is there under its name. One that has failed is compared by the plan that it was deployed with last (`newest`), to which it comes
 * when it goes on: what did something again may be of a plan before that. Throws RdxError("conflict") when it has to keep a state that does not fit.
 */
export function checkState(
  deployed: Deployed | null,
  { plan, physical }: Compiled,
  state: "keep" | "fresh",
  newest: (deployed: Deployed) => Compiled,
): Way {
  if (!deployed || state === "fresh") return AFRESH;
  const before = deployed.pipeline, { name } = before.plan;
  if (before.state === "stalled") {
    throw new RdxError(
      "conflict",
      `Pipeline ${name} is stalled, and a plan cannot take its state over: state=fresh starts without it`,
    );
  }
  if (before.state === "recovering") {
    throw new RdxError(
      "unavailable",
      `Pipeline ${name} does again what it did, and its state is not whole yet: ask again`,
    );
  }
  const isKept = deployed.order.folder !== null;
  if (before.state !== "running" && !(before.state === "failed" && isKept)) return AFRESH;
  if (before.state === "failed") {
    if (compareState(newest(deployed).physical, physical).verdict === "same") {
      return { way: "again", notes: ["It had failed, and goes on from its newest checkpoint"] };
    }
    return {
      way: "afresh",
      notes: ["It had failed, and begins afresh with another plan: its sinks get rows once more"],
    };
  }
  const comparison = compareState(before.plan, physical, { before: deployed.plan, after: plan });
  if (comparison.verdict === "incompatible") {
    throw new RdxError(
      "conflict",
      `The state of pipeline ${name} does not fit its new plan; state=fresh starts without it`,
      comparison.differences,
    );
  }
  const notes = comparison.carried.flatMap(({ notes }) => notes);
  return { way: comparison.verdict === "same" ? "same" : "continue", notes };
}

/** What a pipeline writes, under its name. */
export interface Writer {
  readonly plan: { readonly name: string; readonly sinks: readonly Pick<PhysicalSink, "sink">[] };
}

/** What is written again after a restart belongs to one pipeline alone. Throws RdxError("conflict"). */
export function checkTargets(
  name: string,
  { sinks }: PhysicalPlan,
  others: Iterable<Writer>,
  { durable, sinks: kinds }: Pick<PipelinesParts, "durable" | "sinks">,
): void {
  if (!durable) return;
  const all = [...others].filter(({ plan }) => plan.name !== name);
  for (const { id, sink } of sinks) {
    const target = kinds.get(sink.kind)?.target;
    if (target === undefined) continue;
    const same = (other: Writer) =>
      other.plan.sinks.some(({ sink: one }) => one.kind === sink.kind && one[target] === sink[target]);
    const owner = all.find(same)?.plan.name;
    if (owner === undefined) continue;
    const reason = `What sink ${id} writes (${sink[target]}) belongs to pipeline ${owner}`;
    throw new RdxError("conflict", reason, [{ node: id, path: `sink.${target}`, reason, hint: "Name another" }]);
  }
}

/** No two pipelines write one view. Throws RdxError("conflict"). */
export function checkViews(name: string, plan: PhysicalPlan, views: Views): void {
  for (const { id, sink } of plan.sinks) {
    const owner = sink.kind === "view" ? views.ownerOf(String(sink.name)) : null;
    if (owner === null || owner === name) continue;
    const reason = `View ${sink.name} belongs to pipeline ${owner}`;
    throw new RdxError("conflict", reason, [{ node: id, path: "sink.name", reason, hint: "Choose another name" }]);
  }
}
