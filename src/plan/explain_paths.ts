import type { Catalog, SinkKind } from "./catalog.ts";
import type { RuntimeFacts } from "./explain.ts";
import { writtenSource } from "./partitions.ts";
import type { PhysicalPlan, PhysicalSink, PhysicalSource } from "./physical.ts";

/** What a sink promises, or what it comes to where a pipeline does nothing again. */
export type PathGuarantee = NonNullable<SinkKind["guarantee"]> | "once in this process";

/** What holds of the rows of a source on their way to a sink. */
export interface ExplainedPath {
  readonly source: string;
  readonly sink: string;
  readonly guarantee: PathGuarantee;
  /** What of the source, of the process and of the sink makes it so. */
  readonly why: string;
}

/** The guarantee of every path from a source to a sink, in the order of the sinks and then of the sources. */
export function explainPaths(plan: PhysicalPlan, { sinkKinds }: Catalog, facts: RuntimeFacts): ExplainedPath[] {
  const above = sourcesOf(plan);
  return plan.sinks.flatMap((sink) =>
    plan.sources.filter(({ id }) => writtenSource(id) === id && above.get(sink.input)?.has(id)).map((source) =>
      explainPath(source, sink, sinkKinds.get(sink.sink.kind), facts)
    )
  );
}

/** The sources above every source and operator. */
function sourcesOf({ sources, operators }: PhysicalPlan): Map<string, ReadonlySet<string>> {
  const above = new Map<string, ReadonlySet<string>>(sources.map(({ id }) => [id, new Set([id])]));
  for (const operator of operators) above.set(operator.id, new Set(operator.sources));
  return above;
}

function explainPath(
  source: PhysicalSource,
  { id, sink }: PhysicalSink,
  kind: SinkKind | undefined,
  { durability }: RuntimeFacts,
): ExplainedPath {
  const path = { source: source.id, sink: id },
    { guarantee = "at least once", by = `a sink of kind ${sink.kind}` } = kind ?? {};
  if (durability === "none") {
    const why = "nothing outlives the process: what comes after a restart is another run, from the start";
    return { ...path, guarantee: "once in this process", why };
  }
  return { ...path, guarantee, why: `${originOf(source, durability)}; ${by}` };
}

/** Why the rows of a source come again as they were. `durability`: undefined where nobody has said it yet. */
function originOf({ stream, file }: PhysicalSource, durability: "fsync" | "os" | undefined): string {
  if (stream === null) {
    return `${
      file ? "the file is read again while nobody changes it" : "rows are made again"
    }, in the order that is kept${durability === undefined ? " in a data directory" : ""}`;
  }
  const numbered = "senders that number what they send repeat nothing";
  if (durability === undefined) {
    return `rows are in the journal of a data directory before they are acknowledged, ${numbered}`;
  }
  return durability === "fsync"
    ? `rows are on the device before they are acknowledged, ${numbered}`
    : `rows are with the operating system before they are acknowledged, so that a power cut takes the newest, ${numbered}`;
}
