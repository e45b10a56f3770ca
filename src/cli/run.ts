import { FrameView } from "../core/frame.ts";
import { WORKERS_MAX } from "../core/limits.ts";
import { RowRenderer } from "../core/render.ts";
import type { EngineService, PipelineInfo } from "../runtime/service.ts";
import type { CreateEngine, OpenPipe, OpenSite } from "./engine_options.ts";
import { CommandError, EXIT, type ExitCode, usage } from "./exit.ts";
import { readPlanFile, readSql, scriptBase } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { ProgressLine } from "./progress.ts";
import { reportFunctionErrors, runSql } from "./run_sql.ts";
import { pathOf, type Terminal, terminalLog } from "./terminal.ts";
import { untilDone } from "./until_done.ts";

/** `rdx run`: a script of SQL or a plan over inputs that end. */
export async function run(
  args: Arguments,
  terminal: Terminal,
  createEngine: CreateEngine,
  _: OpenSite,
  openPipe: OpenPipe,
): Promise<ExitCode> {
  const given = args.only(
    'rdx run takes one query, script or plan: rdx run "SELECT …", rdx run script.sql or rdx run plan.json',
  );
  const file = given.endsWith(".json") ? readPlanFile(terminal, given) : null;
  const text = file ? null : readSql(terminal, given);
  const engine = await createEngine({
    workers: args.integer("workers", 1, WORKERS_MAX),
    data: pathOf(terminal, "rdx-data"),
    folder: terminal.folder,
    durability: "none",
    log: terminalLog(terminal, "warn"),
    allowPrivate: args.all("allow-private"),
    functions: null,
  });
  let interrupted = false;
  const silence = terminal.onSignal((signal) => {
    if (interrupted) terminal.exit(signal === "SIGINT" ? EXIT.interrupted : EXIT.failure);
    interrupted = true;
  });
  try {
    if (text !== null) {
      return await runSql(
        { text, base: scriptBase(terminal, given) },
        args,
        terminal,
        engine,
        () => interrupted,
        await openPipe(),
      );
    }
    const { name, plan } = file!;
    const { pipeline } = await engine.pipelines.put(name, plan, { start: "earliest", state: "fresh" });
    if (pipeline.progress === null) {
      throw usage(`Plan ${name} reads inputs without an end: serve runs it, run needs files`);
    }
    const progress = new ProgressLine(terminal, args.switch("quiet") ?? false);
    const last = await untilDone(engine, name, progress, () => interrupted);
    progress.finish(last);
    if (interrupted) return EXIT.interrupted;
    if (last.state !== "completed") {
      throw new CommandError(EXIT.failure, `Plan ${name} ${last.state}: ${last.reason ?? "no reason"}`);
    }
    printViews(engine, last, terminal);
    reportFunctionErrors([last], terminal);
    return reportDeadRows(last, terminal);
  } finally {
    silence();
    await engine.close();
  }
}

/** The results stand without the rows that could not be read, but the input was bad. */
function reportDeadRows({ deadRows, errors }: PipelineInfo, terminal: Terminal): ExitCode {
  if (deadRows === 0) return EXIT.ok;
  const shown = errors.map(({ path, offset, reason }) =>
    `  ${path}, byte ${offset}: ${reason}
`
  );
  const rows = deadRows === 1 ? "1 row" : `${deadRows} rows`;
  terminal.err(`rdx: ${rows} could not be read: left out\n${shown.join("")}`);
  return EXIT.badInput;
}

/** What the pipeline's views hold, in canonical order. */
function printViews(engine: EngineService, { sinks }: PipelineInfo, terminal: Terminal): void {
  for (const { kind, name } of sinks) {
    if (kind !== "view") continue;
    const view = engine.views.get(name), renderer = new RowRenderer(view.columns);
    for (const { frame, start, rows } of view.all()) {
      if (rows > 0) terminal.out(`${renderer.rows(new FrameView(frame), start, rows, "\n")}\n`);
    }
  }
}
