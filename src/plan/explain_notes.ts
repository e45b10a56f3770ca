import { KEY_GROUPS } from "../core/limits.ts";
import { functionName } from "../core/user_function.ts";
import { signatureOf } from "../expr/mod.ts";
import { formatDuration } from "./duration.ts";
import { planId, type RuntimeFacts, type Step } from "./explain.ts";
import { lookupNotes } from "./explain_lookup.ts";
import { describeWindow } from "./explain_node.ts";
import { functionsOf } from "./expressions.ts";
import type { LogicalAggregate, LogicalNode } from "./logical.ts";
import type { ResolvedNode } from "./resolved.ts";

/** What else is worth knowing of a step: how it runs, what was done with it, what rows it gives. */
export function notesOf(step: Step, facts: RuntimeFacts): string[] {
  return [...runNotes(step, facts), ...functionNotes(step), ...rewriteNotes(step), ...rowNotes(step)];
}

function runNotes(step: Step, { workers, shared = [], late = [], answersLogged, isPlanned }: RuntimeFacts): string[] {
  const { node, columns, analysed } = step;
  if (node.op === "lookup") return lookupNotes(node, answersLogged);
  if (node.op === "aggregate") return aggregateNotes(node, workers);
  if (node.op === "group" && node.twoPhase) return ["one phase: two_phase is for windows with shared slices"];
  if (node.op !== "source") return [];
  const { stream, partition } = analysed.physical.sources.find(({ id }) => id === node.id)!;
  const width = analysed.resolved.sources.find(({ id }) => id === node.id)!.columns.length;
  const others = shared.filter((one) => one.stream === stream).flatMap(({ pipelines }) => pipelines);
  return [
    ...(partition ? [`${partition.count} partitions, each with a watermark of its own`] : []),
    ...(columns.length < width ? [`reads ${columns.length} of ${width} columns`] : []),
    ...(stream !== null && late.includes(stream) ? [`late rows go to stream ${stream}.late`] : []),
    ...(others.length > 0
      ? [
        isPlanned
          ? `would be decoded once for this and ${others.join(", ")}`
          : `decoded once, shared by ${others.join(", ")}`,
      ]
      : []),
  ];
}

/** What is not the language's own is only as pure as its code: a replay gives the same rows if it does. */
function functionNotes({ node, analysed }: Step): string[] {
  const computed = analysed.resolved.sources.find(({ id }) => node.op === "source" && id === node.id)?.computed ?? [];
  return [...functionsOf({ ...node, computed })].map(([name, reference]) =>
    `${signatureOf(name, reference)} is a user function, ${functionName(reference)}: pure if its code is`
  );
}

function aggregateNotes(node: LogicalAggregate, workers: number | undefined): string[] {
  const { sizeMs, slideMs, offsetMs, time, keys, twoPhase } = node;
  const spread = workers === undefined ? "" : ` over ${workers} ${workers === 1 ? "worker" : "workers"}`;
  const window = slideMs === sizeMs
    ? { kind: "tumble", sizeMs, offsetMs } as const
    : { kind: "hop", sizeMs, slideMs, offsetMs } as const;
  return [
    `${describeWindow(window)} by ${time ?? "time of arrival"}${slideMs === sizeMs ? "" : ", slices shared"}`,
    keys.length > 0 ? `${KEY_GROUPS} key groups${spread}` : "no keys: one key group",
    twoPhase ? "two phases: partial results before the exchange" : "one phase",
  ];
}

/** Where a filter went, and what a node stands for beside itself. */
function rewriteNotes({ node, analysed: { written, optimized, resolved } }: Step): string[] {
  const named = new Set(resolved.nodes.map((one) => one.node.id));
  const same = [...optimized.shared].filter(([id, kept]) => kept === node.id && named.has(id)).map(([id]) => id);
  const notes = same.length === 0 ? [] : [`done once for ${[node.id, ...same].join(", ")}`];
  if (node.op !== "filter") return notes;
  const before = nodesAbove(planId(node.id), written);
  const passed = optimized.nodes.map(({ id }) => id).filter((id) =>
    named.has(id) && before.has(id) && nodesAbove(id, optimized.nodes).has(node.id)
  );
  return passed.length === 0 ? notes : [...notes, `moved before ${passed.join(", ")}`];
}

function nodesAbove(id: string, nodes: readonly LogicalNode[]): Set<string> {
  const byId = new Map(nodes.map((node) => [node.id, node])), found = new Set<string>();
  const open = [...byId.get(id)?.inputs ?? []];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...byId.get(next)!.inputs);
  }
  return found;
}

/** What is known of the rows that come out: of sinks in full, else where something changes. */
function rowNotes({ node, analysed: { resolved } }: Step): string[] {
  const found = resolved.nodes.find((one) => one.node.id === node.id);
  if (!found) return [];
  if (node.op === "sink") return [kindsOf(found)];
  const gives = found.changes && !found.inputs.some(({ changes }) => changes);
  return [...(gives ? [kindsOf(found)] : []), ...timeNotes(found)];
}

function kindsOf({ changes, upsertKeys }: ResolvedNode): string {
  if (!changes) return "inserts only";
  if (upsertKeys === null) return "changes of rows that no key tells apart";
  return upsertKeys.length === 0 ? "changes of one row" : `changes by ${upsertKeys.join(", ")}`;
}

/** Event time that is further behind than it was, and where it ends. */
function timeNotes({ times, inputs, lost, window }: ResolvedNode): string[] {
  const lags = new Map([...times].map(([name, { lagMs }]) => [name, lagMs]));
  const known = Math.max(0, ...inputs.flatMap((input) => [...input.times.values()].map(({ lagMs }) => lagMs)));
  const grown = [...lags].filter(([, lagMs]) => lagMs > known).map(([name, lagMs]) =>
    `${name} ${formatDuration(lagMs)}`
  );
  if (grown.length > 0) return [`event time behind the watermark: ${grown.join(", ")}`];
  const ends = !window && times.size === 0 && lost !== null &&
    inputs.some((input) => input.times.size > 0);
  return ends ? ["event time ends here"] : [];
}
