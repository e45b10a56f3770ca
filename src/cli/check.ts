import { RdxError } from "../core/errors.ts";
import type { EngineService } from "../runtime/service.ts";
import type { CreateEngine } from "./engine_options.ts";
import { EXIT, type ExitCode, exitCodeOf, messageOf, usage } from "./exit.ts";
import { declareStreams, readPlanFile } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { pathOf, type Terminal, terminalLog } from "./terminal.ts";

/** `rdx check`: each plan is compiled against the streams that are declared, and nothing runs. */
export async function check(args: Arguments, terminal: Terminal, createEngine: CreateEngine): Promise<ExitCode> {
  if (args.positionals.length === 0) throw usage("rdx check takes plans: rdx check plan.json");
  const plans = args.positionals.map((path) => readPlanFile(terminal, path));
  return await withEngine(args, terminal, createEngine, (engine) => {
    let code: ExitCode = EXIT.ok;
    for (const { path, plan } of plans) {
      try {
        engine.pipelines.explainPlan(plan);
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

/** `rdx explain`: how a plan would work. */
export async function explain(args: Arguments, terminal: Terminal, createEngine: CreateEngine): Promise<ExitCode> {
  const [path, ...others] = args.positionals;
  if (path === undefined || others.length > 0) throw usage("rdx explain takes one plan: rdx explain plan.json");
  const { plan } = readPlanFile(terminal, path);
  return await withEngine(args, terminal, createEngine, (engine) => {
    const { text, json } = engine.pipelines.explainPlan(plan);
    const shown = args.switch("json") ? JSON.stringify(json, null, 2) : text;
    terminal.out(shown.endsWith("\n") ? shown : `${shown}\n`);
    return EXIT.ok;
  });
}

/** An engine that only compiles. */
async function withEngine(
  args: Arguments,
  terminal: Terminal,
  createEngine: CreateEngine,
  use: (engine: EngineService) => ExitCode,
): Promise<ExitCode> {
  const engine = await createEngine({
    workers: 1,
    data: pathOf(terminal, "rdx-data"),
    folder: terminal.folder,
    durability: "none",
    log: terminalLog(terminal, "warn"),
  });
  try {
    declareStreams(terminal, engine, args.all("stream"));
    return use(engine);
  } finally {
    await engine.close();
  }
}
