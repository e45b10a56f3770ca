import { send } from "../client/rdx/http.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { WORKERS_MAX } from "../core/limits.ts";
import type { EngineService, ReplaySlice } from "../runtime/service.ts";
import { SQL_TYPE } from "../server/content_type.ts";
import { parsePlace } from "../server/parameters.ts";
import { replayLines } from "../server/replay.ts";
import { planOfScript } from "../server/sql.ts";
import type { CreateEngine } from "./engine_options.ts";
import { CommandError, EXIT, type ExitCode, usage } from "./exit.ts";
import { isSqlFile, readPlanFile, readSql, scriptBase } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { serverOf } from "./server.ts";
import { pathOf, type Terminal, terminalLog } from "./terminal.ts";

/** What is replayed: a pipeline by its name, or a script or plan in a file. */
interface Target {
  readonly name: string;
  readonly sql: string | null;
  readonly plan: unknown;
}

/** `rdx replay`: a pipeline, a script or a plan over a slice of what streams have; the rows go to stdout. */
export async function replay(args: Arguments, terminal: Terminal, createEngine: CreateEngine): Promise<ExitCode> {
  const given = args.only("rdx replay takes one pipeline, script or plan: rdx replay traffic --from 2024-05-01T10:00");
  const data = args.text("data"), server = args.text("server");
  if (data !== undefined && server !== undefined) throw usage("rdx replay takes --data or --server, not both");
  const target = targetOf(terminal, given), isDeployed = target.sql === null && target.plan === null;
  if (!isDeployed && args.text("at") !== undefined) {
    throw usage("--at goes with the name of a pipeline, whose checkpoint it is");
  }
  if (data !== undefined) return await fromData(pathOf(terminal, data), target, args, terminal, createEngine);
  return await fromServer(server, target, args, terminal);
}

function targetOf(terminal: Terminal, given: string): Target {
  if (given.endsWith(".json")) {
    const { name, plan } = readPlanFile(terminal, given);
    return { name, sql: null, plan };
  }
  if (isSqlFile(given)) return { name: "replay", sql: readSql(terminal, given), plan: null };
  return { name: given, sql: null, plan: null };
}

async function fromServer(
  url: string | undefined,
  { name, sql, plan }: Target,
  args: Arguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const query = new URLSearchParams();
  for (const flag of ["from", "to", "at"]) if (args.text(flag) !== undefined) query.set(flag, args.text(flag)!);
  const server = serverOf(url, terminal), isDeployed = sql === null && plan === null;
  const body = sql ?? JSON.stringify(plan), type = sql === null ? "application/json" : SQL_TYPE;
  const answer = isDeployed
    ? await send(server, `/v1/pipelines/${encodeURIComponent(name)}/replay?${query}`)
    : await send(server, `/v1/replay?${query}`, { method: "POST", headers: { "content-type": type }, body });
  try {
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) terminal.out(text);
  } catch (thrown) {
    throw new CommandError(EXIT.failure, `The replay has broken off: ${reasonOf(thrown)}`);
  }
  return EXIT.ok;
}

async function fromData(
  data: string,
  target: Target,
  args: Arguments,
  terminal: Terminal,
  createEngine: CreateEngine,
): Promise<ExitCode> {
  const slice = sliceOf(args);
  try {
    terminal.readText(`${data}/VERSION`);
  } catch (thrown) {
    throw new CommandError(EXIT.missingFile, `There is no data directory ${data}: ${reasonOf(thrown)}`);
  }
  const engine = await createEngine({
    ...{ data, folder: terminal.folder, durability: "os", functions: null, recoverPipelines: false },
    workers: args.integer("workers", 1, WORKERS_MAX),
    log: terminalLog(terminal, "warn"),
  });
  try {
    const run = await begun(engine, target, slice, terminal);
    try {
      for await (const lines of replayLines(run)) terminal.out(lines);
    } finally {
      await run.close();
    }
    return EXIT.ok;
  } finally {
    await engine.close();
  }
}

async function begun(engine: EngineService, { name, sql, plan }: Target, slice: ReplaySlice, terminal: Terminal) {
  if (sql !== null) {
    const compiled = planOfScript(engine, name, sql, scriptBase(terminal, "replay.sql"));
    return await engine.replays.plan(name, compiled, slice);
  }
  return plan === null ? await engine.replays.pipeline(name, slice) : await engine.replays.plan(name, plan, slice);
}

function sliceOf(args: Arguments): ReplaySlice {
  const at = args.integer("at", 0, Number.MAX_SAFE_INTEGER),
    [from, to] = ["from", "to"].map((flag) => {
      const text = args.text(flag);
      try {
        return text === undefined ? undefined : parsePlace(`--${flag}`, text);
      } catch (thrown) {
        throw thrown instanceof RdxError ? usage(thrown.message) : thrown;
      }
    });
  return { ...(from ? { from } : {}), ...(to ? { to } : {}), ...(at === undefined ? {} : { at }) };
}
