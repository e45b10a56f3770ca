import { STATE_BYTES_MAX, STATE_LEAST_BYTES, WORKERS_MAX } from "../core/limits.ts";
import { LOG_LEVELS } from "../telemetry/log.ts";
import { firstCurl } from "../server/first_curl.ts";
import type { Deployment, EngineService, PipelineStart } from "../runtime/service.ts";
import { parseStart } from "../server/parameters.ts";
import { Origins } from "../server/origins.ts";
import { requireAuthentication, type RunningServer, startServer } from "../server/serve.ts";
import { deployScript } from "../server/sql.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import type { CreateEngine, EngineOptions, OpenSite } from "./engine_options.ts";
import { bytesOf } from "./input/bytes.ts";
import { durationOf } from "./input/duration.ts";
import { functionFiles } from "./function_files.ts";
import { CommandError, EXIT, type ExitCode, usage } from "./exit.ts";
import { baseName, declareStreams, isSqlFile, readPlanFile, readSql, scriptBase } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { describeBusyPort } from "./port.ts";
import { pathOf, type Signal, type Terminal, terminalLog } from "./terminal.ts";

const PORT_DEFAULT = 8080;

/** `rdx serve`: runs until a signal, then finishes what it accepted. A second signal ends it at once. */
export async function serve(
  args: Arguments,
  terminal: Terminal,
  createEngine: CreateEngine,
  openSite: OpenSite,
): Promise<ExitCode> {
  const hostname = args.text("host") ?? "127.0.0.1", port = args.integer("port", 0, 65_535) ?? PORT_DEFAULT;
  const token = terminal.env("RDX_TOKEN") || null, insecure = args.switch("insecure") ?? false;
  const durability = args.choice("durability", ["fsync", "os", "none"], "fsync");
  const compression = args.choice("compression", ["none", "zstd"], "none");
  const interval = args.text("checkpoint-interval");
  const checkpointIntervalMs = interval === undefined ? undefined : durationOf("checkpoint-interval", interval);
  const memory = args.text("state-memory");
  const stateBytesMax = memory === undefined
    ? undefined
    : bytesOf("state-memory", memory, STATE_LEAST_BYTES, STATE_BYTES_MAX);
  const store = args.choice("store", ["files", "sqlite"], "files");
  const allowOrigins = [...args.all("allow-origin"), ...splitList(terminal.env("RDX_ALLOW_ORIGIN"))];
  calledRightly(() => requireAuthentication(hostname, token, insecure));
  calledRightly(() => new Origins(allowOrigins));
  let start: PipelineStart = "earliest";
  calledRightly(() => start = parseStart("--start", args.text("start") ?? "earliest"));
  const how = { start, state: args.choice("state", ["keep", "fresh"], "keep") };
  const deployments = args.positionals.map((path) => readDeployment(terminal, path, how));
  const functions = args.all("functions").map((path) => pathOf(terminal, path));
  calledRightly(() => void functionFiles(functions));
  const log = terminalLog(terminal, args.choice("log-level", LOG_LEVELS, "info"));
  const engine = await openEngine(createEngine, {
    workers: args.integer("workers", 1, WORKERS_MAX),
    data: pathOf(terminal, args.text("data") ?? "rdx-data"),
    folder: terminal.folder,
    durability,
    compression,
    ...(checkpointIntervalMs === undefined ? {} : { checkpointIntervalMs }),
    ...(stateBytesMax === undefined ? {} : { stateBytesMax }),
    store,
    allowPrivate: args.all("allow-private"),
    log,
    functions,
  });
  try {
    declareStreams(terminal, engine, args.all("stream"));
    // While it recovers, the server answers already, and what is named waits for that.
    const recovering = engine.readiness().progress !== null;
    if (!recovering) await deployAll(terminal, engine, deployments);
    const autoCreate = args.switch("auto-create");
    const site = await openSite();
    const server = await listen(
      () => startServer({ engine, hostname, port, token, insecure, autoCreate, allowOrigins, ...site, log }),
      hostname,
      port,
    );
    const ended = untilSignal(terminal, server);
    greet(terminal, server, deployments.length);
    if (recovering) await deployAll(terminal, engine, deployments);
    return await ended;
  } finally {
    await engine.close();
  }
}

