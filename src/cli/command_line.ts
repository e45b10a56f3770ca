import { nearest } from "../core/nearest.ts";
import { COMMANDS } from "./commands.ts";
import type { CreateEngine, OpenPipe, OpenSite } from "./engine_options.ts";
import { EXIT, type ExitCode, exitCodeOf, messageOf, usage } from "./exit.ts";
import { parseFlags } from "./flags.ts";
import { commandHelp, generalHelp } from "./help.ts";
import type { Terminal } from "./terminal.ts";

/** A server without a page. */
const NO_SITE: OpenSite = () => Promise.resolve({ bundle: null, loadDemo: null });

const NO_PIPE: OpenPipe = () => Promise.reject(new Error("Nothing that reads piped rows was given"));

/** Runs what `args` ask for; resolves to the exit code. Whatever goes wrong is told on stderr, never as a stack trace. */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  createEngine: CreateEngine,
  openSite: OpenSite = NO_SITE,
  openPipe: OpenPipe = NO_PIPE,
): Promise<ExitCode> {
  try {
    return await dispatch(args, terminal, createEngine, openSite, openPipe);
  } catch (thrown) {
    terminal.err(`rdx: ${messageOf(thrown)}\n`);
    return exitCodeOf(thrown);
  }
}

async function dispatch(
  args: readonly string[],
  terminal: Terminal,
  createEngine: CreateEngine,
  openSite: OpenSite,
  openPipe: OpenPipe,
): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined) {
    terminal.err(generalHelp());
    return EXIT.usage;
  }
  if (name === "help" || name === "--help" || name === "-h") {
    terminal.out(rest.length === 0 ? generalHelp() : commandHelp(rest[0], commandOf(rest[0])));
    return EXIT.ok;
  }
  const command = commandOf(name), end = rest.indexOf("--");
  if ((end < 0 ? rest : rest.slice(0, end)).some((arg) => arg === "--help" || arg === "-h")) {
    terminal.out(commandHelp(name, command));
    return EXIT.ok;
  }
  const parsed = parseFlags(rest, command.flags), run = await command.load();
  return await run(parsed, terminal, createEngine, openSite, openPipe);
}

function commandOf(name: string) {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name];
  const names = Object.keys(COMMANDS), near = nearest(name, [...names, "help"]);
  throw usage(
    `Unknown command ${JSON.stringify(name)}: ${
      near ? `did you mean ${near}?` : `there are ${names.join(", ")} and help`
    }`,
  );
}
