import { reasonOf } from "../core/errors.ts";
import { FUTURE_SKEW_MS } from "../core/limits.ts";
import { analysePlan } from "../plan/compile.ts";
import type { EngineService, PipelineInfo } from "../runtime/service.ts";
import { compileScript, declareScript } from "../server/sql.ts";
import type { CompiledSql, Result } from "../sql/mod.ts";
import type { PipeParts } from "./engine_options.ts";
import { CommandError, EXIT, type ExitCode, usage } from "./exit.ts";
import type { Arguments } from "./flags.ts";
import { inputOf, type ScriptText } from "./input/declared.ts";
import { INPUT, type InputFeed } from "./input/feed.ts";
import { ProgressLine } from "./progress.ts";
import { tellNotes } from "./notes.ts";
import { OUTPUT_FORMATS, type PrintedFormat, printView } from "./result.ts";
import type { Terminal } from "./terminal.ts";
import { untilDone } from "./until_done.ts";

/** The view that holds a result that cannot be written as it comes; those of further queries have a number behind it. */
const RESULT = "result";
const BROKEN_PIPE = /broken pipe|EPIPE/i;

/** Runs a script over inputs that end; the rows of its last query go to stdout. */
export async function runSql(
  script: ScriptText,
  args: Arguments,
  terminal: Terminal,
  engine: EngineService,
  interrupted: () => boolean,
  parts: PipeParts,
): Promise<ExitCode> {
  const output = args.choice("output", OUTPUT_FORMATS, terminal.outWatched ? "table" : "ndjson");
  const feed = await inputOf(script, args, terminal, engine, parts.inference);
  const { compiled, streams } = compileFor(engine, script, output);
  if (compiled.pipelines.length + compiled.explained.length === 0) {
    throw usage("The script runs nothing: end it with a SELECT or an INSERT INTO");
  }
  tellNotes(terminal, script.text, compiled.notes);
  declareScript(engine, compiled);
  for (const { plan } of compiled.explained) terminal.out(`${engine.pipelines.explainPlan(plan).text.trimEnd()}\n`);
  if (compiled.pipelines.length === 0) return EXIT.ok;
  for (const { name, plan } of compiled.pipelines) {
    const { pipeline } = await engine.pipelines.put(name, plan, { start: "earliest", state: "fresh" });
    refuseEndless(pipeline, feed);
  }
  const progress = new ProgressLine(terminal, args.switch("quiet") ?? !terminal.watched);
  const names = compiled.pipelines.map(({ name }) => name);
  const stopped = () => interrupted() || names.every((name) => isOver(engine.pipelines.get(name)));
  const fed = feed?.run(engine, stopped).then(() => null, (thrown) => ({ thrown })) ?? Promise.resolve(null);
  const partOf = () => feed?.size ? feed.sent / feed.size : null;
  const ended = await Promise.all(names.map((name) => untilDone(engine, name, progress, interrupted, partOf)));
  const last = ended.at(-1)!;
  if (interrupted()) return EXIT.interrupted;
  for (const { name, state, reason } of ended) {
    if (state === "completed") continue;
    if (BROKEN_PIPE.test(reason ?? "")) return EXIT.ok;
    throw new CommandError(EXIT.failure, `${name} ${state}: ${reason ?? "no reason"}`);
  }
  const failure = await fed;
  if (failure) throw failure.thrown;
  progress.finish(last);
  const results = streams ? [] : compiled.pipelines.flatMap((pipeline) => pipeline.results);
  const views = compiled.pipelines.some((pipeline) => pipeline.results.length > 0) ? [] : compiled.views.map(wholeView);
  for (const result of [...results, ...views]) printQuietly(engine, result, output, terminal, parts);
  reportFunctionErrors(ended, terminal);
  return report(feed, ended, terminal);
}

/** Of a script without queries: all of what its views hold. */
function wholeView(name: string): Result {
  return { sink: { kind: "view", name }, hidden: 0, offset: 0, limit: null };
}

/** The results have NULL where user functions failed. */
export function reportFunctionErrors(ended: readonly PipelineInfo[], terminal: Terminal): void {
  const calls = ended.reduce((sum, { functionErrors }) => sum + functionErrors, 0);
  if (calls > 0) {
    terminal.err(`rdx: ${calls} ${calls === 1 ? "call" : "calls"} of user functions failed: they gave NULL\n`);
  }
}