type Deploy = (engine: EngineService) => Promise<{ readonly notes: readonly string[] }>;

/** Deploys one after the other, and says what becomes of state that changes. */
async function deployAll(
  terminal: Terminal,
  engine: EngineService,
  deployments: readonly Deploy[],
): Promise<void> {
  for (const deploy of deployments) {
    for (const note of (await deploy(engine)).notes) terminal.err(`${note}\n`);
  }
}

/** A script or a plan that is deployed when there is an engine. Throws CommandError: the file is missing, or is no JSON. */
function readDeployment(
  terminal: Terminal,
  path: string,
  how: Deployment,
): Deploy {
  if (!isSqlFile(path)) {
    const { name, plan } = readPlanFile(terminal, path);
    return async (engine) => {
      const { notes } = await engine.pipelines.put(name, plan, how);
      return { notes: notes.map((note) => `Pipeline ${name}: ${note}`) };
    };
  }
  const text = readSql(terminal, path), view = { kind: "view", name: baseName(path) };
  const base = scriptBase(terminal, path);
  return (engine) => deployScript(engine, text, { ...how, base, sink: view });
}

/** A data directory that cannot be used says why, and what to do. */
async function openEngine(createEngine: CreateEngine, options: EngineOptions): Promise<EngineService> {
  try {
    return await createEngine(options);
  } catch (thrown) {
    if (thrown instanceof RdxError) throw new CommandError(EXIT.failure, thrown.message);
    throw thrown;
  }
}

/** The items of a list with commas between. */
function splitList(text = ""): string[] {
  return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
}

/** A server that must not start was called in the wrong way. */
function calledRightly(require: () => void): void {
  try {
    require();
  } catch (thrown) {
    throw usage(reasonOf(thrown));
  }
}

async function listen(start: () => RunningServer, hostname: string, port: number): Promise<RunningServer> {
  try {
    return start();
  } catch (thrown) {
    if (thrown instanceof Deno.errors.AddrInUse) {
      throw new CommandError(EXIT.failure, await describeBusyPort(hostname, port));
    }
    if (thrown instanceof Deno.errors.PermissionDenied || thrown instanceof Deno.errors.AddrNotAvailable) {
      throw new CommandError(EXIT.failure, `Cannot listen on ${hostname}, port ${port}: ${reasonOf(thrown)}`);
    }
    throw thrown;
  }
}

/** `named`: how many are deployed yet, or will be. */
function greet(terminal: Terminal, { url, context }: RunningServer, named: number): void {
  const { engine, token, autoCreate } = context;
  terminal.out(`rdx ready at ${url}\n`);
  if (engine.readiness().progress !== null) {
    terminal.out("Pipelines do again what they did before: /readyz tells when they are through\n");
  } else if (named + engine.pipelines.list().length === 0) {
    const lines = firstCurl(url, token !== null, autoCreate).split("\n").map((line) => `  ${line}\n`).join("");
    terminal.out(`Nothing is deployed yet. Send a first row:\n${lines}`);
  }
}

/** 0 after SIGTERM, 130 after SIGINT, 1 when what was accepted could not be finished. */
function untilSignal(terminal: Terminal, server: RunningServer): Promise<ExitCode> {
  return new Promise((resolve) => {
    let first: Signal | null = null;
    const silence = terminal.onSignal((signal) => {
      if (first !== null) {
        terminal.err("rdx: ended without finishing\n");
        return terminal.exit(signal === "SIGINT" ? EXIT.interrupted : EXIT.failure);
      }
      first = signal;
      terminal.err("rdx: finishing what was accepted; a second signal ends at once\n");
      server.stop().then(
        () => signal === "SIGINT" ? EXIT.interrupted : EXIT.ok,
        (thrown) => {
          terminal.err(`rdx: ${reasonOf(thrown)}\n`);
          return EXIT.failure;
        },
      ).then((code) => {
        silence();
        resolve(code);
      });
    });
  });
}
