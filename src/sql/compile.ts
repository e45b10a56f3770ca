import { RdxError } from "../core/errors.ts";
import { FUTURE_SKEW_MS } from "../core/limits.ts";
import { NAME_PATTERN } from "../core/schema.ts";
import { type Catalog, compilePlan, type Plan, type SinkOptions, type StreamInfo } from "../plan/mod.ts";
import type { Span } from "./ast.ts";
import { bindPipeline, contextOf, type Result, type Workshop, type WrittenPipeline } from "./bind/pipeline.ts";
import { type Finding, Report, TooLarge } from "./bind/report.ts";
import { type Dropped, type Job, readScript, type Script } from "./bind/script.ts";
import { NO_SETTINGS } from "./bind/settings.ts";
import { declarationOf, type StreamDeclaration } from "./bind/stream_declaration.ts";
import { inWordsOfSql } from "./bind/plan_problems.ts";
import { Places } from "./bind/value.ts";
import { problemAt, sqlError, type SqlProblem } from "./errors.ts";
import { parseSql } from "./parse.ts";

export type { Result } from "./bind/pipeline.ts";
export type { StreamDeclaration } from "./bind/stream_declaration.ts";

export interface SqlOptions {
  /** The pipeline's name: then the whole script is one pipeline. Without it each INSERT and each materialized view is one. */
  readonly name?: string;
  /** Where the rows of a query go that says nothing of it; a view of the pipeline's name if there is one, else it is refused. */
  readonly sink?: SinkOptions;
  /** The URL that those of modules in the script are relative to: its own place. Default: as the catalogue says. */
  readonly base?: string;
  /** The inputs end, and what a query gives is read when it is whole: then it may be sorted by anything. */
  readonly whole?: boolean;
}

export interface SqlPipeline {
  readonly name: string;
  readonly plan: Plan;
  /** Of its queries, in order. */
  readonly results: readonly Result[];
}

/** What a script of SQL means. */
export interface CompiledSql {
  /** To be deployed. */
  readonly pipelines: readonly SqlPipeline[];
  /** To be shown: those of EXPLAIN. */
  readonly explained: readonly SqlPipeline[];
  /** Streams that the script declares. */
  readonly streams: readonly StreamDeclaration[];
  /** Names of the views that the pipelines write. */
  readonly views: readonly string[];
  /** What DROP names and the script has not made. */
  readonly drops: readonly Dropped[];
  /** What works otherwise than one may think. */
  readonly notes: readonly SqlProblem[];
  /** What is wrong; then nothing of the script may be used. In order of their places. */
  readonly problems: readonly SqlProblem[];
}

/**
 * Compiles a script of SQL to plans against a catalogue. Never throws for what stands in the text: everything that is
 * wrong, of all statements, is in `problems`.
 */
export function compileSql(text: string, catalog: Catalog, options: SqlOptions = {}): CompiledSql {
  const { statements, problems } = parseSql(text), report = new Report(), places = new Places();
  const base = options.base ?? catalog.functions?.base ?? null;
  const script = readScript(text, statements, report, places, { base, rules: catalog.functions ?? null });
  const workshop: Workshop = { script, catalog: withStreams(catalog, script), report, places };
  const compiled = jobsOf(script, options).map((job) => compileJob(job, options, workshop));
  checkViews(workshop);
  const own = problems.length + report.problems.length > 0 ? report.problems : report.consequences;
  const found = [...problems, ...own.map((one) => problemOf(text, one))].sort((a, b) => a.at.start - b.at.start);
  const sound = compiled.filter((one) => one !== null), pipelines = sound.filter(({ explain }) => !explain);
  return {
    pipelines: pipelines.map(({ name, plan, results }) => ({ name, plan, results })),
    explained: sound.filter(({ explain }) => explain).map(({ name, plan, results }) => ({ name, plan, results })),
    views: pipelines.flatMap(({ plan }) => viewsOf(plan)),
    streams: [...script.tables.values()].flatMap((table) => declarationOf(table) ?? []),
    drops: script.drops,
    notes: report.notes.map((one) => problemOf(text, one)),
    problems: found,
  };
}

function viewsOf({ nodes }: Plan): string[] {
  return nodes.flatMap((node) => node.op === "sink" && node.sink.kind === "view" ? [String(node.sink.name)] : []);
}

