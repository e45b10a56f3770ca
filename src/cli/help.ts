import { type Command, COMMANDS } from "./commands.ts";

/** What the command line can do. */
export function generalHelp(): string {
  const wide = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;
  const names = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(wide)}${summary}`);
  return `rdx: a stream engine

Usage: rdx <command> [flags]

${names.join("\n")}
  ${"help".padEnd(wide)}Explain a command: rdx help serve

Exit codes: 0 done, 1 failed, 2 the call, the SQL or the plan is wrong, 65 bad input, 66 a file is missing, 130 interrupted
`;
}

/** How one command is called. */
export function commandHelp(name: string, command: Command): string {
  const flags = Object.entries(command.flags).map(([flag, { value, about, negatable }]) => {
    const shown = `--${negatable ? "[no-]" : ""}${flag}${value === undefined ? "" : ` ${value}`}`;
    return `  ${shown.padEnd(24)} ${about}`;
  });
  const examples = command.examples.map(([line, about]) => `  ${line}\n      ${about}`);
  return `${command.summary}

Usage: rdx ${name} [flags] ${command.positionals}

Flags:
${flags.join("\n")}
  ${"--help".padEnd(24)} Show this

Examples:
${examples.join("\n")}
`;
}
