import { RdxError } from "../core/errors.ts";
import type { EngineService } from "../runtime/service.ts";
import { compileScript, declareScript } from "../server/sql.ts";
import type { CompiledSql } from "../sql/mod.ts";
import type { CreateEngine, OpenPipe, OpenSite } from "./engine_options.ts";
import { EXIT, type ExitCode, exitCodeOf, messageOf, usage } from "./exit.ts";
import { declareStreams, isSqlFile, readPlanFile, readSql, scriptBase } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { inputOf } from "./input/declared.ts";
import { INPUT } from "./input/feed.ts";
import { tellNotes } from "./notes.ts";
import { pathOf, type Terminal, terminalLog } from "./terminal.ts";

/** `rdx check`: each script and plan is compiled against the streams that are declared, and nothing runs. */
export async function check(
  args: Arguments,
  terminal: Terminal,
  createEngine: CreateEngine,
  _: OpenSite,
  openPipe: OpenPipe,
): Promise<ExitCode> {
  if (args.positionals.length === 0) throw usage("rdx check takes scripts and plans: rdx check report.sql");
  const files = args.positionals.map((path) => readEither(terminal, path));
  return await withEngine(args, terminal, createEngine, async (engine) => {
    let code: ExitCode = EXIT.ok;
    for (const { path, base, sql, plan } of files) {
      try {
        if (sql === null) engine.pipelines.explainPlan(plan);
        else await checkScript(sql, base, args, terminal, engine, openPipe);
        terminal.out(`${path}: ok\n`);
      } catch (thrown) {
        if (!(thrown instanceof RdxError)) throw thrown;
        terminal.err(`${path}: ${messageOf(thrown)}\n`);
        code = exitCodeOf(thrown);
      }
    }
    return code;
  });
}

async function checkScript(
  text: string,
  base: string,
  args: Arguments,
  terminal: Terminal,
  engine: EngineService,
  openPipe: OpenPipe,
): Promise<void> {
  const declared = await declareInput(text, base, args, terminal, engine, openPipe);
  try {
    tellNotes(terminal, text, compiledOf(engine, text, base).notes);
  } finally {
    // The next script may read other columns of it
    if (declared) engine.streams.delete(INPUT);
  }
}

/** A script, or a plan. */
interface Either {
  readonly path: string;
  /** What modules in it are relative to. */
  readonly base: string;
  readonly sql: string | null;
  readonly plan: unknown;
}

function readEither(terminal: Terminal, path: string): Either {
  const base = scriptBase(terminal, path);
  if (path.endsWith(".json")) return { path, base, sql: null, plan: readPlanFile(terminal, path).plan };
  return { path: isSqlFile(path) ? path : "query", base, sql: readSql(terminal, path), plan: null };
}

function compiledOf(engine: EngineService, sql: string, base: string): CompiledSql {
  return compileScript(engine, sql, { base, sink: { kind: "view", name: "result" } });
}

/** `rdx explain`: how a query, a script or a plan would work. */
export async function explain(
  args: Arguments,
  terminal: Terminal,
  createEngine: CreateEngine,
  _: OpenSite,
  openPipe: OpenPipe,
): Promise<ExitCode> {
  const given = args.only("rdx explain takes one query, script or plan: rdx explain report.sql");
  const { sql, plan, base } = readEither(terminal, given);
  return await withEngine(args, terminal, createEngine, async (engine) => {
    if (sql !== null) await declareInput(sql, base, args, terminal, engine, openPipe);
    const plans = sql === null ? [plan] : plansOf(engine, sql, base, terminal);
    for (const one of plans) {
      const { text, json } = engine.pipelines.explainPlan(one);
      const shown = args.switch("json") ? JSON.stringify(json, null, 2) : text;
      terminal.out(shown.endsWith("\n") ? shown : `${shown}\n`);
    }
    return EXIT.ok;
  });
}

/** Declares the table `input` as `--input` has it, where the script reads it and does not declare it itself; whether it is. */
async function declareInput(
  text: string,
  base: string,
  args: Arguments,
  terminal: Terminal,
  engine: EngineService,
  openPipe: OpenPipe,
): Promise<boolean> {
  if (args.text("input") === undefined) return false;
  const feed = await inputOf({ text, base }, args, terminal, engine, (await openPipe()).inference);
  await feed?.close();
  return feed !== null && engine.pipelines.catalog.stream(INPUT) !== null;
}

/** Its streams are declared, for its plans are explained against what there is. */
function plansOf(engine: EngineService, sql: string, base: string, terminal: Terminal): unknown[] {
  const compiled = compiledOf(engine, sql, base);
  tellNotes(terminal, sql, compiled.notes);
  declareScript(engine, compiled);
  return [...compiled.pipelines, ...compiled.explained].map(({ plan }) => plan);
}

/** An engine that only compiles. */
async function withEngine(
  args: Arguments,
  terminal: Terminal,
  createEngine: CreateEngine,
  use: (engine: EngineService) => Promise<ExitCode>,
): Promise<ExitCode> {
  const engine = await createEngine({
    workers: 1,
    data: pathOf(terminal, "rdx-data"),
    folder: terminal.folder,
    durability: "none",
    log: terminalLog(terminal, "warn"),
    functions: null,
  });
  try {
    declareStreams(terminal, engine, args.all("stream"));
    return await use(engine);
  } finally {
    await engine.close();
  }
}