/** As `compileSql`. Throws an RdxError with all problems where something is wrong. */
export function compileSqlOrThrow(text: string, catalog: Catalog, options: SqlOptions = {}): CompiledSql {
  const compiled = compileSql(text, catalog, options);
  if (compiled.problems.length > 0) throw sqlError(text, compiled.problems);
  return compiled;
}

function problemOf(text: string, { at, reason, hint }: Finding): SqlProblem {
  return problemAt(text, at, reason, hint);
}

/** Jobs of one name are one pipeline; of a named script all are, but for those that are only explained. */
function jobsOf({ jobs }: Script, { name }: SqlOptions): Job[] {
  const merged = new Map<string, Job>();
  for (const job of jobs) {
    const own = name ?? job.name, key = JSON.stringify([own, job.explain]), known = merged.get(key);
    const functions = known ? new Map([...known.functions, ...job.functions]) : job.functions;
    merged.set(key, { ...job, name: own, functions, outputs: [...known?.outputs ?? [], ...job.outputs] });
  }
  return [...merged.values()];
}

interface CompiledJob extends SqlPipeline {
  readonly explain: boolean;
}

function compileJob(job: Job, options: SqlOptions, workshop: Workshop): CompiledJob | null {
  const { report } = workshop, { outputs, settings, functions, explain } = job, [{ at }] = outputs;
  const { whole = false } = options;
  const name = job.name ?? (explain ? "explain" : options.sink ? "query" : "");
  if (name !== "" && !NAME_PATTERN.test(name)) {
    return report.add(
      at,
      `Cannot name a pipeline ${name}`,
      "A name is a letter or _, then up to 127 letters, digits, _, . or -",
    );
  }
  const view = name === "" ? null : { kind: "view", name };
  const before = report.problems.length;
  const written = guarded(
    at,
    report,
    () =>
      bindPipeline(
        { name: name || "query", outputs, settings, functions, sink: options.sink ?? view, whole },
        workshop,
      ),
  );
  if (written === null || report.problems.length > before) return null;
  const plan = checkPlan(written, at, workshop);
  return plan && { name: name || "query", plan, explain, results: written.results };
}

/** What ends the binding of one pipeline is a problem of it like any other. */
function guarded<T>(at: Span, report: Report, bind: () => T | null): T | null {
  try {
    return bind();
  } catch (thrown) {
    if (thrown instanceof TooLarge) return report.add(thrown.at, thrown.message, thrown.hint);
    if (thrown instanceof RangeError) return report.add(at, "This is nested too deeply", "Split it with views");
    throw thrown;
  }
}

/** What the plan's own check says is said of the places that the plan comes from. */
function checkPlan({ plan, writer }: WrittenPipeline, at: Span, { report, catalog }: Workshop): Plan | null {
  try {
    compilePlan(plan, catalog);
    return plan;
  } catch (thrown) {
    if (!(thrown instanceof RdxError) || thrown.code !== "invalid_plan") throw thrown;
    if (thrown.details.length === 0) return report.add(at, thrown.message);
    for (const { path, reason, hint } of thrown.details) {
      const said = inWordsOfSql(reason, hint);
      report.add(writer.placeOf(path ?? "") ?? at, said.reason, said.hint);
    }
    return null;
  }
}

/** Views that no pipeline reads are checked too. */
function checkViews(workshop: Workshop): void {
  const { script, report } = workshop;
  for (const view of script.views.values()) {
    const context = contextOf(workshop, NO_SETTINGS, false, script.functions);
    guarded(view.at, report, () => context.names.view(view, context));
  }
}

/** The catalogue with the streams that the script declares. */
function withStreams(catalog: Catalog, { tables }: Script): Catalog {
  return catalogWith(catalog, [...tables.values()].flatMap((table) => declarationOf(table) ?? []));
}

/** A catalogue with further streams, such as those that a script declares. */
export function catalogWith(catalog: Catalog, streams: readonly StreamDeclaration[]): Catalog {
  const own = new Map<string, StreamInfo>();
  for (const { name, columns, time, delayMs, futureSkewMs, partitions } of streams) {
    own.set(name, {
      columns: columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
      time,
      delayMs,
      futureSkewMs: futureSkewMs ?? FUTURE_SKEW_MS,
      ...(partitions === undefined ? {} : { partitions }),
    });
  }
  return {
    ...catalog,
    stream: (name) => own.get(name) ?? catalog.stream(name),
    streamNames: () => [...own.keys(), ...catalog.streamNames?.() ?? []],
  };
}