function isOver({ state }: PipelineInfo): boolean {
  return state === "completed" || state === "failed" || state === "stopped";
}

/**
 * A result that only grows is written as it comes. What may take rows back or has to be sorted is printed when it is whole, and so
 * are tables and several results.
 */
function compileFor(
  engine: EngineService,
  { text, base }: ScriptText,
  output: PrintedFormat,
): { compiled: CompiledSql; streams: boolean } {
  const view = compileScript(engine, text, { base, sink: { kind: "view", name: RESULT }, whole: true });
  const results = view.pipelines.flatMap((pipeline) => pipeline.results), names = new Set(results.map(nameOf));
  const waits = output === "table" || view.pipelines.length === 0 || results.length > 1 || results.some(isArranged) ||
    view.pipelines.some(({ plan }) => changes(engine, plan, names, view));
  if (waits) return { compiled: view, streams: false };
  return { compiled: compileScript(engine, text, { base, sink: { kind: "stdout", format: output } }), streams: true };
}

function nameOf({ sink: { name } }: Result): string {
  return String(name);
}

/** Whether rows have to be sorted or counted before they are written. */
function isArranged({ sink, offset, limit }: Result): boolean {
  return sink.order !== undefined || offset > 0 || limit !== null;
}

function changes(engine: EngineService, plan: unknown, names: ReadonlySet<string>, script: CompiledSql): boolean {
  const catalog = engine.pipelines.catalog, own = new Map(script.streams.map((stream) => [stream.name, stream]));
  const { physical } = analysePlan(plan, {
    ...catalog,
    stream(name) {
      const stream = own.get(name);
      return stream ? { ...stream, futureSkewMs: stream.futureSkewMs ?? FUTURE_SKEW_MS } : catalog.stream(name);
    },
  });
  return physical.sinks.some(({ sink, changes }) => changes && names.has(String(sink.name)));
}

function refuseEndless({ name, progress, sources }: PipelineInfo, feed: InputFeed | null): void {
  if (progress !== null || (feed !== null && sources.includes(INPUT))) return;
  throw usage(
    `${name} reads inputs without an end (${sources.join(", ")}): rdx serve runs it, rdx run needs inputs that end`,
  );
}

/** Whoever reads may go when it has seen enough. */
function printQuietly(
  engine: EngineService,
  result: Result,
  output: PrintedFormat,
  terminal: Terminal,
  { openEncoder }: PipeParts,
): void {
  try {
    printView(engine.views.get(nameOf(result)), result, output, openEncoder, (text) => terminal.out(text));
  } catch (thrown) {
    if (!BROKEN_PIPE.test(reasonOf(thrown))) throw thrown;
  }
}

/** Rows that came behind the watermark are missing in what it has closed; nobody is to find that out alone. */
function tellLate(ended: readonly PipelineInfo[], terminal: Terminal): void {
  const late = ended.reduce((sum, { lateRows }) => sum + lateRows, 0);
  if (late === 0) return;
  const rows = late === 1 ? "1 row" : `${late} rows`;
  terminal.err(
    `rdx: ${rows} came too late: left out\n  A longer --delay, or a WATERMARK further behind, waits for them\n`,
  );
}

/** The results stand without the rows that could not be read, but the input was bad. */
function report(feed: InputFeed | null, ended: readonly PipelineInfo[], terminal: Terminal): ExitCode {
  tellLate(ended, terminal);
  const rejected = feed?.rejected.rows ?? 0, dead = ended.reduce((sum, { deadRows }) => sum + deadRows, 0);
  if (rejected + dead === 0) return EXIT.ok;
  const reasons = [
    ...feed?.rejected.reasons ?? [],
    ...ended.flatMap(({ errors }) => errors.map(({ reason }) => reason)),
  ];
  const rows = rejected + dead === 1 ? "1 row" : `${rejected + dead} rows`;
  terminal.err(
    `rdx: ${rows} could not be read: left out\n${reasons.slice(0, 5).map((reason) => `  ${reason}\n`).join("")}`,
  );
  return EXIT.badInput;
}
